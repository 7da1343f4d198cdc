"""A forecast that all products share: gradient boosting on what their last weeks looked like.

It is asked for by setting, since it takes seconds where smoothing takes none, and used only where it was better than
the usual forecast from both of the last two origins.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from models.forecasts.weeks import Matrix, Vector

LEAST_PRODUCTS = 200
"""So many products are needed to learn from."""

LEAST_WEEKS = 26
"""So many weeks are needed before the first origin that is learned from."""

AHEAD = 4
"""Weeks whose demand together is told."""

ORIGINS, APART = 8, 3
"""From how many past origins the model learns, and how many weeks they lie apart."""

MOST_ROWS = 60_000
"""Rows that suffice to learn from."""

MOST_LEVELS = 5.0
"""A demand beyond so many levels is learned from as so many."""

LAGS, SPANS, LEVEL_WEEKS, YEAR = 8, (4, 13, 26), 26, 52

BETTER = 0.985
"""It must have at most this share of the usual forecast's error."""


def _level(y: Matrix) -> Vector:
    """Return each row's mean of the last weeks, the unit in which its features and its target are told.

    A week of what is usual of all rows counts as well: what has just begun again is no thousandfold growth.
    """
    recent = y[:, -LEVEL_WEEKS:]
    total, known = np.nan_to_num(recent).sum(axis=1), (~np.isnan(recent)).sum(axis=1)
    usual = float(np.median(total / np.maximum(known, 1))) if len(y) else 0.0
    return np.asarray((total + max(usual, 0.1)) / (known + 1))


def _features(y: Matrix) -> Matrix:
    """Return lags, means, how often there was demand, the catalogue's pace and last year's weeks, in units of levels.

    Parameters
    ----------
    y : numpy.ndarray of shape (n_products, n_weeks)
        Units a week, up to the origin.

    Returns
    -------
    numpy.ndarray of shape (n_products, n_features)
        What is not known is 1, a level's worth.
    """
    level = _level(y)[:, None]
    share = y / level
    columns = [share[:, -LAGS:]]
    columns += [pd.DataFrame(share[:, -span:]).mean(axis=1).to_numpy()[:, None] for span in SPANS]
    columns += [np.log1p(level), (np.nan_to_num(y[:, -LEVEL_WEEKS:]) > 0).mean(axis=1)[:, None]]
    pace = np.nansum(y[:, -AHEAD:]) / max(float((~np.isnan(y[:, -AHEAD:]) * level).sum()), 1e-9)
    columns.append(np.full((len(y), 1), pace))
    first = y.shape[1] - YEAR
    a_year_ago = share[:, first : first + AHEAD] if first >= 0 else np.ones((len(y), 1))
    columns.append(pd.DataFrame(a_year_ago).mean(axis=1).to_numpy()[:, None])
    table = np.concatenate(columns, axis=1)
    return np.minimum(np.where(np.isnan(table), 1.0, table), 2 * MOST_LEVELS)


def boosted(y: Matrix) -> Vector:
    """Return the units a week that are expected of each row over the coming weeks together.

    Parameters
    ----------
    y : numpy.ndarray of shape (n_products, n_weeks)
        Units a week, oldest first; at least `LEAST_WEEKS` and `AHEAD` of them.

    Returns
    -------
    numpy.ndarray of shape (n_products,)
        The mean of the next `AHEAD` weeks, 0 and more.
    """
    cuts = [cut for k in range(ORIGINS) if (cut := y.shape[1] - AHEAD - APART * k) >= LEAST_WEEKS - AHEAD]
    rows = y[:: max(-(-len(y) * len(cuts) // MOST_ROWS), 1)]
    features = np.concatenate([_features(rows[:, :cut]) for cut in cuts])
    level = np.concatenate([_level(rows[:, :cut]) for cut in cuts])
    target = np.concatenate([np.nan_to_num(rows[:, cut : cut + AHEAD]).mean(axis=1) for cut in cuts]) / level
    # Squares aim at the mean; a unit of any product weighs the same, and no single leap bends the trees.
    target = np.minimum(target, MOST_LEVELS)
    model = HistGradientBoostingRegressor(
        learning_rate=0.15, max_iter=40, max_leaf_nodes=15, max_bins=63, random_state=0
    )
    # One thread: so small a model would mostly wait for the others, above all on a busy machine.
    with threadpool_limits(limits=1, user_api="openmp"):
        model.fit(features, target, sample_weight=level / level.mean())
    return np.asarray(np.maximum(model.predict(_features(y)), 0.0) * _level(y))


def better_rows(
    y: Matrix, groups: NDArray[np.bool_], usual: Callable[[Matrix], Vector]
) -> tuple[NDArray[np.bool_], Vector]:
    """Return the rows whose group is forecast better by boosting, from both of the last two origins, and its forecast.

    Parameters
    ----------
    y : numpy.ndarray of shape (n_products, n_weeks)
        Units a week.
    groups : numpy.ndarray of shape (n_products,)
        Steady and slow products are judged apart.
    usual : callable
        Units a week that the usual forecast expects over the next `AHEAD` weeks, from the weeks up to an origin.

    Returns
    -------
    rows : numpy.ndarray of shape (n_products,)
        All false with too few products or weeks.
    expected : numpy.ndarray of shape (n_products,)
        Units a week.
    """
    nobody = np.zeros(len(y), bool)
    if len(y) < LEAST_PRODUCTS or y.shape[1] < LEAST_WEEKS + 3 * AHEAD:
        return nobody, np.zeros(len(y))
    is_better = dict.fromkeys((False, True), True)
    for cut in (y.shape[1] - AHEAD, y.shape[1] - 2 * AHEAD):
        actual = np.nan_to_num(y[:, cut : cut + AHEAD]).mean(axis=1)
        ours, theirs = np.abs(boosted(y[:, :cut]) - actual), np.abs(usual(y[:, :cut]) - actual)
        for group in is_better:
            is_better[group] &= bool(ours[groups == group].sum() < BETTER * theirs[groups == group].sum())
    rows = np.where(groups, is_better[True], is_better[False])
    return rows, boosted(y) if rows.any() else np.zeros(len(y))
