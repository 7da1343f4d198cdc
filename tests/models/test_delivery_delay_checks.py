"""Deliveries: late and stuck orders beside slow but honest ones."""

from datetime import datetime, timedelta

import pytest

from tests.models.order_history import NOW, STEPS, OrderHistory

KIND = "delivery_delay"
OLD = datetime(2025, 6, 2, 10, 3)


@pytest.fixture
def history() -> OrderHistory:
    return OrderHistory()


def deliver(history: OrderHistory, key: str, days_after_promise: float) -> None:
    """Let the last event of ``key`` happen so long after its promise."""
    at = history.orders[key]["promised_at"] + timedelta(days=days_after_promise)
    history.orders[key]["delivered_at"] = history.events[key][-1]["at"] = at


def test_a_healthy_history_is_silent(history: OrderHistory) -> None:
    assert history.findings(KIND).empty


@pytest.mark.parametrize(("days", "low", "high"), [(0.9, 0, 0.3), (6, 0.9, 1), (20, 0.95, 1)])
def test_delivered_late(history: OrderHistory, days: float, low: float, high: float) -> None:
    key = history.add(3, OLD)
    deliver(history, key, days)
    assert low <= history.score(KIND, key) <= high


def test_not_delivered_and_overdue(history: OrderHistory) -> None:
    key = history.add(3, NOW - timedelta(days=25))
    history.pass_through(key, "shipped")
    assert history.score(KIND, key) > 0.9


def test_shipped_where_arrivals_are_never_recorded(history: OrderHistory) -> None:
    for key in history.orders:
        history.pass_through(key, "shipped")
    found = history.findings(KIND)
    assert found.query("score >= 0.5").empty


def test_a_slow_region_with_honest_promises(history: OrderHistory) -> None:
    for key, order in history.orders.items():
        if order["ship_to_region"] == "Bayern":
            order["promised_at"] = order["ordered_at"] + timedelta(days=40)
            history.pass_through(key, "delivered", pace=7)
    assert history.findings(KIND).query("score >= 0.5").empty


def test_a_recent_open_order(history: OrderHistory) -> None:
    key = history.add(3, NOW - timedelta(days=1))
    assert history.score(KIND, key) == 0


def test_stuck_in_a_status(history: OrderHistory) -> None:
    key = history.add(3, NOW - timedelta(days=16), promised_at=None)
    history.pass_through(key, "confirmed")
    found = history.findings(KIND).query("order_id == @key and variant == 'stuck'")
    assert found["score"].item() > 0.9


def test_waiting_for_a_date_far_ahead(history: OrderHistory) -> None:
    key = history.add(3, NOW - timedelta(days=16), promised_at=NOW + timedelta(days=30))
    history.pass_through(key, "confirmed")
    assert history.score(KIND, key) < 0.5


def test_a_weekend_in_a_status(history: OrderHistory) -> None:
    key = history.add(3, NOW - timedelta(days=3))
    history.pass_through(key, "confirmed")
    assert set(STEPS) >= {"confirmed"}
    assert history.score(KIND, key) < 0.5
