"""Did an intervention change the rate? Interrupted time series: a segmented regression with correlated weeks.

The logarithm of the weekly rate is a level, a trend, and from the intervention on a step (and, where asked for, another
trend). Weeks hang together, so that a plain regression would be too sure: the errors follow an autoregression of order
one, fitted by maximum restricted likelihood (REML) over its coefficient, with what Poisson counting adds to each week's
variance. Intervals are Student's with the degrees of freedom that the correlation leaves.

"No evidence yet" is an answer: where the interval of the change holds nothing, nothing is claimed.

References
----------
.. [1] J. Lopez Bernal, S. Cummins, A. Gasparrini, "Interrupted time series regression for the evaluation of public
   health interventions: a tutorial", International Journal of Epidemiology 46 (2017).
.. [2] S. L. Turner et al., "Evaluation of statistical methods used in the analysis of interrupted time series studies:
   a simulation study", BMC Medical Research Methodology 21 (2021): REML with Satterthwaite's freedom covers best.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.stats import t as student

FloatArray = npt.NDArray[np.float64]

BEFORE, AFTER = 10, 4
"""Weeks needed before and after: with fewer, nothing can be said."""

MINIMUM_COUNT = 20
"""Findings needed in the weeks before: with fewer, a rate is no rate."""

LEVEL = 0.95
CORRELATIONS = np.linspace(0.0, 0.9, 10)


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
    y = np.log((count + 0.5) / orders)
    step = (np.arange(weeks) >= start).astype(float)
    columns = [np.ones(weeks), step]
    if has_trend:
        columns.append((np.arange(weeks) - weeks / 2) / weeks)
    design = np.column_stack(columns)
    mean = np.maximum(_smooth(count, orders, step), 0.5)
    noise = 1 / mean
    weights, spread, correlation = _fit(y, design, noise)
    error = float(np.sqrt(spread[1, 1]))
    freedom = max(_freedom(weeks, design.shape[1], correlation), 3.0)
    margin = float(student.ppf((1 + LEVEL) / 2, freedom)) * error
    change, low, high = (float(np.expm1(weights[1] + side * margin)) for side in (0, -1, 1))
    without = design.copy()
    without[:, 1] = 0
    expected = np.exp(without @ weights)
    found = float(count[start:].sum())
    would = [found / (1 + one) for one in (change, low, high)]
    return Effect(
        True, change, low, high, before, after, correlation, expected, np.exp(design @ weights),
        would[0] - found, would[2] - found, would[1] - found,
    )  # fmt: skip


def _smooth(count: FloatArray, orders: FloatArray, step: FloatArray) -> FloatArray:
    """Return the mean count of each week by the rate of its side: the counting noise must not follow the noise."""
    rates = [count[step == side].sum() / orders[step == side].sum() for side in (0, 1)]
    smooth: FloatArray = np.where(step == 1, rates[1], rates[0]) * orders
    return smooth


def _covariance(noise: FloatArray, correlation: float, share: float) -> FloatArray:
    """Return the errors' covariance up to a factor: counting noise, and ``share`` of its mean that is correlated."""
    weeks = len(noise)
    apart = np.abs(np.subtract.outer(np.arange(weeks), np.arange(weeks)))
    covariance: FloatArray = np.diag(noise) + share * noise.mean() * correlation**apart
    return covariance


SHARES = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""How much correlated noise there may be beside that of counting."""


def _fit(y: FloatArray, design: FloatArray, noise: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Return weights, their covariance and the correlation of neighbours, by restricted likelihood."""
    best: tuple[float, FloatArray, FloatArray, float] | None = None
    weeks, terms = design.shape
    for share in SHARES:
        for rho in CORRELATIONS if share else (0.0,):
            try:
                factor = cho_factor(_covariance(noise, float(rho), share))
            except LinAlgError:
                continue
            inside = cho_solve(factor, design)
            normal = design.T @ inside
            weights = np.linalg.solve(normal, inside.T @ y)
            rest = y - design @ weights
            scale = max(float(rest @ cho_solve(factor, rest)) / (weeks - terms), 1.0)
            fit = float(rest @ cho_solve(factor, rest)) / scale
            logdet = 2 * np.log(np.diag(factor[0])).sum()
            loss = (weeks - terms) * np.log(scale) + fit + logdet + float(np.linalg.slogdet(normal)[1])
            neighbour = rho * share / (1 + share)
            if best is None or loss < best[0]:
                best = (loss, weights, scale * np.linalg.inv(normal), float(neighbour))
    if best is None:
        raise ValueError("the weeks cannot be fitted")
    return best[1], best[2], best[3]


def _freedom(weeks: int, terms: int, correlation: float) -> float:
    """Return the degrees of freedom that are left once weeks that hang together count for less."""
    return (weeks - terms) * (1 - correlation) / (1 + correlation)
