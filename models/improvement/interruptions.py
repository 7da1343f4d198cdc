"""Did an intervention change the rate? Interrupted time series: a segmented regression with correlated weeks.

The logarithm of the weekly rate is a level, a trend, and from the intervention on a step. Beside the noise of counting
(Poisson's) weeks differ by more, and neighbouring ones alike: a deviation of standard deviation ``tau`` that follows an
autoregression of order one with coefficient ``rho``. A short series can't tell the two, and a test that takes the best
fitting pair for the truth is too sure. So the regression is done for every pair on a grid, a Kalman filter making the
weeks independent, and the answers are averaged by how well each pair explains the series (the restricted likelihood,
all pairs being as likely beforehand): the interval is that of the mixture.

"No evidence yet" is an answer: where the interval of the change holds nothing, nothing is claimed.

References
----------
.. [1] J. Lopez Bernal, S. Cummins, A. Gasparrini, "Interrupted time series regression for the evaluation of public
   health interventions: a tutorial", International Journal of Epidemiology 46 (2017).
.. [2] S. L. Turner et al., "Evaluation of statistical methods used in the analysis of interrupted time series studies:
   a simulation study", BMC Medical Research Methodology 21 (2021): the usual intervals are too short.
.. [3] A. Gelman, "Prior distributions for variance parameters in hierarchical models", Bayesian Analysis 1 (2006).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

FloatArray = npt.NDArray[np.float64]

BEFORE, AFTER = 10, 4
"""Weeks needed before and after: with fewer, nothing can be said."""

MINIMUM_COUNT = 20
"""Findings needed in the weeks before: with fewer, a rate is no rate."""

LEVEL = 0.95

TAUS = np.array([0.0, 0.08, 0.16, 0.24, 0.35, 0.5, 0.75])
"""How much weeks may differ beyond counting noise: standard deviations of the logarithm of the rate."""

RHOS = np.array([0.0, 0.3, 0.6, 0.8, 0.9])
"""How far neighbouring weeks may hang together."""

BISECTIONS = 45


@dataclass(frozen=True)
class Effect:
    """What an intervention did, as far as the weeks tell.

    Attributes
    ----------
    is_judged : bool
        Whether there were enough weeks and findings to say anything.
    change : float
        The rate after as a share of what it would have been, less 1: -0.3 is 30 % less.
    low, high : float
        Its 95 % interval.
    before_weeks, after_weeks : int
        How many weeks it rests on.
    correlation : float
        How much neighbouring weeks hang together.
    expected : ndarray of shape (n_weeks,)
        The rate as it would have been without the intervention.
    fitted : ndarray of shape (n_weeks,)
        The rate as the model has it.
    prevented, prevented_low, prevented_high : float
        Findings that did not happen since, with the interval; negative if more did.
    """

    is_judged: bool
    change: float
    low: float
    high: float
    before_weeks: int
    after_weeks: int
    correlation: float
    expected: FloatArray
    fitted: FloatArray
    prevented: float
    prevented_low: float
    prevented_high: float

    @property
    def verdict(self) -> str:
        """Return ``fell``, ``rose``, ``no_evidence`` or ``too_early``."""
        if not self.is_judged:
            return "too_early"
        return "fell" if self.high < 0 else "rose" if self.low > 0 else "no_evidence"


def interruption(count: FloatArray, orders: FloatArray, start: int, has_trend: bool = True) -> Effect:
    """Test what changed from one week on.

    Parameters
    ----------
    count : ndarray of shape (n_weeks,)
        Findings in each week.
    orders : ndarray of shape (n_weeks,)
        Orders in each week, more than 0.
    start : int
        The first week after the intervention.
    has_trend : bool, default True
        Whether the rate may have had a trend before: safer, and wider.

    Returns
    -------
    Effect
        The change of the level and its interval.
    """
    count, orders = np.asarray(count, float), np.asarray(orders, float)
    weeks = len(count)
    before, after = start, weeks - start
    if before < BEFORE or after < AFTER or count[:start].sum() < MINIMUM_COUNT:
        none, nothing = float("nan"), np.full(weeks, np.nan)
        return Effect(False, none, none, none, before, after, none, nothing, nothing, none, none, none)
    design = _design(weeks, start, has_trend)
    fits = _fits(count[None], orders[None], design)
    low, middle, high = (float(one[0]) for one in fits.quantiles(STEP, ((1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2)))
    change, low, high = float(np.expm1(middle)), float(np.expm1(low)), float(np.expm1(high))
    weights = np.einsum("g,gi->i", fits.shares[0], fits.weights[0])
    fitted = np.exp(design @ weights)
    expected = np.exp(np.delete(design, STEP, 1) @ np.delete(weights, STEP))
    found = float(count[start:].sum())
    would = [found / (1 + one) for one in (change, low, high)]
    return Effect(
        True, change, low, high, before, after, float(fits.correlation[0]), expected, fitted,
        would[0] - found, would[2] - found, would[1] - found,
    )  # fmt: skip


def changes(count: FloatArray, orders: FloatArray, start: int, has_trend: bool = True) -> FloatArray:
    """Return the change and its interval for many series at once.

    Parameters
    ----------
    count, orders : ndarray of shape (n_series, n_weeks)
        Findings and orders in each week.
    start : int
        The first week after the intervention.
    has_trend : bool, default True
        Whether the rates may have had a trend before.

    Returns
    -------
    ndarray of shape (3, n_series)
        ``low, change, high`` as `Effect` has them.
    """
    fits = _fits(count, orders, _design(count.shape[1], start, has_trend))
    told: FloatArray = np.expm1(fits.quantiles(STEP, ((1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2)))
    return told


STEP = 1
"""The column of the design that says whether the intervention had begun."""


def _design(weeks: int, start: int, has_trend: bool) -> FloatArray:
    """Return level, step and trend, shape ``(n_weeks, n_terms)``."""
    place = np.arange(weeks)
    columns = [np.ones(weeks), (place >= start).astype(float)]
    if has_trend:
        columns.append((place - weeks / 2) / weeks)
    return np.column_stack(columns)


@dataclass(frozen=True)
class _Fits:
    """A regression for each series and each pair of ``tau`` and ``rho``.

    Attributes
    ----------
    weights : ndarray of shape (n_series, n_pairs, n_terms)
        What each pair makes of the series.
    errors : ndarray of shape (n_series, n_pairs, n_terms)
        Their standard errors.
    shares : ndarray of shape (n_series, n_pairs)
        How likely each pair is; they add up to 1.
    correlation : ndarray of shape (n_series,)
        The correlation of neighbouring weeks.
    """

    weights: FloatArray
    errors: FloatArray
    shares: FloatArray
    correlation: FloatArray

    def quantiles(self, term: int, levels: tuple[float, ...]) -> FloatArray:
        """Return quantiles of a weight's mixture over the pairs, by bisection; shape ``(n_levels, n_series)``."""
        mean, error = self.weights[..., term], self.errors[..., term]
        found = []
        for level in levels:
            low, high = (mean - 9 * error).min(1), (mean + 9 * error).max(1)
            for _step in range(BISECTIONS):
                middle = (low + high) / 2
                is_low = (self.shares * ndtr((middle[:, None] - mean) / error)).sum(1) < level
                low, high = np.where(is_low, middle, low), np.where(is_low, high, middle)
            found.append((low + high) / 2)
        return np.array(found)


def _pairs() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return ``tau``, ``rho`` and the logarithm of the chance of each pair beforehand: uniform over both."""
    widths = np.gradient(TAUS)
    tau = np.r_[0.0, np.repeat(TAUS[1:], len(RHOS))]
    chance = np.r_[widths[0], np.repeat(widths[1:] / len(RHOS), len(RHOS))]
    return tau, np.r_[0.0, np.tile(RHOS, len(TAUS) - 1)], np.log(chance)


def _fits(count: FloatArray, orders: FloatArray, design: FloatArray) -> _Fits:
    """Fit each series for each pair; counts and orders of shape ``(n_series, n_weeks)``."""
    tau, rho, prior = _pairs()
    terms = design.shape[1]
    noise = 1 / np.maximum(_smooth(count, orders, design[:, STEP]), 0.5)
    rate = np.log((count + 0.5) / orders)
    columns = np.concatenate([np.broadcast_to(design, (len(count), *design.shape)), rate[..., None]], axis=2)
    whitened, logdet = _whitened(columns, noise, tau, rho)
    products = np.swapaxes(whitened, 2, 3) @ whitened
    normal, mixed = products[..., :terms, :terms], products[..., :terms, terms]
    covariance = np.linalg.inv(normal)
    weights = np.einsum("sgij,sgj->sgi", covariance, mixed)
    rest = products[..., terms, terms] - (weights * mixed).sum(2)
    fit = prior - (rest + logdet + np.linalg.slogdet(normal)[1]) / 2
    likely = np.exp(fit - fit.max(1, keepdims=True))
    shares = likely / likely.sum(1, keepdims=True)
    alike = rho * tau**2 / (tau**2 + noise.mean(1, keepdims=True))
    errors = np.sqrt(np.diagonal(covariance, axis1=2, axis2=3))
    return _Fits(weights, errors, shares, (shares * alike).sum(1))


def _smooth(count: FloatArray, orders: FloatArray, step: FloatArray) -> FloatArray:
    """Return the mean count of each week by the rate of its side: the counting noise must not follow the noise."""
    after = step == 1
    rates = [count[:, side].sum(1, keepdims=True) / orders[:, side].sum(1, keepdims=True) for side in (~after, after)]
    smooth: FloatArray = np.where(after, rates[1], rates[0]) * orders
    return smooth


def _whitened(
    columns: FloatArray, noise: FloatArray, tau: FloatArray, rho: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Filter columns week by week so that the errors of each pair become independent with variance 1.

    Parameters
    ----------
    columns : ndarray of shape (n_series, n_weeks, n_columns)
        The design and the logarithm of the rate.
    noise : ndarray of shape (n_series, n_weeks)
        The variance that counting adds to each week.
    tau, rho : ndarray of shape (n_pairs,)
        The deviation that hangs together.

    Returns
    -------
    tuple of ndarray
        The columns, shape ``(n_series, n_pairs, n_weeks, n_columns)``, and the logarithm of the determinant of the
        errors' covariance, shape ``(n_series, n_pairs)``.
    """
    series, weeks, width = columns.shape
    whitened = np.empty((series, len(tau), weeks, width))
    logdet = np.zeros((series, len(tau)))
    mean, variance = np.zeros((series, len(tau), width)), np.broadcast_to(tau**2, logdet.shape)
    for week in range(weeks):
        total = variance + noise[:, week, None]
        surprise = columns[:, None, week] - mean
        gain = variance / total
        whitened[:, :, week] = surprise / np.sqrt(total)[..., None]
        logdet += np.log(total)
        mean = rho[:, None] * (mean + gain[..., None] * surprise)
        variance = rho**2 * variance * (1 - gain) + tau**2 * (1 - rho**2)
    return whitened, logdet
