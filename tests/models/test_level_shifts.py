"""A change of level is one alert with its count in it; slips of the same product stay alerts of their own."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import duckdb
import pandas as pd
import pytest

from data.settings import Settings
from models.detect import all_finders, find_all
from models.findings import Context
from models.ranking import publish_exceptions
from tests.models.order_history import NOW, OrderHistory, load

SINCE = datetime(2025, 6, 1)
NO_LABELS = pd.DataFrame({"exception_id": [], "kind": [], "order_id": [], "line_no": [], "label": []})
Line = dict[str, Any]


@pytest.fixture
def history() -> OrderHistory:
    """A company whose customers order a few products again and again."""
    return OrderHistory()


def change(history: OrderHistory, is_changed: Callable[[Line, Line], bool], factor: float) -> int:
    """Multiply the prices of some lines, their orders paid accordingly; return how many."""
    count = 0
    for key, order in history.orders.items():
        for line in history.lines[key]:
            if is_changed(order, line):
                line["unit_price"] = round(line["unit_price"] * factor, 2)
                count += 1
        order["total_amount"] = sum(line["quantity"] * line["unit_price"] for line in history.lines[key])
        for payment in history.payments[key]:
            payment["amount"] = order["total_amount"]
    return count


def published(history: OrderHistory) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the price errors and their alerts, without the rest of a run."""
    connection = duckdb.connect()
    load(connection, history.tables())
    context = Context(connection, NOW, Settings(), NO_LABELS)
    finders = {name: finder for name, finder in all_finders().items() if finder.kind == "price_error"}
    find_all(context, set(history.tables()), finders)
    publish_exceptions(connection, finders, NO_LABELS, pd.Timestamp(NOW))
    found = connection.execute("select * from exceptions order by rank").df()
    return found, connection.execute("select * from alerts order by rank").df()


def test_a_price_list_that_changed_its_unit_is_one_alert_with_its_count(history: OrderHistory) -> None:
    change(history, lambda order, line: order["ordered_at"] > SINCE, 12)
    findings, alerts = published(history)
    assert len(findings) > 100
    assert len(alerts) == 1
    alert = alerts.iloc[0]
    assert alert["finding_count"] == len(findings)
    assert alert["impact"] == pytest.approx(findings["impact"].sum())
    assert f"stands on {len(findings)} lines of {findings['order_id'].nunique()} orders" in alert["reason"]


def test_the_prices_of_one_product_and_of_one_customer_are_an_alert_each(history: OrderHistory) -> None:
    change(history, lambda order, line: order["ordered_at"] > SINCE and line["product_id"] == "P3", 12)
    change(history, lambda order, line: order["ordered_at"] > SINCE and order["customer_id"] == "C004", 0.8)
    findings, alerts = published(history)
    groups = alerts.set_index("group_id")["finding_count"]
    assert sorted(name.split(":")[1] for name in groups.index) == ["customer", "product"]
    assert groups.min() >= 3
    assert groups.sum() == len(findings)


def test_slips_here_and_there_are_not_drawn_together(history: OrderHistory) -> None:
    keys = [key for key, lines in history.lines.items() if any(line["product_id"] == "P3" for line in lines)]
    slipped = set(keys[20::9])
    change(history, lambda order, line: order["order_id"] in slipped and line["product_id"] == "P3", 10)
    findings, alerts = published(history)
    assert len(findings) >= 3
    assert findings["group_id"].isna().all()
    assert len(alerts) == findings["order_id"].nunique()
    assert not any("shift_line_count" in json.loads(text) for text in findings["evidence"])
