"""Planners' decisions: kept, changed, undone, and refused where they make no sense."""

import json
from datetime import date

import pytest

from data.casebook import Actor, Casebook
from data.casebook.plans import Decision
from data.errors import InvalidInputError, UnknownNameError

PLANNER = Actor("Pia", "planner", "app")
OTHER = Actor("Per", "planner", "app")
MANAGER = Actor("Mia", "manager", "app")


def test_the_latest_decision_counts_and_an_undo_brings_the_one_before_back(casebook: Casebook) -> None:
    first = Decision("P", "order", quantity=40, until=date(2026, 3, 1), proposed={"quantity": 36.0})
    casebook.plans.decide(PLANNER, "reorder", [first, Decision("Q", "order", quantity=3)])
    generation = casebook.plans.generation()
    later = casebook.plans.decide(OTHER, "reorder", [Decision("P", "snooze", until=date(2026, 4, 1), note="新供应商")])
    current = casebook.plans.current("reorder").set_index("product_id")
    assert current["choice"].to_dict() == {"P": "snooze", "Q": "order"}
    assert current.loc["P", "note"] == "新供应商"
    assert casebook.plans.generation() > generation
    casebook.plans.undo(OTHER, later[0])
    current = casebook.plans.current("reorder").set_index("product_id")
    assert current.loc["P", "quantity"] == 40
    assert json.loads(current.loc["P", "proposed"]) == {"quantity": 36.0}
    assert casebook.audit.verify().is_intact


def test_a_decision_may_hold_for_one_warehouse(casebook: Casebook) -> None:
    north = Decision("P", "order", quantity=4, warehouse_id="NORTH")
    casebook.plans.decide(PLANNER, "reorder", [north, Decision("P", "order", quantity=9)])
    later = casebook.plans.decide(PLANNER, "reorder", [Decision("P", "order", quantity=5, warehouse_id="NORTH")])
    current = casebook.plans.current("reorder")
    assert current["quantity"].to_list() == [9.0, 5.0]
    assert current["warehouse_id"].to_list() == [None, "NORTH"]
    casebook.plans.undo(PLANNER, later[0])
    assert sorted(casebook.plans.current("reorder")["quantity"]) == [4.0, 9.0]
    assert casebook.audit.entries(limit=2)["subject"].to_list() == ["P/NORTH", "P/NORTH"]


def test_topics_and_order_lines_are_told_apart(casebook: Casebook) -> None:
    casebook.plans.decide(PLANNER, "cause", [Decision("P", "allocation", "O1", 1), Decision("P", "unknown", "O1", 2)])
    casebook.plans.decide(PLANNER, "allocation", [Decision("P", "ship", "O1", 1)])
    assert casebook.plans.current("cause")["choice"].to_list() == ["allocation", "unknown"]
    assert casebook.plans.current("allocation")["line_no"].to_list() == [1]
    assert casebook.plans.current("reorder").empty


def test_a_colleagues_decision_is_undone_by_a_manager_and_only_once(casebook: Casebook) -> None:
    decision = casebook.plans.decide(PLANNER, "reorder", [Decision("P", "order", quantity=1)])[0]
    casebook.plans.undo(MANAGER, decision)
    with pytest.raises(InvalidInputError, match="undone already"):
        casebook.plans.undo(MANAGER, decision)
    with pytest.raises(InvalidInputError, match="no decision 99"):
        casebook.plans.undo(MANAGER, 99)


@pytest.mark.parametrize(
    ("decision", "told"),
    [
        (Decision("P", "order", quantity=0), "above 0"),
        (Decision("P", "order", quantity=float("nan")), "above 0"),
        (Decision("P", "snooze"), "needs the day"),
        (Decision("P", "order", note="x" * 3000), "at most 2,000"),
    ],
)
def test_what_makes_no_sense_is_refused_whole(casebook: Casebook, decision: Decision, told: str) -> None:
    with pytest.raises(InvalidInputError, match=told):
        casebook.plans.decide(PLANNER, "reorder", [Decision("Q", "order", quantity=2), decision])
    assert casebook.plans.current("reorder").empty


def test_an_unknown_cause_names_the_nearest(casebook: Casebook) -> None:
    with pytest.raises(UnknownNameError, match="late_supplier"):
        casebook.plans.decide(PLANNER, "cause", [Decision("P", "late_suplier", "O", 1)])
