"""Which order lines are short, how sure that is, and by how much."""

import numpy as np
import pandas as pd

from models.ledger import DAY, is_missing, seconds
from models.promise import Promise, needed, promise
from models.shortage_reach import short_moment
from models.stock_book import StockBook

ROUNDING_SHARE = 0.01
"""A difference of up to this share of the quantity is rounding or a full-pack rule, not a shortage."""

HAS_STOCK = ("allocated", "picked")


def short_lines(book: StockBook) -> pd.DataFrame:
    """Return the lines that are short or may be.

    Parameters
    ----------
    book : StockBook
        Lines, stock and supply.

    Returns
    -------
    pandas.DataFrame
        ``row`` (place in ``book.lines``), ``variant``, ``short_quantity``, ``anomaly_score`` (log odds of being
        short), ``at`` (seconds: when the shortage was felt), and the stock figures behind it.
    """
    promised = promise(book, np.arange(len(book.lines)), book.ordered)
    parts = [_shipped_short(book, promised), _backordered(book), _waiting(book, promised), _waited(book, promised)]
    found = pd.concat(parts, ignore_index=True).sort_values(["row", "anomaly_score"], kind="stable")
    found = found.drop_duplicates("row", keep="last", ignore_index=True)
    rows = found["row"].to_numpy(int)
    found["free"] = promised.free[rows]
    found["expected"] = promised.expected[rows]
    is_stocked = pd.Series(book.products["is_stocked"].to_numpy(bool))
    found["anomaly_score"] -= 6.0 * ~is_stocked.reindex(book.line_products[rows], fill_value=True).to_numpy(bool)
    return found[found["anomaly_score"] > -2].reset_index(drop=True)


def _shipped_short(book: StockBook, promised: Promise) -> pd.DataFrame:
    """Lines that left with less than was ordered."""
    lines = book.lines
    quantity, shipped = lines["quantity"].to_numpy(float), lines["shipped_quantity"].to_numpy(float)
    short = quantity - shipped
    is_short = lines["is_finished"].to_numpy(bool) & ~lines["is_known_wrong"].to_numpy(bool) & (short > 1e-9)
    rows = np.flatnonzero(is_short)
    score = np.full(len(rows), 4.0)
    score -= 5.0 * ((short[rows] <= ROUNDING_SHARE * quantity[rows]) & (short[rows] < 1))
    score -= 3.0 * lines["status"].eq("returned").to_numpy()[rows]
    score -= 3.5 * _reads_as_typing_error(quantity[rows], shipped[rows], promised.free[rows])
    at = short_moment(book, rows, book.leaving[rows])
    return pd.DataFrame(
        {"row": rows, "variant": "shipped_short", "short_quantity": short[rows], "anomaly_score": score, "at": at}
    )


def _backordered(book: StockBook) -> pd.DataFrame:
    """Lines of orders that are or were on backorder; stock at that moment tells which of an order's lines it was."""
    lines = book.lines
    quantity, shipped = lines["quantity"].to_numpy(float), lines["shipped_quantity"].to_numpy(float)
    is_finished = lines["is_finished"].to_numpy(bool)
    was_backordered = lines["backordered_at"].notna() | (lines["status"].eq("backordered") & ~lines["is_finished"])
    wanted = (
        was_backordered.to_numpy(bool) & ~(is_finished & (shipped < quantity)) & ~lines["is_known_wrong"].to_numpy()
    )
    told = seconds(lines["backordered_at"])
    at = np.maximum(np.where(is_missing(told), book.ordered, told), book.ordered)
    short = np.zeros(len(lines))
    then = promise(book, np.flatnonzero(wanted), at[wanted])
    short[wanted] = np.clip(quantity[wanted] - then.free, 0.0, quantity[wanted])
    orders = pd.Series(lines["order_id"].to_numpy())
    line_count = orders.map(orders.value_counts()).to_numpy()
    is_culprit = wanted & (np.nan_to_num(short) > ROUNDING_SHARE * quantity)
    has_culprit = np.isin(orders, orders[is_culprit])
    score = np.where(is_culprit, 3.0, np.where(line_count == 1, 2.0, 0.0)) - 2.0 * (has_culprit & ~is_culprit)
    remaining = np.where(is_finished, quantity, quantity - np.nan_to_num(shipped))
    rows = np.flatnonzero(wanted)
    return pd.DataFrame(
        {
            "row": rows,
            "variant": np.where(is_finished[rows], "waited", "backordered"),
            "short_quantity": np.where(is_culprit, short, remaining)[rows],
            "anomaly_score": score[rows],
            "at": at[rows],
        }
    )


def _waited(book: StockBook, promised: Promise) -> pd.DataFrame:
    """Lines that left in full but late, after nothing could be promised for them when they were ordered."""
    lines = book.lines
    quantity = lines["quantity"].to_numpy(float)
    is_full = lines["is_finished"].to_numpy(bool) & ~(lines["shipped_quantity"].to_numpy(float) < quantity)
    short = np.where(is_full & ~lines["is_known_wrong"].to_numpy(bool), promised.short(quantity), 0.0)
    rows = np.flatnonzero((np.nan_to_num(short) > ROUNDING_SHARE * quantity) & (book.shipped > needed(book)))
    at = np.minimum(needed(book), book.shipped)[rows]
    score = 1.5 * short[rows] / quantity[rows]
    return pd.DataFrame(
        {"row": rows, "variant": "waited", "short_quantity": short[rows], "anomaly_score": score, "at": at}
    )


def _reads_as_typing_error(quantity: np.ndarray, shipped: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Tell where ten or a hundred times too much was ordered, and the warehouse sent what was meant from ample stock."""
    ratio = np.divide(quantity, shipped, out=np.zeros(len(quantity)), where=shipped > 0)
    return np.isin(np.round(ratio, 6), (10.0, 100.0, 1000.0)) & (free >= 2 * shipped)


def _waiting(book: StockBook, promised: Promise) -> pd.DataFrame:
    """Open lines that neither stock nor expected receipts cover in time."""
    lines = book.lines
    quantity = lines["quantity"].to_numpy(float)
    is_open = ~lines["is_finished"].to_numpy(bool) & ~lines["is_known_wrong"].to_numpy(bool)
    is_open &= book.clock - book.ordered <= 180 * DAY
    short = np.nan_to_num(promised.short(quantity))
    score = -1.0 + 3.0 * np.divide(short, quantity) - 2.5 * lines["status"].isin(HAS_STOCK).to_numpy()
    score += 1.0 * (needed(book) < book.clock)
    rows = np.flatnonzero(is_open & (short > ROUNDING_SHARE * quantity))
    at = np.minimum(np.maximum(needed(book), book.ordered), book.clock)
    return pd.DataFrame(
        {
            "row": rows,
            "variant": "cannot_promise",
            "short_quantity": short[rows],
            "anomaly_score": score[rows],
            "at": at[rows],
        }
    )
