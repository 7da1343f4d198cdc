"""Which order lines are short, how sure that is, and by how much."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.shortages.bridge import record_errors
from models.shortages.ledger import DAY, Ledger, Times, Units, is_missing, seconds
from models.shortages.promise import needed, promise
from models.shortages.reach import short_moment
from models.shortages.stock_book import StockBook

ROUNDING_SHARE = 0.01
"""A difference of up to this share of the quantity is rounding or a full-pack rule, not a shortage."""

SEEN_SHORT = 4.0
"""Log odds of a backordered order's line for which stock did not suffice."""

ONLY_LINE = 2.0
"""Log odds of the only line of a backordered order, where stock seemed to suffice."""

LEAST_COVERED = 0.3
"""Log odds of the least covered of several lines, where stock seemed to suffice for all."""

NOT_THIS_LINE = -2.0
"""Log odds of the other lines of a backordered order."""

SHORT_TOO = 1.5
"""Log odds of a line whose product was seen short in other orders at that time, where stock seemed to suffice."""

SAME_TIME_DAYS = 7

MAX_OPEN_DAYS = 180
"""An order open for longer than this was forgotten, not short."""

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
    certain = _shipped_short(book)
    parts = [
        certain,
        _backordered(book, certain),
        _waiting(book),
        _waited(book),
    ]
    found = pd.concat(parts, ignore_index=True).sort_values(["row", "anomaly_score"], kind="stable")
    found = found.drop_duplicates("row", keep="last", ignore_index=True)
    rows = found["row"].to_numpy(int)
    promised = promise(book, rows, book.ordered[rows])
    found["free"], found["expected"] = promised.free, promised.expected
    # Nobody knows what was free when it was ordered: what is missing today is told instead.
    is_untold = found["variant"].eq("cannot_promise") & found["free"].isna()
    found.loc[is_untold, "variant"] = "cannot_deliver"
    is_stocked = pd.Series(book.products["is_stocked"].to_numpy(bool))
    found["anomaly_score"] -= 6.5 * ~is_stocked.reindex(book.line_products[rows], fill_value=True).to_numpy(bool)
    return found[found["anomaly_score"] > -2].reset_index(drop=True)


def _shipped_short(book: StockBook) -> pd.DataFrame:
    """Lines that left with less than was ordered."""
    lines = book.lines
    quantity, shipped = lines["quantity"].to_numpy(float), lines["shipped_quantity"].to_numpy(float)
    short = quantity - shipped
    is_short = lines["is_finished"].to_numpy(bool) & ~lines["is_known_wrong"].to_numpy(bool) & (short > 1e-9)
    rows = np.flatnonzero(is_short)
    score = np.full(len(rows), 4.5)
    score -= 5.0 * ((short[rows] <= ROUNDING_SHARE * quantity[rows]) & (short[rows] < 1))
    score -= 3.0 * lines["status"].eq("returned").to_numpy()[rows]
    free = promise(book, rows, book.ordered[rows]).free
    score -= 2.7 * _reads_as_typing_error(quantity[rows], shipped[rows], free)
    at = short_moment(book, rows, book.leaving[rows])
    return pd.DataFrame(
        {"row": rows, "variant": "shipped_short", "short_quantity": short[rows], "anomaly_score": score, "at": at}
    )


def _backordered(book: StockBook, certain: pd.DataFrame) -> pd.DataFrame:
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
    rows = np.flatnonzero(wanted)
    free = _least_free(book, rows, at[rows])
    short = np.zeros(len(lines))
    short[rows] = np.clip(quantity[rows] - free, 0.0, quantity[rows])
    is_culprit = short > ROUNDING_SHARE * quantity
    score = np.full(len(lines), NOT_THIS_LINE)
    seen = np.union1d(certain["row"].to_numpy(np.int64), np.flatnonzero(is_culprit))
    others = Ledger(book.line_products[seen], book.ordered[seen], np.ones(len(seen)))
    span = SAME_TIME_DAYS * DAY
    company = others.between(book.line_products[rows], book.ordered[rows] - span, book.ordered[rows] + span)
    cover = np.where(company > 0, np.minimum(free / quantity[rows], 1.0), free / quantity[rows])
    score[rows] = _suspicion(lines["order_id"].to_numpy()[rows], cover)
    score[rows] = np.where((company > 0) & (score[rows] == LEAST_COVERED), SHORT_TOO, score[rows])
    score = np.where(is_culprit, SEEN_SHORT, score)
    remaining = np.where(is_finished, quantity, quantity - np.nan_to_num(shipped))
    return pd.DataFrame(
        {
            "row": rows,
            "variant": np.where(is_finished[rows], "waited", "backordered"),
            "short_quantity": np.where(is_culprit, short, remaining)[rows],
            "anomaly_score": score[rows],
            "at": at[rows],
        }
    )


def _least_free(book: StockBook, rows: NDArray[np.int64], at: Times) -> Units:
    """Return the least stock that was free for each line until ``at``, less what a later count found missing."""
    free = np.full(len(rows), np.inf)
    for moment in [at, *book.decision_times(rows)]:
        free = np.fmin(free, _truly_free(book, rows, np.minimum(moment, at)))
    return np.where(np.isinf(free), np.nan, free)


def _truly_free(book: StockBook, rows: NDArray[np.int64], at: Times) -> Units:
    """Return the stock that was free for each line at a time, less what the next count found missing."""
    there = promise(book, rows, at).free
    _, missing = record_errors(book, book.line_products[rows], at, at, there)
    return np.maximum(there - missing, 0.0)


def _suspicion(orders: NDArray[np.object_], cover: Units) -> Units:
    """Return the log odds that a backordered order's line was the short one, by how little stock covered it.

    Parameters
    ----------
    orders : numpy.ndarray of shape (n_lines,)
        The lines' orders.
    cover : numpy.ndarray of shape (n_lines,)
        Free stock over quantity; nan where none is known.

    Returns
    -------
    numpy.ndarray of shape (n_lines,)
        Log odds; high for an order's only line, and for none if another line of the order was seen short.
    """
    frame = pd.DataFrame({"order": orders, "cover": cover})
    by_order = frame.groupby("order")["cover"]
    others = by_order.transform("size").to_numpy() - 1
    is_least = (frame["cover"] == by_order.transform("min")).to_numpy()
    among = np.where(
        is_least, LEAST_COVERED, np.where(frame["cover"].isna(), -np.log(np.maximum(others, 1)), NOT_THIS_LINE)
    )
    alone = np.where(others == 0, ONLY_LINE, among)
    return np.where(by_order.transform("min") < 1 - ROUNDING_SHARE, NOT_THIS_LINE, alone)


def _waited(book: StockBook) -> pd.DataFrame:
    """Lines that left in full but late, when stock was not there on the day they were needed."""
    lines = book.lines
    is_full = lines["is_finished"].to_numpy(bool) & ~(lines["shipped_quantity"].to_numpy(float) < book.quantity)
    is_late = is_full & ~lines["is_known_wrong"].to_numpy(bool) & (book.shipped > needed(book))
    rows = np.flatnonzero(is_late)
    quantity, at = book.quantity[rows], needed(book)[rows]
    # It must have been missing all along: short when entered and still short when needed.
    free = np.fmax(_truly_free(book, rows, book.ordered[rows]), _truly_free(book, rows, at))
    short = np.nan_to_num(np.clip(quantity - free, 0.0, quantity))
    found = pd.DataFrame(
        {"row": rows, "variant": "waited", "short_quantity": short, "anomaly_score": 1.5 * short / quantity, "at": at}
    )
    return found[short > ROUNDING_SHARE * quantity]


def _reads_as_typing_error(quantity: np.ndarray, shipped: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Tell where ten or a hundred times too much was ordered, and what was meant was sent from ample stock."""
    ratio = np.divide(quantity, shipped, out=np.zeros(len(quantity)), where=shipped > 0)
    return np.isin(np.round(ratio, 6), (10.0, 100.0, 1000.0)) & (free >= 2 * shipped)


def _waiting(book: StockBook) -> pd.DataFrame:
    """Open lines that neither stock nor expected receipts covered in time, when they were ordered or now."""
    lines = book.lines
    is_open = ~lines["is_finished"].to_numpy(bool) & ~lines["is_known_wrong"].to_numpy(bool)
    is_open &= (book.clock - book.ordered <= MAX_OPEN_DAYS * DAY) & (book.ordered <= book.clock)
    rows = np.flatnonzero(is_open)
    quantity = book.quantity[rows]
    then = np.nan_to_num(promise(book, rows, book.ordered[rows]).short(quantity))
    today = np.nan_to_num(promise(book, rows, np.full(len(rows), book.clock)).short(quantity))
    is_covered = today <= ROUNDING_SHARE * quantity
    short = np.maximum(then, today)
    score = -1.0 + 3.0 * short / quantity + 1.0 * (needed(book)[rows] < book.clock) - 1.0 * is_covered
    score -= lines["status"].isin(HAS_STOCK).to_numpy()[rows] * np.where(is_covered, 2.0, 0.5)
    at = np.where(is_covered, book.ordered[rows], np.minimum(needed(book)[rows], book.clock))
    found = pd.DataFrame(
        {"row": rows, "variant": "cannot_promise", "short_quantity": short, "anomaly_score": score, "at": at}
    )
    return found[short > ROUNDING_SHARE * quantity]
