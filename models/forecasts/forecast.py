"""Weekly demand forecasts: smoothed levels, the catalogue's pace and pooled seasons, chosen on a holdout.

Every function takes a matrix ``y`` of shape ``(n_products, n_weeks)``, oldest week first; weeks before a product's
first demand are not-a-number and are left out, so that a young product is not taken for a slow one.

References
----------
Syntetos, Boylan, Croston (2005), On the categorization of demand patterns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from models.forecasts.boosting import better_rows
from models.forecasts.quantiles import quantile
from models.forecasts.seasons import WEEKS_A_YEAR, seasonal_profile, seasonal_strength
from models.forecasts.smoothing import smooth, smooth_intermittent
from models.forecasts.weeks import Matrix, Vector

ADI_LIMIT = 1.32
CV2_LIMIT = 0.49
MANY = 20
"""From so many products on, what is pooled over them can be trusted."""

CLEARLY = 0.985
"""Another way must have at most this share of the usual way's error."""

SOME = 2000
"""Rows that suffice for what is pooled."""

HELD = 0.95
"""How often the quantile that stock is planned by should hold."""

WIDENINGS = (1.0, 1.3, 1.75, 2.5, 3.5)
"""Factors on the deviation that are tried."""

STRETCHES = (1.0, 1.15, 1.3, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0)
"""Factors on the quantile that are tried with each of them."""


def classify(y: Matrix) -> NDArray[np.str_]:
    """Return each row's class: smooth, erratic, intermittent or lumpy (ADI 1.32, CV² 0.49); none without demand."""
    known, positive = ~np.isnan(y), np.nan_to_num(y) > 0
    hits = positive.sum(axis=1)
    interval = np.divide(known.sum(axis=1), hits, out=np.full(len(y), np.inf), where=hits > 0)
    sizes = np.where(positive, y, np.nan)
    mean = np.divide(np.nansum(sizes, axis=1), hits, out=np.zeros(len(y)), where=hits > 0)
    spread = np.divide(np.nansum((sizes - mean[:, None]) ** 2, axis=1), hits, out=np.zeros(len(y)), where=hits > 0)
    cv2 = np.divide(spread, mean**2, out=np.zeros(len(y)), where=mean > 0)
    names = np.where(
        interval < ADI_LIMIT,
        np.where(cv2 < CV2_LIMIT, "smooth", "erratic"),
        np.where(cv2 < CV2_LIMIT, "intermittent", "lumpy"),
    )
    return np.where(hits == 0, "none", names)


@dataclass(frozen=True)
class Forecast:
    """A forecast of some weeks ahead.

    Attributes
    ----------
    mean : numpy.ndarray of shape (n_products, horizon)
        Expected units a week.
    error : numpy.ndarray of shape (n_products,)
        Root mean squared error of one week, from the back-test.
    widening, stretch : float
        Factors for the demand of several weeks together: on that error, and on the quantile.
    model : numpy.ndarray of shape (n_products,)
        ``smooth``, ``intermittent``, ``seasonal`` or ``boosted``.
    demand_class : numpy.ndarray of shape (n_products,)
        As by `classify`.
    """

    mean: Matrix
    error: Vector
    widening: float
    stretch: float
    model: NDArray[np.str_]
    demand_class: NDArray[np.str_]

    @property
    def deviation(self) -> Vector:
        """Standard deviation of a week's demand within a lead time; grows with the root of the weeks."""
        return np.asarray(self.error * self.widening)

    def stock(self, level: float, mean: Vector, weeks: Vector | float) -> Vector:
        """Return the units that suffice for some weeks' demand with probability ``level``, by how that held so far."""
        return np.asarray(np.ceil(self.stretch * quantile(level, mean, self.deviation * np.sqrt(weeks))))


def _catalogue_pace(y: Matrix, level: Vector, share: float, weeks: int = 4) -> float:
    """Return how all products together ran in the last weeks against their levels; a share of that, in logarithms."""
    known = ~np.isnan(y[:, -weeks:])
    expected = (known * level[:, None]).sum()
    pace = np.nansum(y[:, -weeks:]) / expected if expected > 0 else 1.0
    return float(np.clip(pace, 0.5, 2.0) ** share)


LEVELS: dict[str, Callable[[Matrix], Vector]] = {
    "smooth": lambda y: np.nan_to_num(smooth(y)),
    "smooth_fast": lambda y: np.nan_to_num(smooth(y, 0.2)),
    "intermittent": lambda y: np.nan_to_num(smooth_intermittent(y)),
}
"""The levels that may be chosen, the same for all products of a kind."""

PACES = (0.0, 0.5, 1.0)
"""Shares of the catalogue's pace that may be carried on."""

PACE_KEPT = 0.9
"""How much of the catalogue's pace lasts from one week to the next."""


@dataclass(frozen=True)
class _Way:
    """A level, and how much of the catalogue's pace is carried on."""

    level: str
    pace: float = 0.0

    def ahead(self, y: Matrix, horizon: int) -> Matrix:
        """Return the units expected in each of the coming weeks."""
        level = LEVELS[self.level](y)
        pace = _catalogue_pace(y, level, self.pace) if self.pace and y.size else 1.0
        return np.asarray(level[:, None] * (1 + (pace - 1) * PACE_KEPT ** np.arange(horizon))[None, :])


def _some(y: Matrix, most: int = SOME) -> Matrix:
    """Return the rows, or evenly chosen ones where there are many: what is pooled needs no more."""
    return y[:: max(-(-len(y) // most), 1)]


def _best_way(y: Matrix, usual: _Way, weeks: int = 4, origins: int = 4) -> _Way:
    """Return the way with the least cumulative error over the last weeks, pooled over all rows.

    Choosing for each product would add noise; pooled over many, the choice is safe. The usual way stays unless another
    is clearly better.
    """
    y = _some(y)
    first = y.shape[1] - weeks * origins
    if first < 3 * weeks or len(y) < MANY:
        return usual
    ways = [_Way(level, pace) for level in LEVELS for pace in PACES]
    errors = dict.fromkeys(ways, 0.0)
    for cut in range(first, y.shape[1], weeks):
        actual = np.nan_to_num(y[:, cut : cut + weeks]).sum(axis=1)
        for way in ways:
            errors[way] += float(np.abs(way.ahead(y[:, :cut], weeks).sum(axis=1) - actual).sum())
    best = min(ways, key=errors.__getitem__)
    return best if errors[best] < CLEARLY * errors[usual] else usual


def _plain(y: Matrix, classes: NDArray[np.str_], horizon: int, ways: tuple[_Way, _Way] | None = None) -> Matrix:
    """Return what is expected without seasons: one way for steady, one for slow products."""
    is_slow = np.isin(classes, ("intermittent", "lumpy"))
    steady, slow = ways or _ways(y, classes)
    mean = np.zeros((len(y), horizon))
    mean[~is_slow], mean[is_slow] = steady.ahead(y[~is_slow], horizon), slow.ahead(y[is_slow], horizon)
    return mean


def _ways(y: Matrix, classes: NDArray[np.str_]) -> tuple[_Way, _Way]:
    is_slow = np.isin(classes, ("intermittent", "lumpy"))
    return _best_way(y[~is_slow], _Way("smooth")), _best_way(y[is_slow], _Way("intermittent"))


def _seasonal(y: Matrix, plain: Callable[[Matrix], Matrix]) -> Matrix:
    """Return what is expected with seasons: the pooled profile, each row as strongly as it followed it so far."""
    profile = seasonal_profile(y)
    index = 1 + seasonal_strength(y, profile)[:, None] * (profile - 1)[None, :]
    index = np.maximum(index, 0.2)
    calm = plain(y / index[:, np.arange(y.shape[1]) % len(profile)])
    expected: Matrix = calm * index[:, (y.shape[1] + np.arange(calm.shape[1])) % len(profile)]
    return expected


def _one_week_error(y: Matrix, level: Vector, weeks: int = 26) -> Vector:
    """Return the root mean squared error of one week over the last weeks, never under the Poisson's."""
    recent = y[:, -weeks:]
    count = (~np.isnan(recent)).sum(axis=1)
    squares = np.nansum((recent - level[:, None]) ** 2, axis=1)
    error = np.sqrt(np.divide(squares, count, out=np.zeros(len(y)), where=count > 0))
    floored: Vector = np.maximum(error, np.sqrt(np.maximum(level, 0)))
    return floored


def _margin(y: Matrix, weeks: int = 4, origins: int = 4) -> tuple[float, float]:
    """Return the factors on the deviation and on the quantile of some weeks' demand with which it would have held.

    Pooled over all rows and the last origins; both at least 1. Levels that drift and demand that comes in waves make a
    lead time's demand more uncertain than its weeks. Of slow demand a wider distribution says mostly that there may be
    none; what it lacks, the stretch adds. Of the pairs that would have held, the one that needs the least stock is
    taken; if none would have, the one that held best.
    """
    y = _some(y)
    first = y.shape[1] - weeks * origins
    if first < 3 * weeks or len(y) < MANY:
        return 1.0, 1.0
    means, deviations, actuals = [], [], []
    for cut in range(first, y.shape[1], weeks):
        has_sold = np.nansum(y[:, :cut], axis=1) > 0  # of what was never asked for nothing can be held
        past = y[has_sold, :cut]
        level = LEVELS["smooth"](past)
        means.append(level * weeks)
        deviations.append(_one_week_error(past, level) * np.sqrt(weeks))
        actuals.append(np.nan_to_num(y[has_sold, cut : cut + weeks]).sum(axis=1))
    mean, deviation, actual = (np.concatenate(parts) for parts in (means, deviations, actuals))
    tried = []
    for widening in WIDENINGS:
        plain = quantile(HELD, mean, deviation * widening)
        for stretch in STRETCHES:
            stock = np.ceil(stretch * plain)
            held = float((actual <= stock).mean())
            tried.append((max(HELD - held, 0.0), stock.sum(), widening, stretch))
    return min(tried)[2:]


def forecast(y: Matrix, horizon: int, boosts: bool = False) -> Forecast:
    """Forecast weekly demand; seasonality is used where it beat plain smoothing on the last weeks held out.

    Parameters
    ----------
    y : numpy.ndarray of shape (n_products, n_weeks)
        Units a week, oldest first.
    horizon : int
        Weeks ahead.
    boosts : bool, default False
        Whether gradient boosting over all rows is tried, too, and taken for the rows for which it was better.

    Returns
    -------
    Forecast
        One row per row of ``y``.
    """
    classes = classify(y)
    ways = _ways(y, classes)
    mean = _plain(y, classes, horizon, ways)
    is_slow = np.isin(classes, ("intermittent", "lumpy"))
    plain = np.where(is_slow, LEVELS["intermittent"](y), LEVELS["smooth"](y))
    model = np.where(is_slow, "intermittent", "smooth")
    if y.shape[1] >= 2 * WEEKS_A_YEAR and _is_seasonal(y, classes, ways):
        strength = seasonal_strength(y, seasonal_profile(y))
        mean = _seasonal(y, lambda calm: _plain(calm, classes, horizon, ways))
        model = np.where(strength >= 0.5, "seasonal", model)
    if boosts:
        rows, expected = better_rows(y, is_slow, lambda past: forecast(past, 4).mean.mean(axis=1))
        mean, model = np.where(rows[:, None], expected[:, None], mean), np.where(rows, "boosted", model)
    return Forecast(mean, _one_week_error(y, plain), *_margin(y), model, classes)


def _is_seasonal(
    y: Matrix, classes: NDArray[np.str_], ways: tuple[_Way, _Way], weeks: int = 4, origins: int = 4
) -> bool:
    """Tell whether seasons would have lowered the cumulative error over the last weeks, all rows together."""
    rows = slice(None, None, max(-(-len(y) // SOME), 1))
    y, classes = y[rows], classes[rows]
    plain_error = seasonal_error = 0.0
    for cut in range(y.shape[1] - weeks * origins, y.shape[1], weeks):
        past, actual = y[:, :cut], np.nan_to_num(y[:, cut : cut + weeks]).sum(axis=1)
        plain = partial(_plain, classes=classes, horizon=weeks, ways=ways)
        plain_error += float(np.abs(plain(past).sum(axis=1) - actual).sum())
        seasonal_error += float(np.abs(_seasonal(past, plain).sum(axis=1) - actual).sum())
    return seasonal_error < CLEARLY * plain_error
