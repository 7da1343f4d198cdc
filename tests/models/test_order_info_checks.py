"""Order headers and line lists: each sort of error beside the legitimate thing that looks like it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.models.order_history import NOW, OrderHistory

KIND = "order_info"
OLD = datetime(2025, 6, 2, 10, 3)


@pytest.fixture
def history() -> OrderHistory:
    return OrderHistory()


def is_silent(history: OrderHistory) -> bool:
    return history.findings(KIND).query("score >= 0.5").empty


def test_a_healthy_history_is_silent(history: OrderHistory) -> None:
    assert history.findings(KIND).empty


@pytest.mark.parametrize("factor", [0.9, 1.1, 10, 0.1])
def test_a_total_that_does_not_add_up(history: OrderHistory, factor: float) -> None:
    key = history.add(3, OLD)
    history.orders[key]["total_amount"] *= factor
    assert history.score(KIND, key) > 0.9


def test_rounding(history: OrderHistory) -> None:
    for n, order in enumerate(history.orders.values()):
        order["total_amount"] += 0.01 * (n % 3 - 1)
    assert is_silent(history)


def test_tax_and_freight_of_some_channels(history: OrderHistory) -> None:
    for n, order in enumerate(history.orders.values()):
        if order["channel"] == "web":
            order["total_amount"] = round(order["total_amount"] * 1.13, 2) + (15 if n % 3 else 0)
    assert is_silent(history)


def test_a_total_that_does_not_add_up_where_tax_is_usual(history: OrderHistory) -> None:
    for order in history.orders.values():
        order["total_amount"] = round(order["total_amount"] * 1.13, 2)
    key = history.add(3, OLD)
    history.orders[key]["total_amount"] *= 1.06
    assert history.score(KIND, key) > 0.8


def test_freight_that_is_never_the_same(history: OrderHistory) -> None:
    for n, order in enumerate(history.orders.values()):
        order["total_amount"] = round(order["total_amount"] * (1.04 + (n * 37 % 100) / 1000), 2)
    assert is_silent(history)


@pytest.mark.parametrize(
    "change",
    [
        {"shipped_at": OLD - timedelta(days=3)},
        {"delivered_at": OLD - timedelta(days=1)},
        {"promised_at": OLD - timedelta(days=4)},
        {"requested_at": OLD - timedelta(days=400)},
        {"promised_at": datetime(2202, 6, 9)},
        {"payment_due_at": OLD - timedelta(days=20)},
    ],
)
def test_dates_in_an_impossible_order(history: OrderHistory, change: dict[str, Any]) -> None:
    key = history.add(3, OLD)
    history.orders[key].update(change)
    assert history.score(KIND, key) > 0.85


def test_shipped_on_the_day_it_was_ordered(history: OrderHistory) -> None:
    key = history.add(3, OLD)
    history.orders[key]["shipped_at"] = OLD.replace(hour=0, minute=0)
    assert history.score(KIND, key) < 0.3


def test_a_date_far_ahead_that_is_agreed(history: OrderHistory) -> None:
    for order in list(history.orders.values())[::20]:
        order["promised_at"] = order["ordered_at"] + timedelta(days=120)
    assert is_silent(history)


def test_a_year_mistyped_in_the_order_date(history: OrderHistory) -> None:
    key = list(history.orders)[200]
    history.orders[key]["ordered_at"] = history.orders[key]["ordered_at"].replace(year=2024)
    assert history.score(KIND, key) > 0.8


def test_an_unknown_customer(history: OrderHistory) -> None:
    key = history.add(3, OLD)
    history.orders[key]["customer_id"] = "C999"
    assert history.score(KIND, key) > 0.8


def test_an_unknown_product(history: OrderHistory) -> None:
    key = history.add(3, OLD)
    history.lines[key][0]["product_id"] = "P-UNKNOWN"
    assert history.score(KIND, key) > 0.8


def test_a_source_whose_masters_are_partial(history: OrderHistory) -> None:
    history.customers = history.customers[:16]
    assert is_silent(history)


@pytest.mark.parametrize("field", ["currency", "order_number"])
def test_a_missing_field(history: OrderHistory, field: str) -> None:
    key = history.add(3, OLD, **{field: None})
    assert history.score(KIND, key) > 0.8


def test_a_due_date_that_comes_with_the_invoice(history: OrderHistory) -> None:
    for order in history.orders.values():
        if order["ordered_at"] > NOW - timedelta(days=4):
            order["payment_due_at"] = None
    assert is_silent(history)


def test_an_order_without_lines(history: OrderHistory) -> None:
    key = history.add(3, OLD)
    history.lines[key] = []
    assert history.score(KIND, key) > 0.8


def test_a_line_that_was_lost(history: OrderHistory) -> None:
    key = history.add(3, OLD)
    del history.lines[key][1]
    assert history.score(KIND, key) > 0.8


def test_lines_numbered_in_tens(history: OrderHistory) -> None:
    for lines in history.lines.values():
        for line in lines:
            line["line_no"] *= 10
    assert is_silent(history)


def test_a_line_entered_twice(history: OrderHistory) -> None:
    key = history.add(3, OLD)
    history.lines[key].append({**history.lines[key][0], "line_no": 4})
    history.orders[key]["total_amount"] += history.lines[key][0]["quantity"] * history.lines[key][0]["unit_price"]
    assert history.score(KIND, key) > 0.5


def test_the_same_product_in_two_lots(history: OrderHistory) -> None:
    key = history.add(3, OLD)
    history.lines[key].append({**history.lines[key][0], "line_no": 4, "quantity": 9})
    history.orders[key]["total_amount"] += 9 * history.lines[key][0]["unit_price"]
    assert history.score(KIND, key) < 0.3


def test_a_status_at_odds_with_the_shipment(history: OrderHistory) -> None:
    key = history.add(3, OLD)
    history.orders[key]["status"] = "new"
    assert history.score(KIND, key) > 0.8


def test_finished_without_a_shipment(history: OrderHistory) -> None:
    key = history.add(3, OLD)
    history.orders[key]["shipped_at"] = None
    assert history.score(KIND, key) > 0.7


def test_a_number_used_twice(history: OrderHistory) -> None:
    key = history.add(3, OLD)
    history.orders[key]["order_number"] = "SO-00007"
    assert history.score(KIND, key) > 0.7


def test_a_number_of_another_form(history: OrderHistory) -> None:
    key = history.add(3, OLD)
    history.orders[key]["order_number"] = "2025/06-77"
    assert history.score(KIND, key) > 0.6
