"""The company's own forecasts, as they stood when they were issued."""

import numpy as np
import pandas as pd

from models.shortages.ledger import DAY, Codes, Snapshots, Times, Units, is_missing, seconds


class IssuedForecasts:
    """Forecasts by product, period and the time they were made.

    Parameters
    ----------
    products : numpy.ndarray of shape (n_forecasts,)
        Product codes.
    frame : pandas.DataFrame
        ``period_start, period_days, quantity, made_at``; a week where the length is missing, made one period before
        its start where the time is missing.
    """

    def __init__(self, products: Codes, frame: pd.DataFrame) -> None:
        begin = seconds(frame["period_start"])
        length = frame["period_days"].fillna(7).to_numpy(np.int64) * DAY
        made = seconds(frame["made_at"])
        made = np.where(is_missing(made), begin - length, made)
        keys = pd.DataFrame({"product": products, "begin": begin, "length": length})
        period = keys.groupby(["product", "begin", "length"], sort=True).ngroup().to_numpy(np.int64)
        distinct = keys.assign(period=period).drop_duplicates("period").sort_values("period")
        self._quantity = frame["quantity"].to_numpy(float)
        self._begins = distinct["begin"].to_numpy(np.int64)
        self._lengths = distinct["length"].to_numpy(np.int64)
        self._periods = Snapshots(distinct["product"].to_numpy(np.int64), self._begins)
        self._versions = Snapshots(period, made)

    def total(self, codes: Codes, start: Times, end: Times, known_at: Times) -> Units:
        """Return the units forecast for ``[start, end)`` by what was issued at ``known_at``.

        Of each period's versions the latest by then counts, or the first if all came later. Where the periods cover
        only part of the interval their rate stands for the rest; where they cover less than half, the answer is
        not-a-number.
        """
        if not len(self._quantity):
            return np.full(len(codes), np.nan)
        low = self._periods.rank(codes, start - int(self._lengths.max()))
        count = np.maximum(self._periods.rank(codes, end) - low, 0)
        case = np.repeat(np.arange(len(codes)), count)
        chosen = np.repeat(low - (np.cumsum(count) - count), count) + np.arange(count.sum())
        overlap = np.minimum(self._begins[chosen] + self._lengths[chosen], end[case])
        overlap = np.maximum(overlap - np.maximum(self._begins[chosen], start[case]), 0)
        case, chosen, overlap = case[overlap > 0], chosen[overlap > 0], overlap[overlap > 0]
        version = self._versions.latest(chosen, known_at[case])
        version = np.where(version >= 0, version, self._versions.next(chosen, known_at[case]))
        units = self._quantity[version] * overlap / self._lengths[chosen]
        total = np.bincount(case, units, minlength=len(codes))
        covered = np.bincount(case, overlap, minlength=len(codes))
        span = np.maximum(end - start, 1)
        return np.where(covered >= 0.5 * span, total * span / np.maximum(covered, 1), np.nan)
