"""System faults as windows: bursts that need a technical explanation, and quiet maintenance that does not."""

from datetime import datetime, timedelta

import pytest

from tests.models.order_history import OrderHistory

KIND = "system_fault"
FROM = datetime(2025, 8, 5, 9, 0)


@pytest.fixture
def history() -> OrderHistory:
    return OrderHistory()


def burst(history: OrderHistory, count: int, minutes: int = 11, **changes: object) -> list[str]:
    """Add orders of the web channel in quick succession."""
    return [history.add(2 * n % 24 + 1, FROM + timedelta(minutes=minutes * n), **changes) for n in range(count)]


def scores(history: OrderHistory, keys: list[str], kind: str = KIND) -> list[float]:
    found = history.findings(kind).groupby("order_id")["score"].max()
    return [float(found.get(key, 0.0)) for key in keys]


def test_a_healthy_history_is_silent(history: OrderHistory) -> None:
    assert history.findings(KIND).empty


def test_a_burst_of_missing_values(history: OrderHistory) -> None:
    keys = burst(history, 8, ship_to_postal_code=None)
    found = history.findings(KIND)
    assert set(keys) <= set(found.query("score > 0.9")["order_id"])
    assert found["group_id"].nunique() == 1
    assert (found["cause"] == "system_fault").all()


def test_what_a_window_explains_is_not_told_per_order(history: OrderHistory) -> None:
    keys = burst(history, 8, ship_to_postal_code=None)
    assert max(scores(history, keys, "customer_info")) < 0.3


def test_single_missing_values_are_no_burst(history: OrderHistory) -> None:
    keys = [history.add(n * 5 % 24, FROM + timedelta(days=3 * n), ship_to_postal_code=None) for n in range(8)]
    assert max(scores(history, keys)) < 0.5
    assert min(scores(history, keys, "customer_info")) > 0.5


def test_a_batch_with_one_timestamp(history: OrderHistory) -> None:
    keys = burst(history, 9, minutes=0)
    assert min(scores(history, keys)) > 0.8


def test_one_customers_batches_hide_no_burst_of_several(history: OrderHistory) -> None:
    branches = [
        history.add(3, FROM - timedelta(days=7 * week, hours=2), ship_to_name=f"Branch {branch}")
        for week in range(1, 21)
        for branch in range(9)
    ]
    keys = burst(history, 9, minutes=0)
    assert min(scores(history, keys)) > 0.8
    assert max(scores(history, branches)) < 0.5


def test_a_busy_day_in_a_source_that_is_loaded_every_night(history: OrderHistory) -> None:
    burst(history, 9, minutes=0)
    for key, order in history.orders.items():
        loaded_at = order["ordered_at"].replace(hour=2, minute=0)
        for event in history.events[key]:
            event["at"] += loaded_at - order["ordered_at"]
        order["ordered_at"] = loaded_at
    assert history.findings(KIND).empty


def test_a_source_that_records_days_only(history: OrderHistory) -> None:
    for order in history.orders.values():
        order["ordered_at"] = order["ordered_at"].replace(hour=0, minute=0)
    assert history.findings(KIND).empty


def test_two_orders_in_the_same_second(history: OrderHistory) -> None:
    keys = burst(history, 2, minutes=0)
    assert max(scores(history, keys)) < 0.5


def test_an_announced_outage_with_traces(history: OrderHistory) -> None:
    history.system_events.append(
        {
            "at": FROM - timedelta(minutes=20),
            "system": "web-shop",
            "kind": "outage",
            "ended_at": FROM + timedelta(hours=2),
            "detail": "",
        }
    )
    keys = burst(history, 5, ship_to_phone=None)
    found = history.findings(KIND)
    assert set(keys) <= set(found.query("score > 0.9 and variant == 'announced'")["order_id"])


def test_a_maintenance_window_without_traces(history: OrderHistory) -> None:
    history.system_events.append(
        {
            "at": FROM - timedelta(minutes=20),
            "system": "erp",
            "kind": "maintenance",
            "ended_at": FROM + timedelta(hours=2),
            "detail": "",
        }
    )
    keys = burst(history, 6)
    assert max(scores(history, keys)) < 0.3


def test_events_on_a_wrong_clock(history: OrderHistory) -> None:
    keys = burst(history, 7)
    for key in keys:
        for event in history.events[key]:
            event["at"] -= timedelta(hours=8)
    assert min(scores(history, keys)) > 0.8


def test_the_same_place_for_many_customers(history: OrderHistory) -> None:
    place = {"address": "1 Default Street", "city": "Seattle", "region": "WA", "postal_code": "98101"}
    keys = burst(history, 9, **{f"ship_to_{part}": text for part, text in place.items()})
    assert min(scores(history, keys)) > 0.8
