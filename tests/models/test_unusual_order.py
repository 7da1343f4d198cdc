"""An order odd in several ways at once is told; each oddity alone, and what a customer always does, is not."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.detectors.unusual_order import ways_to_pass
from tests.models.order_history import OrderHistory, run_finders

AT = datetime(2025, 9, 10, 10, 0)
ODD: dict[str, Any] = {
    "channel": "fax",
    "ship_to_city": "Nowhere",
    "ship_to_region": "Far away",
    "ship_to_address": "1 Container Yard",
}


def unusual(history: OrderHistory) -> pd.DataFrame:
    return run_finders(history.tables(), lambda finder: finder.name == "unusual_order")


def odd_order(history: OrderHistory, at: datetime, **changes: Any) -> str:
    key = history.add(4, at, **changes)
    for line in history.lines[key]:
        line["product_id"], line["quantity"] = f"X{line['line_no']}", 40
    history.orders[key]["total_amount"] = sum(line["quantity"] * line["unit_price"] for line in history.lines[key])
    return key


@pytest.fixture
def history() -> OrderHistory:
    return OrderHistory(customer_count=40, orders_each=14)


def score(found: pd.DataFrame, key: str) -> float:
    mine = found.loc[found["order_id"] == key, "score"]
    return float(mine.max()) if len(mine) else 0.0


def test_night_far_away_unknown_products_and_a_new_channel_together(history: OrderHistory) -> None:
    key = odd_order(history, AT.replace(hour=3), **ODD)
    found = unusual(history)
    assert score(found, key) > 0.9
    assert (found.loc[found["order_id"] != key, "score"] < 0.5).all()


@pytest.mark.parametrize("changes", [{}, {"channel": "fax"}, {"ship_to_city": "Nowhere", "ship_to_region": "Far away"}])
def test_one_thing_odd_is_nothing(history: OrderHistory, changes: dict[str, Any]) -> None:
    key = history.add(4, AT, **changes)
    assert score(unusual(history), key) < 0.5


def test_the_first_orders_of_a_customer_are_not_judged(history: OrderHistory) -> None:
    history.customers.append({**history.customers[0], "customer_id": "C900"})
    key = odd_order(history, AT.replace(hour=3), **ODD, customer_id="C900")
    assert score(unusual(history), key) == 0


def test_a_customer_who_always_orders_so_is_not_unusual(history: OrderHistory) -> None:
    for week in range(12):
        odd_order(history, AT.replace(hour=3) - timedelta(days=7 * (week + 1)), **ODD)
    key = odd_order(history, AT.replace(hour=3), **ODD)
    assert score(unusual(history), key) < 0.5


def test_the_sentence_carries_the_numbers(history: OrderHistory) -> None:
    key = odd_order(history, AT.replace(hour=3), **ODD)
    evidence = unusual(history).set_index("order_id").loc[key, "evidence"]
    assert evidence["earlier_count"] == 14
    assert evidence["same_channel_count"] == 0
    assert evidence["ordered_time"] == "03:00"
    assert sum(evidence["contributions"].values()) == pytest.approx(1, abs=0.01)


def test_the_fewest_things_that_would_have_let_it_pass_are_named() -> None:
    ways = np.array([[0.5, 1.0, 3.0, 1.5, 0.0], [4.0, 0.0, 4.5, 2.0, 0.5], [2.0, 2.0, 2.0, 2.0, 2.0]])
    assert ways_to_pass(ways, np.array([6.0, 11.0, 10.0])) == ["place", "place, time", "time, channel, place"]
    assert ways_to_pass(ways[:1], np.array([30.0])) == ["place, products, channel, time, value"], "labels made it sure"
