"""Dated quantities by product, summed over any interval at once: the account behind stock, demand and supply."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Codes = NDArray[np.int64]
Times = NDArray[np.int64]
Units = NDArray[np.float64]

DAY = 86_400
TIME_BITS = 34
OFFSET = 1 << 33  # so that times before 1970 sort as well


def seconds(times: ArrayLike) -> Times:
    """Return timestamps as whole seconds since 1970; missing ones become the smallest integer."""
    values = np.asarray(times)
    if values.dtype.kind != "M":
        values = pd.to_datetime(pd.Series(values)).to_numpy()
    return np.asarray(values.astype("datetime64[s]").astype(np.int64))


def is_missing(times: Times) -> NDArray[np.bool_]:
    """Tell which of `seconds`' results stand for a missing timestamp."""
    return np.asarray(times == np.iinfo(np.int64).min)


def _key(codes: Codes, times: Times) -> Codes:
    return np.asarray((codes << TIME_BITS) + np.clip(times + OFFSET, 0, (1 << TIME_BITS) - 1))


class Ledger:
    """Quantities booked at times under integer codes.

    Parameters
    ----------
    codes : numpy.ndarray of shape (n_entries,)
        What each entry is booked under; negative codes are left out.
    times : numpy.ndarray of shape (n_entries,)
        Seconds; entries without a time are left out.
    amounts : numpy.ndarray of shape (n_entries,)
        Units.
    """

    def __init__(self, codes: ArrayLike, times: Times, amounts: ArrayLike) -> None:
        codes = np.asarray(codes, np.int64)
        kept = ~is_missing(times) & (codes >= 0)
        key = _key(codes[kept], times[kept])
        order = np.argsort(key, kind="stable")
        self._key = key[order]
        self._total = np.concatenate([[0.0], np.cumsum(np.nan_to_num(np.asarray(amounts, float))[kept][order])])

    def before(self, codes: Codes, times: Times) -> Units:
        """Return the total booked under each code strictly before each time, units."""
        end = np.searchsorted(self._key, _key(codes, times), "left")
        start = np.searchsorted(self._key, _key(codes, np.full(len(codes), -OFFSET)), "left")
        return np.asarray(self._total[end] - self._total[start])

    def between(self, codes: Codes, start: Times, end: Times) -> Units:
        """Return the total booked in ``[start, end)``, units; 0 where ``end`` is not after ``start``."""
        low = np.searchsorted(self._key, _key(codes, start), "left")
        high = np.searchsorted(self._key, _key(codes, np.maximum(start, end)), "left")
        return np.asarray(self._total[high] - self._total[low])

    def moved(self, codes: Codes, start: Times, end: Times) -> Units:
        """Return the total booked from ``start`` to ``end``, units; negative where ``end`` is the earlier."""
        return self.between(codes, start, end) - self.between(codes, end, start)


class Snapshots:
    """The latest known value of something by code and time.

    Parameters
    ----------
    codes : numpy.ndarray of shape (n_snapshots,)
        What each snapshot is of.
    times : numpy.ndarray of shape (n_snapshots,)
        Seconds.
    """

    def __init__(self, codes: ArrayLike, times: Times) -> None:
        key = _key(np.asarray(codes, np.int64), times)
        self._order = np.argsort(key, kind="stable")
        self._key = key[self._order]
        self._codes = np.asarray(codes, np.int64)[self._order]

    def latest(self, codes: Codes, times: Times) -> NDArray[np.int64]:
        """Return the position of the latest snapshot at or before each time; -1 where there is none."""
        place = np.searchsorted(self._key, _key(codes, times), "right") - 1
        return self._checked(place, codes)

    def next(self, codes: Codes, times: Times) -> NDArray[np.int64]:
        """Return the position of the first snapshot strictly after each time; -1 where there is none."""
        place = np.searchsorted(self._key, _key(codes, times), "right")
        return self._checked(place, codes)

    def rank(self, codes: Codes, times: Times) -> NDArray[np.int64]:
        """Return how many snapshots, in order of code and time, come before each code and time."""
        return np.asarray(np.searchsorted(self._key, _key(codes, times), "left"))

    def _checked(self, place: NDArray[np.int64], codes: Codes) -> NDArray[np.int64]:
        if not len(self._key):
            return np.full(len(codes), -1)
        inside = np.clip(place, 0, len(self._key) - 1)
        is_same = (place == inside) & (self._codes[inside] == codes)
        return np.where(is_same, self._order[inside], -1)
