"""Stock seen at one level: a product over all warehouses, or in one warehouse."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.shortages.ledger import DAY, Codes, Ledger, Snapshots, Times, Units

STALE_DAYS = 45
"""Rolled further than this from its snapshot, a stock figure says little."""


class Scope:
    """Stock, departures and claims of the order lines at one level.

    Parameters
    ----------
    codes : numpy.ndarray of shape (n_lines,)
        The product, or product and warehouse, of each line; -1 where unknown.
    snapshots : pandas.DataFrame
        ``code, time, on_hand, reserved`` at this level.
    received : Ledger
        Units received, by product.
    products : numpy.ndarray of shape (n_lines,)
        The product of each line.
    share : numpy.ndarray of shape (n_lines,)
        The share of its product's receipts that goes to a line's level.
    ordered, leaving, claim_ends : numpy.ndarray of shape (n_lines,)
        When each line was entered, left the book, and stopped waiting; seconds.
    quantity, left : numpy.ndarray of shape (n_lines,)
        Units ordered, and units that left.
    """

    def __init__(
        self,
        codes: Codes,
        snapshots: pd.DataFrame,
        received: Ledger,
        products: Codes,
        share: Units,
        ordered: Times,
        leaving: Times,
        claim_ends: Times,
        quantity: Units,
        left: Units,
    ) -> None:
        self.codes, self._products, self._share, self._received = codes, products, share, received
        self._ordered, self._quantity = ordered, quantity
        self._times = snapshots["time"].to_numpy(np.int64)
        self._on_hand = snapshots["on_hand"].to_numpy(float)
        self._reserved = snapshots["reserved"].to_numpy(float)
        self._latest = Snapshots(snapshots["code"], self._times)
        self._departed = Ledger(codes, leaving, left)
        self._claimed = Ledger(codes, ordered, quantity)
        self._released = Ledger(codes, claim_ends, quantity)

    def _found(self, rows: NDArray[np.int64], at: Times) -> tuple[NDArray[np.int64], Times, NDArray[np.bool_]]:
        """Return the snapshot to roll from, its time, and whether there is one near enough.

        The latest before each time; where there is none, the first after it.
        """
        codes = self.codes[rows]
        found = self._latest.latest(codes, at)
        if not len(self._times):
            return found, np.zeros(len(rows), np.int64), np.zeros(len(rows), bool)
        found = np.where(found >= 0, found, self._latest.next(codes, at))
        start = self._times[found]
        return found, start, (found >= 0) & (codes >= 0) & (np.abs(at - start) <= STALE_DAYS * DAY)

    def _incoming(self, rows: NDArray[np.int64], start: Times, end: Times) -> Units:
        return self._share[rows] * self._received.moved(self._products[rows], start, end)

    def stock(self, rows: NDArray[np.int64], at: Times) -> Units:
        """Return the book stock just before each time, at the level of each line; nan where none is known."""
        found, start, is_known = self._found(rows, at)
        if not is_known.any():
            return np.full(len(rows), np.nan)
        rolled = self._on_hand[found] + self._incoming(rows, start, at)
        return np.where(is_known, rolled - self._departed.moved(self.codes[rows], start, at), np.nan)

    def stock_left(self, rows: NDArray[np.int64], at: Times) -> Units:
        """Return the book stock just after each time; the next morning's snapshot, where there is one, is a witness."""
        rolled = self.stock(rows, at + 1)
        if not len(self._times):
            return rolled
        morning = at - at % DAY + DAY
        found = self._latest.next(self.codes[rows], at)
        is_next = (found >= 0) & (self._times[found] == morning)
        witness = np.maximum(self._on_hand[found] - self._incoming(rows, at, morning), 0.0)
        return np.where(is_next, np.fmin(rolled, witness), rolled)

    def claims(self, rows: NDArray[np.int64], at: Times) -> Units:
        """Return the units that lines entered earlier than each line still wait for at each time."""
        codes = self.codes[rows]
        waiting = self._claimed.before(codes, self._ordered[rows]) - self._released.before(codes, at)
        return np.maximum(waiting, 0.0)

    def reserved(self, rows: NDArray[np.int64], at: Times) -> Units:
        """Return the reserved units by the latest snapshot before each time; nan where none is known."""
        found, start, is_known = self._found(rows, at)
        if not is_known.any():
            return np.full(len(rows), np.nan)
        return np.where(is_known & (start <= at), self._reserved[found], np.nan)

    def reserved_for_others(self, rows: NDArray[np.int64], at: Times) -> Units:
        """Return the reserved units at each time, without what may be reserved for the line itself; 0 if unknown."""
        found, start, is_known = self._found(rows, at)
        if not is_known.any():
            return np.zeros(len(rows))
        own = np.where(self._ordered[rows] < start, self._quantity[rows], 0.0)
        # Reserved stock that has left since is no longer in the way.
        gone = self._departed.between(self.codes[rows], start, at)
        others = np.maximum(np.nan_to_num(self._reserved[found]) - own - gone, 0.0)
        return np.where(is_known & (start <= at), others, 0.0)
