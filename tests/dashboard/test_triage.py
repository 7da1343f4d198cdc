"""The journeys of the queue, without a browser: verdicts, reasons, undo, many at once, links."""

from dashboard import alerts, queries, triage
from tests.dashboard.conftest import CONSOLE


def labels(workspace):
    said = workspace.casebook.labels.current()
    return dict(zip(said["exception_id"], said["label"], strict=True))


def open_alert(at):
    return at.session_state["queue_open"]


def test_next_and_previous_walk_the_queue(filled, visit):
    at = visit(filled, "exceptions", role="analyst")
    shown = at.session_state["queue_shown"]
    assert open_alert(at) == shown[0]
    at.button(key="go_on").click().run()
    assert open_alert(at) == shown[1]
    assert at.query_params["id"] == shown[1]
    at.button(key="go_back").click().run()
    at.button(key="go_back").click().run()
    assert open_alert(at) == shown[0]


def test_a_verdict_is_stored_leaves_the_queue_and_can_be_taken_back(fresh, visit):
    at = visit(fresh, "exceptions", role="analyst")
    shown = at.session_state["queue_shown"]
    at.button(key="confirm").click().run()
    assert list(labels(fresh).values()) == ["confirmed"]
    assert shown[0] not in at.session_state["queue_shown"]
    assert open_alert(at) == shown[1]
    at.button(key="undo").click().run()
    assert labels(fresh) == {}
    assert at.session_state["queue_shown"] == shown
    assert open_alert(at) == shown[0]


def test_a_false_positive_has_a_reason(fresh, visit):
    at = visit(fresh, "exceptions", role="analyst")
    at.button(key="reject").click().run()
    assert labels(fresh) == {}
    at.button(key="because_promotion").click().run()
    said = fresh.casebook.labels.current()
    assert said["label"].tolist() == ["false_positive"]
    assert said["reason"].tolist() == ["promotion"]
    assert said["by"].tolist() == ["demo-analyst"]


def test_a_rejected_head_leaves_the_other_likely_finding_open(fresh, visit):
    at = visit(fresh, "exceptions", role="analyst", id="x000")
    alert = open_alert(at)
    at.button(key="reject").click().run()
    at.button(key="because_data_lag").click().run()
    assert labels(fresh) == {"x000": "false_positive"}
    assert open_alert(at) == alert
    at.button(key="confirm").click().run()
    assert labels(fresh)["x900"] == "confirmed"
    assert open_alert(at) != alert


def test_ticked_rows_are_judged_together_and_stay_ticked_for_nobody_else(fresh, visit):
    at = visit(fresh, "exceptions", role="analyst")
    shown = at.session_state["queue_shown"]
    key = f"queue_table_{fresh.warehouse.version()}_0"
    at.session_state[key] = {"selection": {"rows": [1, 3], "columns": [], "cells": []}}
    at.run()
    assert "(2)" in at.button(key="confirm").label
    at.button(key="confirm").click().run()
    heads = alerts.queue(status="confirmed").rows()
    assert set(heads["alert_id"]) == {shown[1], shown[3]}
    assert "(" not in at.button(key="confirm").label
    at.button(key="undo").click().run()
    assert labels(fresh) == {}


def test_a_group_is_judged_as_one(fresh, visit):
    at = visit(fresh, "exceptions", role="manager", id="g0")
    assert open_alert(at) == "outage:2026-01-08T02"
    at.button(key="confirm").click().run()
    assert set(labels(fresh)) == {f"g{place}" for place in range(6)}


def test_a_viewer_is_offered_no_verdict(filled, visit):
    at = visit(filled, "exceptions", role="viewer")
    assert not [button for button in at.button if button.key in ("confirm", "reject")]


def test_a_hand_made_verdict_is_refused_by_the_casebook(fresh, visit, monkeypatch):
    at = visit(fresh, "exceptions", role="viewer")
    monkeypatch.setattr(triage.session, "may", lambda action: True)
    at.run()
    at.button(key="confirm").click().run()
    assert labels(fresh) == {}
    assert at.warning[0].value == "Your role may not do this."


def test_a_revoked_session_judges_nothing_any_more(fresh, visit):
    at = visit(fresh, "exceptions", role="analyst")
    fresh.casebook.accounts.disable(CONSOLE, "demo-analyst")
    at.button(key="confirm").click().run()
    assert labels(fresh) == {}
    assert at.title[0].value == "Signed out"


def test_a_link_opens_what_its_filters_hide(filled, visit):
    at = visit(filled, "exceptions", role="analyst", id="x009", kind="customer_info")
    found = queries.fetch("alert_of", id="x009")
    assert open_alert(at) == found["alert_id"].iloc[0]
    assert open_alert(at) not in at.session_state["queue_shown"]
    assert not at.exception


def test_filters_come_from_the_address_and_go_back_into_it(filled, visit):
    at = visit(filled, "exceptions", role="analyst", kind="price_error", score="90")
    assert at.multiselect(key="queue_kind").value == ["price_error"]
    assert at.slider(key="queue_score").value == 90
    at.multiselect(key="queue_kind").select("order_info").run()
    assert at.query_params["kind"] == ["price_error", "order_info"]
    at.button(key="queue_clear").click().run()
    assert "kind" not in at.query_params
    assert "score" not in at.query_params


def test_an_unknown_value_in_the_address_is_dropped(filled, visit):
    at = visit(filled, "exceptions", role="analyst", kind="no_such_kind", status="nonsense", score="abc")
    assert not at.exception
    assert at.multiselect(key="queue_kind").value == []
    assert at.slider(key="queue_score").value == 50


def test_the_search_finds_order_customer_and_product(filled, visit):
    at = visit(filled, "exceptions", role="analyst")
    for words in ("so-00161", "远景", "hex bolt"):
        at.text_input(key="queue_q").set_value(words).run()
        assert at.session_state["queue_shown"], words
    at.text_input(key="queue_q").set_value("nowhere to be found").run()
    assert at.session_state["queue_shown"] == [] or at.info


def test_a_verdict_says_what_else_it_moved(fresh, visit):
    at = visit(fresh, "exceptions", role="analyst", id="x005")
    at.button(key="reject").click().run()
    at.button(key="because_wrong_check").click().run()
    told = at.toast[0].value
    assert "marked as false positive" in told
    assert "similar ones moved" in told
