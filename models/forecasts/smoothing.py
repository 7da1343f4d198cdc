"""Demand levels by smoothing: exponential, and TSB for intermittent demand.

Every function takes a matrix ``y`` of shape ``(n_products, n_weeks)``, oldest week first; weeks before a product's
first demand are not-a-number.

References
----------
Teunter, Syntetos, Babai (2011), Intermittent demand: linking forecasting to inventory obsolescence.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.forecasts.weeks import Matrix, Vector
from models.shortages.ledger import DAY

LEVEL_DRIFT = 0.053
"""Variance of a smoothed level, in variances of one week: alpha / (2 - alpha) with alpha 0.1."""

NORMAL_TRIMMED = 0.607
"""Standard deviation of the central three quarters of a standard normal distribution."""


def smooth(y: Matrix, alpha: float = 0.1) -> Vector:
    """Return each row's level by exponential smoothing, ``sum(y (1-a)^age) / sum((1-a)^age)``; nan without a week."""
    weight = (1 - alpha) ** np.arange(y.shape[1])[::-1]
    known = ~np.isnan(y)
    total = known @ weight
    level: Vector = np.divide(np.nan_to_num(y) @ weight, total, out=np.full(len(y), np.nan), where=total > 0)
    return level


def smooth_intermittent(y: Matrix, alpha: float = 0.1, beta: float = 0.1) -> Vector:
    """Return each row's level by TSB: smoothed size of non-zero demand times smoothed chance of demand.

    Parameters
    ----------
    y : numpy.ndarray of shape (n_products, n_weeks)
        Units a week.
    alpha : float, default 0.1
        Smoothing of the sizes, by rank among non-zero weeks.
    beta : float, default 0.1
        Smoothing of the chance, by week.

    Returns
    -------
    numpy.ndarray of shape (n_products,)
        Units a week; it falls with every week without demand, unlike Croston's.
    """
    known = ~np.isnan(y)
    has_demand = known & (np.nan_to_num(y) > 0)
    later = has_demand[:, ::-1].cumsum(axis=1)[:, ::-1] - has_demand
    weight = np.where(has_demand, (1 - alpha) ** later, 0.0)
    total = weight.sum(axis=1)
    size = np.divide((np.nan_to_num(y) * weight).sum(axis=1), total, out=np.zeros(len(y)), where=total > 0)
    chance = smooth(np.where(known, has_demand, np.nan), beta)
    return np.asarray(size * chance)


@dataclass(frozen=True)
class Levels:
    """The smoothed demand level of each product at every week, as it was known then.

    Attributes
    ----------
    start : int
        The first week's start, seconds.
    levels : numpy.ndarray of shape (n_products, n_weeks + 1)
        Units a week expected at each week's start, from the weeks before it.
    daily_deviation : numpy.ndarray of shape (n_products,)
        Standard deviation of a day's demand, units.
    """

    start: int
    levels: Matrix
    daily_deviation: Vector

    def rate(self, codes: NDArray[np.int64], times: NDArray[np.int64]) -> Vector:
        """Return the units a day expected for each product by what was known at each time."""
        week = np.clip((times - self.start) // (7 * DAY), 0, self.levels.shape[1] - 1)
        return np.asarray(self.levels[codes, week] / 7)


def weekly_levels(
    codes: NDArray[np.int64], times: NDArray[np.int64], quantity: Vector, n_products: int, alpha: float = 0.1
) -> Levels:
    """Smooth every product's weekly demand week by week, keeping the level known at each week's start.

    Parameters
    ----------
    codes : numpy.ndarray of shape (n_lines,)
        Product codes, 0 to ``n_products - 1``.
    times : numpy.ndarray of shape (n_lines,)
        When each line was ordered, seconds.
    quantity : numpy.ndarray of shape (n_lines,)
        Units.
    n_products : int
        How many products there are.
    alpha : float, default 0.1
        Smoothing, as in `smooth`.

    Returns
    -------
    Levels
        Levels and the spread of daily demand around them.
    """
    if not len(times):
        return Levels(0, np.zeros((n_products, 1)), np.zeros(n_products))
    start = int(times.min())
    week = (times - start) // (7 * DAY)
    y = np.zeros((n_products, int(week.max()) + 1))
    np.add.at(y, (codes, week), quantity)
    has_begun = np.cumsum(y, axis=1) > 0
    levels = np.zeros((n_products, y.shape[1] + 1))
    total, weight = np.zeros(n_products), np.zeros(n_products)
    for place in range(y.shape[1]):
        total = (1 - alpha) * total + y[:, place]
        weight = (1 - alpha) * weight + has_begun[:, place]
        levels[:, place + 1] = np.divide(total, weight, out=np.zeros(n_products), where=weight > 0)
    squares = np.bincount(codes, quantity**2, minlength=n_products) / np.maximum(has_begun.sum(axis=1), 1)
    trimmed = trimmed_deviation(np.where(has_begun, y - levels[:, :-1], np.nan))
    return Levels(start, levels, np.sqrt(np.maximum(trimmed**2, squares) / 7))


def trimmed_deviation(errors: Matrix, kept: float = 0.75) -> Vector:
    """Return each row's standard deviation without its largest quarter, so that a surge does not hide itself.

    Scaled so that normal errors give their true deviation.
    """
    known = ~np.isnan(errors)
    order = np.sort(np.where(known, np.abs(errors), np.inf), axis=1)
    count = np.ceil(kept * known.sum(axis=1))
    taken = np.arange(errors.shape[1])[None, :] < count[:, None]
    squares = np.where(taken, np.where(np.isinf(order), 0.0, order) ** 2, 0.0).sum(axis=1)
    return np.asarray(np.sqrt(squares / np.maximum(count, 1)) / NORMAL_TRIMMED)
