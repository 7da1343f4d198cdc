"""Seasons pooled over all products, and how strongly each product follows them."""

import numpy as np

from models.forecasts.weeks import Matrix, Vector

WEEKS_A_YEAR = 52

MOST_SEASONAL = 4.0
"""A row follows the pooled season at most this many times as strongly as all together."""


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
