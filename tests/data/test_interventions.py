"""Interventions in the casebook: checked, listed, withdrawn, and each step in the audit log."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from data.casebook import Actor, Casebook
from data.casebook.interventions import MAX_TITLE, Plan
from data.errors import InvalidInputError, PermissionDeniedError, UnknownNameError
from data.settings import Settings

BOSS = Actor("mia", "manager", "app")
PLAN = Plan(
    "新地址表单", date(2026, 3, 3), "customer_info", "data_entry", {"channel": "phone"}, "order_entry", "How", "Who"
)


@pytest.fixture
def casebook(tmp_path: Path) -> Iterator[Casebook]:
    opened = Casebook.open(tmp_path, Settings())
    yield opened
    opened.close()


def test_an_intervention_is_kept_as_it_was_planned(casebook: Casebook) -> None:
    number = casebook.interventions.add(BOSS, PLAN)
    row = casebook.interventions.list().iloc[0]
    assert row["intervention_id"] == number
    assert (row["title"], row["begins_on"], row["conditions"]) == (PLAN.title, PLAN.begins_on, {"channel": "phone"})
    casebook.interventions.change(BOSS, number, Plan("Another title", date(2026, 4, 1)))
    row = casebook.interventions.list().iloc[0]
    assert (row["title"], row["kind"], row["conditions"]) == ("Another title", "", {})
    casebook.interventions.withdraw(BOSS, number)
    assert casebook.interventions.list().empty
    log = casebook.audit.entries()
    assert set(log["action"]) >= {"intervention.add", "intervention.change", "intervention.withdraw"}
    assert casebook.audit.verify().is_intact


def test_what_makes_no_sense_is_refused_and_changes_nothing(casebook: Casebook) -> None:
    with pytest.raises(InvalidInputError):
        casebook.interventions.add(BOSS, Plan(" ", date(2026, 3, 3)))
    with pytest.raises(InvalidInputError):
        casebook.interventions.add(BOSS, Plan("x" * (MAX_TITLE + 1), date(2026, 3, 3)))
    with pytest.raises(UnknownNameError):
        casebook.interventions.add(BOSS, Plan("x", date(2026, 3, 3), kind="price_eror"))
    with pytest.raises(InvalidInputError):
        casebook.interventions.withdraw(BOSS, 7)
    with pytest.raises(PermissionDeniedError):
        casebook.interventions.add(Actor("ana", "analyst", "app"), PLAN)
    assert casebook.interventions.list().empty
