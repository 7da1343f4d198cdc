"""Which lines are short: open lines, backorders, and the line of an order that was to blame."""

from datetime import datetime

import numpy as np
import pandas as pd

from models.detectors import DETECTORS
from models.findings import sentence
from models.shortages.lines import short_lines
from models.shortages.promise import promise
from models.shortages.stock_book import StockBook
from tests.models.stock_tables import book_of, context_of

NOW = datetime(2025, 3, 31)


def tables_of(lines: list[dict], stock: dict[str, float], **others: list[dict]) -> dict[str, pd.DataFrame]:
    """Return tables with daily stock that never changes, from rows that hold order and line."""
    frame = pd.DataFrame(lines)
    days = pd.date_range("2025-03-01", "2025-03-31")
    return {
        "orders": frame[
            ["order_id", "customer_id", "ordered_at", "status", "promised_at", "shipped_at"]
        ].drop_duplicates("order_id"),
        "order_lines": frame[["order_id", "line_no", "product_id", "quantity", "unit_price", "shipped_quantity"]],
        "inventory": pd.DataFrame(
            [{"product_id": name, "as_of": day, "on_hand": units} for name, units in stock.items() for day in days]
        ),
        **{name: pd.DataFrame(rows) for name, rows in others.items()},
    }


def open_line(order_id: str, product_id: str, quantity: float, line_no: int = 1, **given: object) -> dict:
    """Return one line of an open order of 20 March that is needed by 1 April."""
    row = {
        "order_id": order_id,
        "line_no": line_no,
        "product_id": product_id,
        "customer_id": "C",
        "ordered_at": datetime(2025, 3, 20, 10),
        "status": "confirmed",
        "promised_at": datetime(2025, 4, 1),
        "shipped_at": None,
        "quantity": quantity,
        "unit_price": 1.0,
        "shipped_quantity": None,
    }
    return {**row, **given}


def told(book: StockBook) -> dict[tuple[str, int], float]:
    """Return the log odds of each short line by order and line."""
    found = short_lines(book)
    lines = book.lines.iloc[found["row"].to_numpy(int)]
    return dict(zip(zip(lines["order_id"], lines["line_no"], strict=True), found["anomaly_score"], strict=True))


def test_an_open_line_beyond_stock_is_short_unless_a_receipt_is_due() -> None:
    purchase = {
        "po_id": "1",
        "product_id": "SOON",
        "quantity": 50.0,
        "ordered_at": datetime(2025, 3, 10),
        "promised_at": datetime(2025, 3, 31),
        "received_at": None,
    }
    lines = [open_line("A", "GONE", 20), open_line("B", "SOON", 20), open_line("C", "THERE", 20)]
    book = book_of(tables_of(lines, {"GONE": 2, "SOON": 2, "THERE": 90}, purchase_orders=[purchase]), NOW)
    scores = told(book)
    assert scores[("A", 1)] > 0.5
    assert ("B", 1) not in scores
    assert ("C", 1) not in scores


def test_stock_that_earlier_orders_wait_for_is_not_free() -> None:
    first = open_line("A", "P", 8, ordered_at=datetime(2025, 3, 19, 9))
    book = book_of(tables_of([first, open_line("B", "P", 8)], {"P": 10}), NOW)
    there = promise(book, np.arange(2), book.ordered)
    free = dict(zip(book.lines["order_id"], there.free, strict=True))
    assert free == {"A": 10.0, "B": 2.0}


def test_reserved_stock_is_not_free() -> None:
    tables = tables_of([open_line("A", "P", 8)], {"P": 10})
    tables["inventory"]["reserved"] = 9.0
    book = book_of(tables, NOW)
    assert promise(book, np.arange(1), book.ordered).free.tolist() == [1.0]


def test_the_short_line_of_a_backordered_order_is_the_one_without_stock() -> None:
    lines = [
        open_line("A", "GONE", 20, 1, status="backordered"),
        open_line("A", "THERE", 20, 2, status="backordered"),
    ]
    scores = told(book_of(tables_of(lines, {"GONE": 1, "THERE": 500}), NOW))
    assert scores[("A", 1)] > 2
    assert scores.get(("A", 2), -9) < -1


def test_stock_is_rolled_on_from_the_last_snapshot_and_back_from_the_first() -> None:
    shipped = open_line("A", "P", 6, status="shipped", shipped_at=datetime(2025, 3, 22), shipped_quantity=6.0)
    tables = tables_of([shipped], {"P": 30})
    tables["inventory"] = tables["inventory"][tables["inventory"]["as_of"] == pd.Timestamp("2025-03-20")]
    book = book_of(tables, NOW)
    times = np.array([pd.Timestamp(day).timestamp() for day in ("2025-03-10", "2025-03-21", "2025-03-30")], np.int64)
    assert book.on_hand(np.zeros(3, np.int64), times).tolist() == [30.0, 30.0, 24.0]


def test_stock_figures_from_after_now_are_left_out() -> None:
    tables = tables_of([open_line("A", "P", 8)], {"P": 30})
    tables["inventory"].loc[tables["inventory"]["as_of"] > datetime(2025, 3, 20), "on_hand"] = 1.0
    book = book_of(tables, datetime(2025, 3, 20, 12))
    assert book.snapshots["as_of"].max() == pd.Timestamp("2025-03-20")
    assert book.on_hand(np.zeros(1, np.int64), np.array([book.clock])).tolist() == [30.0]


def test_a_sentence_never_tells_of_stock_that_nobody_knows() -> None:
    tables = tables_of([open_line("A", "P", 8, ordered_at=datetime(2025, 1, 3))], {"P": 2})
    context = context_of({**tables, "inventory": tables["inventory"].tail(1)}, NOW)
    finder = DETECTORS["stock_shortage"]
    rows = context.connection.execute(f"select variant, evidence from {finder.find(context)}").fetchall()
    told = [sentence(finder.reasons[variant], evidence) for variant, evidence in rows]
    assert told
    assert all("?" not in text for text in told)
    assert "6 are neither in stock nor expected" in told[0]
