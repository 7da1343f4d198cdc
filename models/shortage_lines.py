"""Which order lines are short, how sure that is, and by how much."""

import numpy as np
import pandas as pd

from models.ledger import DAY, is_missing
from models.promise import Promise, needed
from models.stock_book import StockBook

ROUNDING_SHARE = 0.01
"""A difference of up to this share of the quantity is rounding or a full-pack rule, not a shortage."""

HAS_STOCK = ("allocated", "picked")


def short_lines(book: StockBook, promised: Promise) -> pd.DataFrame:
    """Return the lines that are short or may be.

    Parameters
    ----------
    book : StockBook
        Lines, stock and supply.
    promised : Promise
        What could be promised for each line.

    Returns
    -------
    pandas.DataFrame
        ``row`` (place in ``book.lines``), ``variant``, ``short_quantity``, ``anomaly_score`` (log odds of being
        short), ``at`` (seconds: when the shortage was felt), and the stock figures behind it.
    """
    parts = [_shipped_short(book, promised), _waiting(book, promised)]
    found = pd.concat(parts, ignore_index=True)
    rows = found["row"].to_numpy(int)
    found["free"] = promised.free[rows]
    found["expected"] = promised.expected[rows]
    found["elsewhere"] = promised.elsewhere[rows]
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
    at = book.leaving[rows]
    return pd.DataFrame(
        {"row": rows, "variant": "shipped_short", "short_quantity": short[rows], "anomaly_score": score, "at": at}
    )


def _reads_as_typing_error(quantity: np.ndarray, shipped: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Tell where ten or a hundred times too much was ordered, and the warehouse sent what was meant from ample stock."""
    ratio = np.divide(quantity, shipped, out=np.zeros(len(quantity)), where=shipped > 0)
    return np.isin(np.round(ratio, 6), (10.0, 100.0, 1000.0)) & (free >= 2 * shipped)


def _waiting(book: StockBook, promised: Promise) -> pd.DataFrame:
    """Open lines that nothing covers in time, or whose order is backordered."""
    lines = book.lines
    status = lines["status"].fillna("new")
    quantity = lines["quantity"].to_numpy(float)
    is_open = ~lines["is_finished"].to_numpy(bool) & ~lines["is_known_wrong"].to_numpy(bool)
    is_open &= book.clock - book.ordered <= 180 * DAY
    short = np.nan_to_num(promised.short(quantity))
    is_backordered = status.eq("backordered").to_numpy() & is_open
    explained = is_backordered & (short > ROUNDING_SHARE * quantity)
    orders = lines["order_id"].to_numpy()
    has_culprit = np.isin(orders, orders[explained])
    unexplained = is_backordered & ~explained
    partly = lines["shipped_quantity"].fillna(0).to_numpy(float)
    score = -1.0 + 3.0 * np.divide(short, quantity) - 2.5 * status.isin(HAS_STOCK).to_numpy()
    score += 1.0 * (needed(book) < book.clock) + 3.0 * explained
    score = np.where(unexplained, np.where(has_culprit, -1.5, np.where(np.isnan(promised.stock), 2.0, 0.5)), score)
    amount = np.where(unexplained, quantity - np.minimum(partly, quantity), short)
    is_short = (is_open & (short > ROUNDING_SHARE * quantity)) | unexplained
    rows = np.flatnonzero(is_short & (amount > 0))
    at = np.minimum(np.maximum(needed(book), book.ordered), book.clock)
    return pd.DataFrame(
        {
            "row": rows,
            "variant": np.where(is_backordered[rows], "backordered", "cannot_promise"),
            "short_quantity": amount[rows],
            "anomaly_score": score[rows],
            "at": np.where(is_missing(at), book.ordered, at)[rows],
        }
    )
