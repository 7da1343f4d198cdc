"""The distribution of demand around a forecast: negative binomial, Poisson where the spread is no larger."""

import numpy as np
from scipy.stats import nbinom, poisson

from models.forecasts.weeks import Vector


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
