"""Quantities: each slip beside the legitimate order that looks like it."""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from tests.models.order_history import OrderHistory, run_finders

AT = datetime(2025, 9, 8, 10, 0)


@pytest.fixture
def history() -> OrderHistory:
    """A company whose customers order the same four products with small variations."""
    made = OrderHistory(customer_count=16, orders_each=16)
    for number, lines in enumerate(made.lines.values()):
        for k, line in enumerate(lines):
            line["product_id"], line["quantity"] = f"P{k}", [20, 31, 8][k] + number % 3
    return made


def order(history: OrderHistory, quantities: list[float], at: datetime = AT, **changes: Any) -> str:
    key = history.add(5, at, **changes)
    for k, (line, quantity) in enumerate(zip(history.lines[key], quantities, strict=True)):
        line["product_id"], line["quantity"] = f"P{k}", quantity
    return key


def found(history: OrderHistory, key: str) -> pd.DataFrame:
    everything = run_finders(history.tables(), lambda finder: finder.kind == "quantity_outlier")
    return everything[everything["order_id"] == key]


@pytest.mark.parametrize(
    ("quantity", "source", "variant", "cause"),
    [
        (210, "quantity_digits", "extra_digit", "data_entry"),
        (2000, "quantity_digits", "extra_digit", "data_entry"),
        (222, "quantity_digits", "repeated_digit", "data_entry"),
        (252, "quantity_pack", "pack", "unit_of_measure"),
        (113, "quantity_jump", "own_habit", "data_entry"),
    ],
)
def test_a_slip_in_one_line_is_told_with_its_cause(
    history: OrderHistory, quantity: float, source: str, variant: str, cause: str
) -> None:
    key = order(history, [quantity, 31, 9])
    best = found(history, key).iloc[0]
    assert best["score"] > 0.5
    assert best["line_no"] == 1
    named = found(history, key).query("source == @source and variant == @variant")
    assert named["cause"].tolist() == [cause]


def test_the_quantity_named_as_usual_would_have_passed(history: OrderHistory) -> None:
    key = order(history, [113, 31, 9])
    evidence = found(history, key).iloc[0]["evidence"]
    history.lines[key][0]["quantity"] = round(evidence["usual"])
    assert found(history, key).empty


def test_a_missing_digit_is_told(history: OrderHistory) -> None:
    key = order(history, [20, 3, 9])
    assert found(history, key)["variant"].tolist() == ["dropped_digit"]


@pytest.mark.parametrize(
    "quantities",
    [
        [21, 32, 9],  # as always
        [26, 40, 12],  # a little more
        [210, 320, 90],  # a project: everything ten times
        [15, 30, 8],
    ],
)
def test_a_legitimate_order_is_left_alone(history: OrderHistory, quantities: list[float]) -> None:
    key = order(history, quantities)
    assert not (found(history, key)["score"] >= 0.5).any()


def test_what_was_ordered_before_is_no_slip(history: OrderHistory) -> None:
    for week in (2, 4, 6):
        order(history, [210, 31, 9], AT - timedelta(days=7 * week))
    key = order(history, [210, 31, 9])
    assert not (found(history, key)["score"] >= 0.5).any()


def test_an_order_planned_far_ahead_is_no_slip(history: OrderHistory) -> None:
    key = order(history, [113, 31, 9], requested_at=AT + timedelta(days=60))
    assert not (found(history, key)["score"] >= 0.5).any()


def test_a_season_raises_everybodys_quantities(history: OrderHistory) -> None:
    for customer in range(16):
        for day in (-6, -3, 2):
            key = history.add(customer, AT + timedelta(days=day, hours=customer / 3))
            for k, line in enumerate(history.lines[key]):
                line["product_id"], line["quantity"] = f"P{k}", [90, 31, 8][k]
    key = order(history, [95, 31, 9])
    assert not (found(history, key)["score"] >= 0.5).any()


@pytest.mark.parametrize("quantity", [0, -20])
def test_a_quantity_that_cannot_be_ordered_is_told(history: OrderHistory, quantity: float) -> None:
    key = order(history, [quantity, 31, 9])
    assert (found(history, key).query("source == 'quantity_invalid'")["score"] > 0.5).all()
    assert "not_positive" in set(found(history, key)["variant"])


def test_a_fraction_of_a_piece_is_told_but_not_of_a_product_sold_by_weight(history: OrderHistory) -> None:
    key = order(history, [20.5, 31, 9])
    assert "fraction" in set(found(history, key)["variant"])
    for lines in history.lines.values():
        lines[0]["quantity"] += 0.25
    assert "fraction" not in set(found(history, key)["variant"])


def test_a_huge_quantity_of_a_new_product_is_told_though_nothing_is_known_of_it(history: OrderHistory) -> None:
    key = order(history, [20, 31, 80_000])
    history.lines[key][2]["product_id"] = "NEW"
    told = found(history, key).query("source == 'quantity_beyond_all'")
    assert told["line_no"].tolist() == [3]
    assert told["score"].iloc[0] > 0.9
    history.lines[key][2]["quantity"] = 60
    assert not (found(history, key)["score"] >= 0.5).any()


def test_leaps_of_a_customer_who_often_leaps_are_doubted(history: OrderHistory) -> None:
    leaps = [[20, 250, 9], [20, 31, 70], [20, 240, 8], [21, 30, 66], [20, 260, 9], [22, 33, 71], [22, 230, 9]]
    for number, quantities in enumerate(leaps):
        order(history, [float(quantity) for quantity in quantities], AT - timedelta(days=24 * number + 40))
    assert (found(history, order(history, [113, 31, 9]))["score"] < 0.5).all()
