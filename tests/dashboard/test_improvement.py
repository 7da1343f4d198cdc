"""The page on improvement: rates with signals, interventions with their test, the work on findings."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from dashboard import control_figures, improvement_rates, improvement_work, interventions
from data.casebook import Actor
from data.casebook.interventions import Plan
from models.improvement.control_charts import control_chart

BOSS = Actor("mia", "manager", "app")


def test_rates_add_up_and_people_are_hidden_when_few(filled, served):
    served(filled)
    table, weeks = improvement_rates.table("kind")
    everything = improvement_rates.read()
    assert weeks.found.to_numpy().sum() == everything.found.to_numpy().sum()
    assert table["rate"].is_monotonic_decreasing
    people, by_operator = improvement_rates.table("operator")
    assert (by_operator.orders.sum(axis=1) == everything.orders.iloc[:, 0]).all()
    assert people["found"].ge(improvement_rates.FEW).all()


def test_names_are_masked_by_the_setting(filled, served, monkeypatch):
    served(filled)
    monkeypatch.setattr(improvement_rates, "is_masked", lambda: True)
    people, _weeks = improvement_rates.table("operator")
    assert len(people)
    assert people["title"].str.match(r"Person \d+").all()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_shows_each_tab(visit, fresh, language):
    fresh.casebook.interventions.add(BOSS, Plan("=New form", date(2026, 4, 6), "price_error"))
    page = visit(fresh, "improvement", "manager", language)
    assert not page.exception


def test_the_form_is_filled_by_the_address(visit, filled):
    page = visit(filled, "improvement", "manager", kind="price_error", cause="data_entry", seg="channel:web")
    assert not page.exception
    assert page.session_state["intervention_kind"] == "price_error"
    assert any("Channel Web" in caption.value for caption in page.caption)


def test_a_manager_records_an_intervention_and_a_viewer_is_not_asked(visit, fresh):
    page = visit(fresh, "improvement", "manager", kind="price_error")
    page.text_input(key="intervention_title").input("Training on discounts")
    page.button(key="FormSubmitter:intervention_add-Record it").click().run()
    assert not page.exception
    listed = fresh.casebook.interventions.list()
    assert listed["title"].tolist() == ["Training on discounts"]
    assert listed["kind"].tolist() == ["price_error"]
    page = visit(fresh, "improvement", "viewer", kind="price_error")
    assert not [box for box in page.text_input if box.key == "intervention_title"]


def test_an_intervention_is_tested_on_what_it_is_about(filled, served):
    served(filled)
    row = {"kind": "", "cause": "", "conditions": {}, "begins_on": date(2026, 4, 1)}
    tested = interventions.effect_of(row)
    assert tested is not None
    effect, weeks = tested
    assert date(2026, 3, 30) not in weeks.weeks, "the week in which it began is neither before nor after"
    assert effect.before_weeks + effect.after_weeks == len(weeks.weeks)


def test_money_saved_is_what_was_confirmed_before_shipment(fresh, served):
    served(fresh)
    before = improvement_work.money_facts(improvement_work.cases())
    assert before["saved"] == 0
    fresh.casebook.labels.add(BOSS, {"exception_id": "x000", "kind": "delivery_delay"}, "confirmed")
    after = improvement_work.money_facts(improvement_work.cases())
    assert after["late"] > 0, "it was confirmed, but the order had left"
    assert after["at_risk"] < before["at_risk"]


def test_a_control_chart_paints_signals_by_their_direction():
    count = np.r_[np.full(20, 10.0), 40.0, 10.0, 0.0]
    chart = control_chart(count, np.full(23, 100.0), 20)
    days = [day.date() for day in pd.date_range("2026-01-05", periods=23, freq="7D")]
    drawn = control_figures.control(chart, days, [""] * 23, ("", "", ""), [(days[3], "<b>form</b>")])
    colours = list(drawn.data[-1].marker.color)
    assert colours[20] == control_figures.ALARM
    assert colours[22] == control_figures.GOOD
    assert any("&lt;b&gt;" in (note.text or "") for note in drawn.layout.annotations)
