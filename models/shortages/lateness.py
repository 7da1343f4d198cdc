"""How late receipts come: the distribution of days between the promised day and the receipt, by supplier."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

EARLIEST, LATEST = -30, 90
"""Days that are told apart; earlier and later ones count as these."""

STRENGTH = 6.0
"""Receipts of all suppliers together that stand behind a supplier's own."""

TAIL_SHARE, TAIL_DAYS = 0.04, 15.0
"""Share of receipts, and their mean lateness in days, that is assumed beyond what was ever seen."""


class Lateness:
    """Distributions of lateness.

    Parameters
    ----------
    suppliers : pandas.Series
        The supplier of each receipt; missing ones go by all suppliers together.
    late_days : numpy.ndarray of shape (n_receipts,)
        Days from promise to receipt; negative is early, not-a-number is not received.
    """

    def __init__(self, suppliers: "pd.Series[str]", late_days: NDArray[np.float64]) -> None:
        known = ~np.isnan(late_days)
        days = np.clip(np.round(late_days[known]), EARLIEST, LATEST).astype(int) - EARLIEST
        codes, self._names = pd.factorize(suppliers[known].fillna(""))
        width = LATEST - EARLIEST + 1
        counts = np.bincount(codes * width + days, minlength=width * max(len(self._names), 1)).reshape(-1, width)
        tail = np.exp(-np.maximum(np.arange(EARLIEST, LATEST + 1), 0) / TAIL_DAYS) * (np.arange(width) >= -EARLIEST)
        seen = counts.sum(axis=0)
        overall = (1 - TAIL_SHARE) * (
            seen / seen.sum() if seen.sum() else _on_time(width)
        ) + TAIL_SHARE * tail / tail.sum()
        share = (counts + STRENGTH * overall) / (counts.sum(axis=1, keepdims=True) + STRENGTH)
        self._cdf = np.vstack([np.cumsum(share, axis=1), np.cumsum(overall)])

    def arrived_by(self, suppliers: "pd.Series[str]", due_in: NDArray[np.float64], horizon: int) -> NDArray[np.float64]:
        """Return the chance that each open receipt has arrived by the end of each coming day.

        Parameters
        ----------
        suppliers : pandas.Series
            The supplier of each open receipt.
        due_in : numpy.ndarray of shape (n_receipts,)
            Days until it is due; negative is overdue.
        horizon : int
            Days to look ahead; day 0 is today.

        Returns
        -------
        numpy.ndarray of shape (n_receipts, horizon)
            Given that it has not arrived yet.
        """
        places = pd.Index(self._names).get_indexer(pd.Index(suppliers.fillna("")))
        cdf = self._cdf[places]
        late = np.arange(horizon)[None, :] - np.floor(due_in).astype(int)[:, None]
        before = np.take_along_axis(cdf, np.clip(late[:, :1] - 1 - EARLIEST, 0, cdf.shape[1] - 1), axis=1)
        before = np.where(late[:, :1] - 1 < EARLIEST, 0.0, before)
        by_then = np.take_along_axis(cdf, np.clip(late - EARLIEST, 0, cdf.shape[1] - 1), axis=1)
        by_then = np.where(late < EARLIEST, 0.0, by_then)
        chance: NDArray[np.float64] = np.clip((by_then - before) / np.maximum(1 - before, 1e-6), 0.0, 1.0)
        return chance


def _on_time(width: int) -> NDArray[np.float64]:
    steps: NDArray[np.float64] = (np.arange(width) == -EARLIEST).astype(float)
    return steps
