"""Available to promise: how much of each order line stock and expected receipts could cover."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.shortages.ledger import DAY, Times, Units, is_missing, seconds
from models.shortages.stock_book import StockBook

USUAL_NEED_DAYS = 7
"""Within how many days a line without a promised or requested date is taken to be needed."""

OVERDUE_GRACE_DAYS = 3
"""A receipt overdue by more than this is no longer counted on."""


@dataclass(frozen=True)
class Promise:
    """What could be promised for some lines at times of their own, in units; nan where no stock figure is known.

    Attributes
    ----------
    stock : numpy.ndarray of shape (n_lines,)
        Book stock in the line's warehouse; in all warehouses, if its own is not known.
    committed : numpy.ndarray of shape (n_lines,)
        Units of it that earlier orders or reservations hold.
    expected : numpy.ndarray of shape (n_lines,)
        Units on purchase orders due before the line is needed.
    """

    stock: Units
    committed: Units
    expected: Units

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


def promise(book: StockBook, rows: NDArray[np.int64], at: Times) -> Promise:
    """Return what could be promised for lines at times of their own.

    Parameters
    ----------
    book : StockBook
        Stock, demand and supply.
    rows : numpy.ndarray of shape (n_lines,)
        Places of the lines in ``book.lines``.
    at : numpy.ndarray of shape (n_lines,)
        The times, seconds; not before the lines were ordered.

    Returns
    -------
    Promise
        One entry per line asked for.
    """
    total, here = book.product_scope, book.place_scope
    stock, committed = here.stock(rows, at), np.fmax(here.claims(rows, at), here.reserved_for_others(rows, at))
    is_here = ~np.isnan(stock)
    all_committed = np.fmax(total.claims(rows, at), total.reserved_for_others(rows, at))
    stock = np.where(is_here, stock, total.stock(rows, at))
    committed = np.where(is_here, committed, all_committed)
    is_tight = ~(stock - committed >= book.quantity[rows]) & ~np.isnan(stock)
    expected = np.zeros(len(rows))
    expected[is_tight] = _expected(book, rows[is_tight], at[is_tight])
    return Promise(stock, committed, expected)


def _expected(book: StockBook, rows: NDArray[np.int64], at: Times) -> Units:
    """Return the units on order at each time that were due before the line is needed."""
    total = np.zeros(len(rows))
    line, purchase = book.purchases_of(book.line_products[rows])
    when, need = at[line], needed(book)[rows][line]
    is_open = (book.placed[purchase] <= when) & (is_missing(book.arrived[purchase]) | (book.arrived[purchase] >= when))
    is_due = (book.due[purchase] <= need) & (book.due[purchase] >= when - OVERDUE_GRACE_DAYS * DAY)
    np.add.at(total, line, np.where(is_open & is_due, book.supply["quantity"].to_numpy(float)[purchase], 0.0))
    return total
