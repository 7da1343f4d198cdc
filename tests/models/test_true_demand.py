"""What counts as demand: not what was entered twice, nor a quantity that was confirmed to be wrong."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from models.findings import Context
from models.shortages.calibration import projection_of
from models.shortages.stock_book import StockBook
from tests.models.stock_tables import context_of

NOW = datetime(2025, 5, 26)
FIRST = datetime(2025, 1, 6, 9)
TWICE, SURE, DENIED, DEAR, HUGE = "TWICE", "SURE", "DENIED", "DEAR", "HUGE"


def label(kind: str, order_id: str, line_no: int | None, verdict: str) -> dict:
    """Return one label."""
    return {"kind": kind, "order_id": order_id, "line_no": line_no, "label": verdict}


@pytest.fixture
def context() -> Context:
    """Ten units a week for twenty weeks, five more orders of one day, and what people said of four of them."""
    weekly = [(f"O{week}", FIRST + timedelta(days=7 * week), 10.0) for week in range(20)]
    extra = [
        (name, FIRST + timedelta(days=120), units)
        for name, units in {TWICE: 10.0, SURE: 10.0, DENIED: 7.0, DEAR: 5.0, HUGE: 1000.0}.items()
    ]
    rows = pd.DataFrame(weekly + extra, columns=["order_id", "ordered_at", "quantity"])
    orders = rows[["order_id", "ordered_at"]].assign(customer_id="C", status="confirmed")
    lines = rows[["order_id", "quantity"]].assign(line_no=1, product_id="P", unit_price=1.0)
    stock = pd.DataFrame({"product_id": ["P"], "as_of": [NOW], "on_hand": [40.0]})
    made = context_of({"orders": orders, "order_lines": lines, "inventory": stock}, NOW)
    made.connection.execute(
        "create temp table duplicates as select * from (values (?, 0.97), (?, 0.96), ('O3', 0.4)) "
        "as pairs(order_id, probability)",
        [SURE, DENIED],
    )
    labels = [
        label("duplicate_order", TWICE, None, "confirmed"),
        label("duplicate_order", DENIED, None, "false_positive"),
        label("price_error", DEAR, 1, "confirmed"),
        label("quantity_outlier", HUGE, 1, "confirmed"),
    ]
    return replace(made, labels=pd.DataFrame(labels))


def test_only_what_was_meant_is_demand(context: Context) -> None:
    book = StockBook.of(context)
    left_out = set(book.lines.loc[~book.lines["is_demand"], "order_id"])
    assert left_out == {TWICE, SURE, HUGE}
    assert book.weekly_demand()["quantity"].sum() == pytest.approx(20 * 10 + 7 + 5)


def test_a_mistake_still_claims_stock(context: Context) -> None:
    book = StockBook.of(context)
    everything = book.owed(np.zeros(1, np.int64), np.array([book.clock]))
    assert everything[0] == pytest.approx(book.lines.loc[book.ordered >= book.clock - 90 * 86_400, "quantity"].sum())


def test_mistakes_do_not_raise_what_is_expected(context: Context) -> None:
    told = projection_of(replace(context, labels=context.labels.iloc[:0], kept={})).daily.mean() * 7
    cleaned = projection_of(context).daily.mean() * 7
    assert cleaned == pytest.approx(10.7, abs=1.0)
    # Without a verdict what was entered twice counts twice, and the thousand as one usual line.
    assert cleaned + 1 < told < 20


def test_the_book_is_read_once_a_run(context: Context) -> None:
    assert StockBook.of(context) is StockBook.of(context)
