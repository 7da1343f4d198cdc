"""Demand by product and warehouse: the product's forecast shared out, or each warehouse by its own past."""

import numpy as np
from numpy.typing import NDArray

from models.forecasts.forecast import CLEARLY, MANY, SOME, Forecast, forecast
from models.forecasts.weeks import Matrix, Vector

SHARE_WEEKS = 26
"""Weeks whose demand says how a product's is shared out among its warehouses."""

HELD_OUT, HELD_WEEKS = 2, 4
"""How many times, and how many weeks each time, both ways are tried on."""


def shares(y: Matrix, wholes: NDArray[np.int64]) -> Vector:
    """Return each row's share of its product's demand in the last weeks; in all weeks, where there was none.

    Parameters
    ----------
    y : numpy.ndarray of shape (n_places, n_weeks)
        Units a week of a product in a warehouse.
    wholes : numpy.ndarray of shape (n_places,)
        The product of each row, 0 and up.

    Returns
    -------
    numpy.ndarray of shape (n_places,)
        0 to 1; they add up to 1 over a product with any demand.
    """
    recent, ever = np.nansum(y[:, -SHARE_WEEKS:], axis=1), np.nansum(y, axis=1)
    recent_total, total = np.bincount(wholes, recent)[wholes], np.bincount(wholes, ever)[wholes]
    share = np.divide(ever, total, out=np.zeros(len(y)), where=total > 0)
    return np.asarray(np.divide(recent, recent_total, out=share, where=recent_total > 0))


def together(y: Matrix, wholes: NDArray[np.int64]) -> Matrix:
    """Return the demand of whole products; not-a-number only before the first demand in any warehouse."""
    total = np.zeros((int(wholes.max(initial=-1)) + 1, y.shape[1]))
    known = np.zeros(total.shape, bool)
    np.add.at(total, wholes, np.nan_to_num(y))
    np.logical_or.at(known, wholes, ~np.isnan(y))
    return np.where(known, total, np.nan)


def forecast_places(y: Matrix, wholes: NDArray[np.int64], horizon: int, boosts: bool = False) -> Forecast:
    """Forecast weekly demand by product and warehouse.

    A product's forecast is shared out as its demand was lately: thin rows borrow from the whole. Where warehouses by
    their own past were clearly better on the last weeks, all rows together, those stand.

    Parameters
    ----------
    y : numpy.ndarray of shape (n_places, n_weeks)
        Units a week, oldest first.
    wholes : numpy.ndarray of shape (n_places,)
        The product of each row, 0 and up.
    horizon : int
        Weeks ahead.
    boosts : bool, default False
        As for `forecast`.

    Returns
    -------
    Forecast
        One row per row of ``y``.
    """
    alone = forecast(y, horizon, boosts)
    if _is_better_alone(y, wholes):
        return alone
    whole = forecast(together(y, wholes), horizon, boosts)
    mean = shares(y, wholes)[:, None] * whole.mean[wholes]
    return Forecast(mean, alone.error, alone.widening, alone.stretch, whole.model[wholes], alone.demand_class)


def _is_better_alone(y: Matrix, wholes: NDArray[np.int64]) -> bool:
    """Tell whether each warehouse by its own past had clearly less error over the last weeks held out."""
    some = wholes % max(-(-len(y) // SOME), 1) == 0
    y, wholes = y[some], np.unique(wholes[some], return_inverse=True)[1]
    first = y.shape[1] - HELD_OUT * HELD_WEEKS
    if first < SHARE_WEEKS or len(y) < MANY:
        return False
    alone_error = shared_error = 0.0
    for cut in range(first, y.shape[1], HELD_WEEKS):
        past, actual = y[:, :cut], np.nan_to_num(y[:, cut : cut + HELD_WEEKS]).sum(axis=1)
        whole = forecast(together(past, wholes), HELD_WEEKS).mean.sum(axis=1)
        shared_error += float(np.abs(shares(past, wholes) * whole[wholes] - actual).sum())
        alone_error += float(np.abs(forecast(past, HELD_WEEKS).mean.sum(axis=1) - actual).sum())
    return alone_error < CLEARLY * shared_error
