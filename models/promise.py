"""Available to promise: how much of each order line stock and expected receipts could cover when it was ordered."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.ledger import DAY, Ledger, Snapshots, Times, Units, is_missing, seconds
from models.stock_book import StockBook

STALE_DAYS = 45
"""Rolled further than this from its snapshot, a stock figure says little."""

USUAL_NEED_DAYS = 7
"""Within how many days a line without a promised or requested date is taken to be needed."""

OVERDUE_GRACE_DAYS = 3
"""A receipt overdue by more than this is no longer counted on."""


@dataclass(frozen=True)
class Promise:
    """What could be promised for each line when it was ordered, in units; nan where no stock figure is known.

    Parameters
    ----------
    stock : numpy.ndarray of shape (n_lines,)
        Book stock in the line's warehouse (all warehouses, if its own is not known).
    committed : numpy.ndarray of shape (n_lines,)
        Units of it that earlier orders or reservations hold.
    expected : numpy.ndarray of shape (n_lines,)
        Units on purchase orders due before the line is needed.
    elsewhere : numpy.ndarray of shape (n_lines,)
        Free units in the other warehouses.
    """

    stock: Units
    committed: Units
    expected: Units
    elsewhere: Units

    @property
    def free(self) -> Units:
        """Units in stock that nothing else held."""
        return np.maximum(self.stock - self.committed, 0.0)

    def short(self, quantity: Units) -> Units:
        """Units of each line that free stock and expected receipts do not cover."""
        return np.clip(quantity - self.free - self.expected, 0.0, quantity)


def needed(book: StockBook) -> Times:
    """Return by when each line is needed: the end of the promised or requested day."""
    times = seconds(book.lines["needed_at"])
    fallback = book.ordered + USUAL_NEED_DAYS * DAY
    return np.maximum(np.where(is_missing(times), fallback, times - times % DAY + DAY), book.ordered)


def _free_at_order(book: StockBook, by_place: bool) -> tuple[Units, Units]:
    """Return stock and commitments just before each line was entered, by place or by product."""
    codes = book.line_places if by_place else book.line_products
    frame = book.place_snapshots if by_place else book.total_snapshots
    nothing = np.full(len(codes), np.nan)
    if not len(frame):
        return nothing, nothing
    found = Snapshots(frame["code"], frame["time"].to_numpy(np.int64)).latest(codes, book.ordered)
    start = frame["time"].to_numpy(np.int64)[found]
    is_known = (found >= 0) & (codes >= 0) & (book.ordered - start <= STALE_DAYS * DAY)
    quantity = book.lines["quantity"].to_numpy(float)
    departed = Ledger(codes, book.leaving, book.left)
    claimed, released = Ledger(codes, book.ordered, quantity), Ledger(codes, book._claim_ends, quantity)
    stock = frame["on_hand"].to_numpy()[found] - departed.between(codes, start, book.ordered)
    share = _place_share(book) if by_place else np.ones(len(codes))
    stock += share * book.received.between(book.line_products, start, book.ordered)
    owed_then = np.maximum(claimed.before(codes, start) - released.before(codes, start), 0.0)
    held = np.fmax(frame["reserved"].to_numpy()[found], owed_then)
    since = claimed.between(codes, start, book.ordered) - released.between(codes, start, book.ordered)
    committed = np.maximum(held + since, 0.0)
    return np.where(is_known, stock, np.nan), np.where(is_known, committed, np.nan)


def _place_share(book: StockBook) -> Units:
    """Return for each line the share of its product's demand that its warehouse serves."""
    quantity = book.lines["quantity"].to_numpy(float)
    by_place = np.bincount(book.line_places + 1, quantity)
    by_product = np.bincount(book.line_products + 1, quantity)
    return np.asarray(by_place[book.line_places + 1] / np.maximum(by_product[book.line_products + 1], 1e-9))


def _expected(book: StockBook, wanted: NDArray[np.bool_]) -> Units:
    """Return the units on order when each wanted line was entered that were due before it is needed."""
    total = np.zeros(len(book.lines))
    if not len(book.supply) or not wanted.any():
        return total
    order = np.argsort(book.supply_products, kind="stable")
    codes = book.supply_products[order]
    rows = np.flatnonzero(wanted)
    first = np.searchsorted(codes, book.line_products[rows], "left")
    count = np.searchsorted(codes, book.line_products[rows], "right") - first
    line = np.repeat(rows, count)
    purchase = order[np.repeat(first - np.concatenate([[0], np.cumsum(count)[:-1]]), count) + np.arange(count.sum())]
    at, need = book.ordered[line], needed(book)[line]
    is_open = (book.placed[purchase] <= at) & (is_missing(book.arrived[purchase]) | (book.arrived[purchase] >= at))
    is_due = (book.due[purchase] <= need) & (book.due[purchase] >= at - OVERDUE_GRACE_DAYS * DAY)
    np.add.at(total, line, np.where(is_open & is_due, book.supply["quantity"].to_numpy(float)[purchase], 0.0))
    return total


def promise(book: StockBook) -> Promise:
    """Return what could be promised for every line of the book when it was ordered."""
    total, total_committed = _free_at_order(book, by_place=False)
    stock, committed = total, total_committed
    elsewhere = np.zeros(len(total))
    if len(book.warehouses) > 1:
        here, here_committed = _free_at_order(book, by_place=True)
        is_here = ~np.isnan(here)
        free_all, free_here = total - total_committed, np.maximum(here - here_committed, 0.0)
        elsewhere = np.where(is_here, np.maximum(np.nan_to_num(free_all - free_here), 0.0), 0.0)
        stock, committed = np.where(is_here, here, total), np.where(is_here, here_committed, total_committed)
    quantity = book.lines["quantity"].to_numpy(float)
    is_tight = ~(stock - committed >= quantity) & ~np.isnan(stock)
    return Promise(stock, committed, _expected(book, is_tight), elsewhere)
