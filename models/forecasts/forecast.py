"""Weekly demand forecasts: exponential smoothing, TSB for intermittent demand, pooled seasonality, chosen on a holdout.

Every function takes a matrix ``y`` of shape ``(n_products, n_weeks)``, oldest week first; weeks before a product's
first demand are not-a-number and are left out, so that a young product is not taken for a slow one.

References
----------
Teunter, Syntetos, Babai (2011), Intermittent demand: linking forecasting to inventory obsolescence.
Syntetos, Boylan, Croston (2005), On the categorization of demand patterns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import nbinom, poisson

from models.shortages.ledger import DAY

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]

WEEKS_A_YEAR = 52
ADI_LIMIT = 1.32
CV2_LIMIT = 0.49
MANY = 20
"""From so many products on, what is pooled over them can be trusted."""

CLEARLY = 0.985
"""Another way must have at most this share of the usual way's error."""

SOME = 2000
"""Rows that suffice for what is pooled."""

MOST_SEASONAL = 4.0
"""A row follows the pooled season at most this many times as strongly as all together."""

HELD = 0.95
"""How often the quantile that stock is planned by should hold."""

WIDENINGS = (1.0, 1.15, 1.3, 1.5, 1.75, 2.0, 2.5, 3.0)
"""Factors on the deviation that are tried, until the quantile has held."""

NORMAL_TRIMMED = 0.607
"""Standard deviation of the central three quarters of a standard normal distribution."""


def weekly_matrix(weeks: pd.DataFrame, until: pd.Timestamp, n_weeks: int = 104) -> tuple[pd.Index, Matrix]:
    """Lay weekly demand out as a matrix.

    Parameters
    ----------
    weeks : pandas.DataFrame
        ``product_id, week_start, quantity``, as from `StockBook.weekly_demand`.
    until : pandas.Timestamp
        Only weeks that end by then are taken: a week that still runs looks low.
    n_weeks : int, default 104
        How many weeks to take, at most.

    Returns
    -------
    products : pandas.Index
        The product of each row.
    y : numpy.ndarray of shape (n_products, n_weeks)
        Units a week; 0 in weeks without demand, not-a-number before the first.
    """
    monday = pd.Timestamp(until).normalize() - pd.Timedelta(days=pd.Timestamp(until).weekday())
    age = ((monday - weeks["week_start"]).dt.days // 7).to_numpy()
    taken = weeks[(age >= 1)]
    age = age[age >= 1]
    codes, products = pd.factorize(taken["product_id"], sort=True)
    width = int(min(n_weeks, age.max())) if len(age) else 0
    y = np.zeros((len(products), width))
    first = np.zeros(len(products), int)
    np.maximum.at(first, codes, age)
    inside = age <= width
    np.add.at(y, (codes[inside], width - age[inside]), taken["quantity"].to_numpy(float)[inside])
    y[np.arange(width)[None, :] < width - first[:, None]] = np.nan
    return pd.Index(products), y


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


def seasonal_profile(y: Matrix, season: int = WEEKS_A_YEAR, strength: float = 4.0) -> Matrix:
    """Return one seasonal index per position in the season, pooled over all rows and shrunk towards 1.

    Parameters
    ----------
    y : numpy.ndarray of shape (n_products, n_weeks)
        Units a week.
    season : int, default 52
        Weeks in a season.
    strength : float, default 4.0
        Pseudo-observations of the index 1 behind each position.

    Returns
    -------
    numpy.ndarray of shape (season,)
        Mean 1; position ``k`` belongs to the weeks with ``week % season == k``, counted from the oldest.
    """
    known = ~np.isnan(y)
    level = np.divide(
        np.nan_to_num(y).sum(axis=1), known.sum(axis=1), out=np.zeros(len(y)), where=known.sum(axis=1) > 0
    )
    usable = level > 0
    share = np.where(known[usable], np.nan_to_num(y[usable]) / level[usable, None], np.nan)
    by_week = np.nan_to_num(np.nanmean(share, axis=0), nan=1.0) if usable.any() else np.ones(y.shape[1])
    position = np.arange(y.shape[1]) % season
    count = np.bincount(position, minlength=season)
    index = (np.bincount(position, by_week, minlength=season) + strength) / (count + strength)
    return np.asarray(index / index.mean())


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
    widening : float
        Factor on it, for the demand of several weeks together.
    model : numpy.ndarray of shape (n_products,)
        ``smooth``, ``intermittent`` or ``seasonal``.
    demand_class : numpy.ndarray of shape (n_products,)
        As by `classify`.
    """

    mean: Matrix
    error: Vector
    widening: float
    model: NDArray[np.str_]
    demand_class: NDArray[np.str_]

    @property
    def deviation(self) -> Vector:
        """Standard deviation of a week's demand within a lead time; grows with the root of the weeks."""
        return np.asarray(self.error * self.widening)


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


def _yearly_level(y: Matrix) -> Matrix:
    """Return each row's mean over the year around each week, so that what is left is season and noise."""
    known = ~np.isnan(y)
    total = np.pad(np.cumsum(np.nan_to_num(y), axis=1), ((0, 0), (1, 0)))
    count = np.pad(np.cumsum(known, axis=1), ((0, 0), (1, 0)))
    width, weeks = y.shape[1], np.arange(y.shape[1])
    low = np.clip(weeks - WEEKS_A_YEAR // 2, 0, max(width - WEEKS_A_YEAR, 0))
    high = np.minimum(low + WEEKS_A_YEAR, width)
    seen = count[:, high] - count[:, low]
    level: Matrix = np.divide(total[:, high] - total[:, low], seen, out=np.zeros_like(y), where=seen > 0)
    return level


def seasonal_strength(y: Matrix, profile: Matrix) -> Vector:
    """Return how strongly each row follows a pooled season: 0 not at all, 1 as all rows together do.

    Least squares of the weeks' deviations from their year's level on the profile's, held towards 0 by as much as the
    noise makes it uncertain.

    Parameters
    ----------
    y : numpy.ndarray of shape (n_products, n_weeks)
        Units a week.
    profile : numpy.ndarray of shape (season,)
        As from `seasonal_profile`.

    Returns
    -------
    numpy.ndarray of shape (n_products,)
        Between 0 and 4.
    """
    level = _yearly_level(y)
    is_usable = ~np.isnan(y) & (level > 0)
    off = np.where(is_usable, np.divide(np.nan_to_num(y), level, out=np.ones_like(y), where=level > 0) - 1, 0.0)
    season = np.where(is_usable, (profile - 1)[np.arange(y.shape[1]) % len(profile)][None, :], 0.0)
    explained, weight = (off * season).sum(axis=1), (season**2).sum(axis=1)
    slope = np.divide(explained, weight, out=np.zeros(len(y)), where=weight > 0)
    noise = ((off - slope[:, None] * season) ** 2).sum(axis=1) / np.maximum(is_usable.sum(axis=1) - 1, 1)
    variance = np.divide(noise, weight, out=np.full(len(y), np.inf), where=weight > 0)
    trust = np.divide(slope**2, slope**2 + variance, out=np.zeros(len(y)), where=slope > 0)
    return np.asarray(np.clip(slope * trust, 0.0, MOST_SEASONAL))


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


def _widening(y: Matrix, weeks: int = 4, origins: int = 4) -> float:
    """Return the factor on the deviation with which the quantile of some weeks' demand would have held as it should.

    Pooled over all rows and the last origins; at least 1. Levels that drift and demand that comes in waves make a lead
    time's demand more uncertain than its weeks.
    """
    y = _some(y)
    first = y.shape[1] - weeks * origins
    if first < 3 * weeks or len(y) < MANY:
        return 1.0
    means, deviations, actuals = [], [], []
    for cut in range(first, y.shape[1], weeks):
        known = ~np.isnan(y[:, cut - 1])
        past = y[known, :cut]
        level = np.nan_to_num(smooth(past))
        means.append(level * weeks)
        deviations.append(_one_week_error(past, level) * np.sqrt(weeks))
        actuals.append(np.nan_to_num(y[known, cut : cut + weeks]).sum(axis=1))
    mean, deviation, actual = (np.concatenate(parts) for parts in (means, deviations, actuals))
    for factor in WIDENINGS:
        if (exceedance(actual - 1, mean, deviation * factor) >= 1 - HELD).mean() >= HELD:
            return factor
    return WIDENINGS[-1]


def forecast(y: Matrix, horizon: int) -> Forecast:
    """Forecast weekly demand; seasonality is used where it beat plain smoothing on the last weeks held out.

    Parameters
    ----------
    y : numpy.ndarray of shape (n_products, n_weeks)
        Units a week, oldest first.
    horizon : int
        Weeks ahead.

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
    return Forecast(mean, _one_week_error(y, plain), _widening(y), model, classes)


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


def exceedance(stock: Vector, mean: Vector, deviation: Vector) -> Vector:
    """Return the chance that demand exceeds ``stock``: negative binomial, Poisson where the spread is no larger.

    Parameters
    ----------
    stock : numpy.ndarray
        Units there; negative means short already.
    mean : numpy.ndarray
        Expected demand, units.
    deviation : numpy.ndarray
        Its standard deviation, units.

    Returns
    -------
    numpy.ndarray
        Probability, 0..1.
    """
    mean = np.maximum(np.asarray(mean, float), 1e-9)
    variance = np.maximum(np.asarray(deviation, float) ** 2, mean)
    floor = np.floor(np.asarray(stock, float))
    over = variance > mean * 1.001
    size = np.where(over, mean**2 / np.where(over, variance - mean, 1.0), 1.0)
    chance = np.where(over, nbinom.sf(floor, size, mean / variance), poisson.sf(floor, mean))
    return np.where(floor < 0, 1.0, chance)


def quantile(level: float, mean: Vector, deviation: Vector) -> Vector:
    """Return the demand that is not exceeded with probability ``level``, units; see `exceedance`."""
    mean = np.maximum(np.asarray(mean, float), 1e-9)
    variance = np.maximum(np.asarray(deviation, float) ** 2, mean)
    over = variance > mean * 1.001
    size = np.where(over, mean**2 / np.where(over, variance - mean, 1.0), 1.0)
    return np.asarray(np.where(over, nbinom.ppf(level, size, mean / variance), poisson.ppf(level, mean)))
