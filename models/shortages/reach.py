"""Stock that was within reach of a short line and went elsewhere: allocation, a matter of the single line."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.shortages.ledger import DAY, Snapshots, Times, Units, is_missing
from models.shortages.scope import Scope
from models.shortages.stock_book import StockBook


@dataclass(frozen=True)
class Reach:
    """Stock around each short line, in units.

    Attributes
    ----------
    left : numpy.ndarray of shape (n_lines,)
        Book stock left in the line's own warehouse after it was served; nan where none is known.
    free : numpy.ndarray of shape (n_lines,)
        Units of it that no earlier order waits for.
    elsewhere : numpy.ndarray of shape (n_lines,)
        Free units in the other warehouses.
    """

    left: Units
    free: Units
    elsewhere: Units

    def allocation(self, codes: NDArray[np.int64], at: Times, short: Units, record: Units) -> Units:
        """Return the units of each line that stock on a shelf could have covered.

        Parameters
        ----------
        codes : numpy.ndarray of shape (n_lines,)
            Product codes; lines short on the same day share what was there.
        at : numpy.ndarray of shape (n_lines,)
            When each line was short, seconds.
        short : numpy.ndarray of shape (n_lines,)
            Units short.
        record : numpy.ndarray of shape (n_lines,)
            Units that the book showed and the shelf did not have.

        Returns
        -------
        numpy.ndarray of shape (n_lines,)
            Between 0 and ``short``.
        """
        # Where a count explains most of what the book showed, the rest was most likely not there either.
        is_explained = record >= 0.5 * np.nan_to_num(self.left)
        here = np.where(is_explained, 0.0, np.maximum(self.free - record, 0.0))
        there = here + self.elsewhere
        # Of what goes out in whole units, a fraction in the book is no unit on the shelf.
        there = np.where(short == np.round(short), np.floor(there + 1e-6), there)
        day = pd.DataFrame({"code": codes, "day": at // DAY, "short": short})
        together = day.groupby(["code", "day"])["short"].transform("sum").to_numpy(float)
        share = np.divide(there, together, out=np.zeros(len(there)), where=together > 0)
        reach: NDArray[np.float64] = np.minimum(share, 1.0) * short
        return reach


def _around(scope: Scope, rows: NDArray[np.int64], at: Times, own: Units) -> tuple[Units, Units]:
    """Return the stock left at one level, and what of it neither earlier lines nor the line itself had claimed."""
    left = scope.stock_left(rows, at)
    return left, np.maximum(np.nan_to_num(left) - scope.claims(rows, at + 1) - own, 0.0)


def reach(book: StockBook, rows: NDArray[np.int64], at: Times, short: Units) -> Reach:
    """Return the stock that was around each short line when it was short.

    Parameters
    ----------
    book : StockBook
        Stock and demand.
    rows : numpy.ndarray of shape (n_lines,)
        Places of the short lines in ``book.lines``.
    at : numpy.ndarray of shape (n_lines,)
        When each was short, seconds.
    short : numpy.ndarray of shape (n_lines,)
        Units short.

    Returns
    -------
    Reach
        One entry per short line.
    """
    # What the line itself was given lies on the shelf until it ships.
    is_waiting = book.leaving[rows] > at
    own = np.where(is_waiting, book.quantity[rows] - short, 0.0)
    total, total_free = _around(book.product_scope, rows, at, own)
    left, free = _around(book.place_scope, rows, at, own)
    is_here = ~np.isnan(left)
    elsewhere = np.where(is_here, np.maximum(total_free - free, 0.0), 0.0)
    return Reach(np.where(is_here, left, total), np.where(is_here, free, total_free), elsewhere)


def short_moment(book: StockBook, rows: NDArray[np.int64], at: Times) -> Times:
    """Return when each line that left short was short: the moment from its entry on with the least stock around it.

    Parameters
    ----------
    book : StockBook
        Stock and demand.
    rows : numpy.ndarray of shape (n_lines,)
        Places of the lines in ``book.lines``.
    at : numpy.ndarray of shape (n_lines,)
        When each left, seconds.

    Returns
    -------
    numpy.ndarray of shape (n_lines,)
        Seconds; ``at`` where no other moment had less stock.
    """
    nothing = np.zeros(len(rows))
    least = reach(book, rows, at, nothing)
    moment, stock = at.copy(), least.free + least.elsewhere
    for earlier in book.decision_times(rows):
        here = reach(book, rows, earlier, nothing)
        there = here.free + here.elsewhere
        is_less = there < stock
        moment, stock = np.where(is_less, earlier, moment), np.where(is_less, there, stock)
    return moment


def overtaken(book: StockBook, rows: NDArray[np.int64], short: Units) -> Units:
    """Return the units that left to lines entered later, though stock had sufficed for each short line when it came.

    Parameters
    ----------
    book : StockBook
        Stock and demand.
    rows : numpy.ndarray of shape (n_lines,)
        Places of the short lines in ``book.lines``.
    short : numpy.ndarray of shape (n_lines,)
        Units short.

    Returns
    -------
    numpy.ndarray of shape (n_lines,)
        Between 0 and ``short``: served in order of entry, that much would have been there.
    """
    was_there = reach(book, rows, book.ordered[rows] - 1, short).free >= book.quantity[rows]
    until = np.where(is_missing(book.leaving[rows]), book.clock, book.leaving[rows])
    codes = np.where(book.line_places >= 0, book.line_places, -2 - book.line_products)
    order = np.lexsort((book.ordered, codes))
    by_entry = Snapshots(codes, book.ordered)
    low = by_entry.rank(codes[rows], book.ordered[rows] + 1)
    count = np.where(was_there, np.maximum(by_entry.rank(codes[rows], until + 1) - low, 0), 0)
    case = np.repeat(np.arange(len(rows)), count)
    later = order[np.repeat(low - (np.cumsum(count) - count), count) + np.arange(count.sum())]
    has_left = ~is_missing(book.leaving[later]) & (book.leaving[later] <= until[case])
    taken = np.bincount(case, np.where(has_left, book.left[later], 0.0), minlength=len(rows))
    return np.minimum(taken, short)
