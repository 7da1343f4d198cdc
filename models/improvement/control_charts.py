"""Control charts of exceptions per order: u- and p-charts with Laney's correction, and rules that tell a signal.

A u-chart expects Poisson noise. With many orders a week real rates vary more than that from week to week, and every
other point would be outside its limits; Laney's correction widens them by how much the standardised rates move from one
week to the next. In a short steady series that is itself uncertain, and a chart that takes too little noise for the
truth cries wolf: it is drawn towards what a rate that moves by a tenth from week to week has, more strongly from below.

The usual four rules of Western Electric together raise a false signal every 90 points or less. Here are three that
together keep to one in 200 and see a shift sooner: a point beyond `FAR` standard deviations; three weeks whose sum is
beyond `WINDOW_FAR` (in place of "two of three"); `RUN` in a row on the same side (in place of four and of eight).

References
----------
.. [1] D. B. Laney, "Improved control charts for attributes", Quality Engineering 14 (2002).
.. [2] J. D. Benneyan, "Statistical quality control methods in infection control", ICHE 19 (1998).
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import nbinom, norm, poisson
from scipy.stats import t as student

FloatArray = npt.NDArray[np.float64]

FAR = 3.4
WINDOW = 3
WINDOW_FAR = 2.85
RUN = 20
USUAL_EXTRA = 0.1
"""How much real rates move from week to week beyond Poisson's noise, as a share."""
LESS_POINTS, MORE_POINTS = 20, 8
"""So many points' worth of belief in that, against points that show less noise, and against such that show more."""
MINIMUM_POINTS = 8
"""With fewer points in the baseline no limits are drawn."""


def standard_scores(count: FloatArray, area: FloatArray, rate: float, sigma: float) -> FloatArray:
    """Return how far each count lies from its expectation, as the normal deviate of the same chance.

    Parameters
    ----------
    count : ndarray of shape (n_points,)
        Findings in each point.
    area : ndarray of shape (n_points,)
        Orders in each point.
    rate : float
        The usual rate, per order.
    sigma : float
        How much more than Poisson's noise there is, 1 = none.

    Returns
    -------
    ndarray of shape (n_points,)
        Positive above the expectation. Small counts are skewed, so a plain z would cry wolf above and miss below.
    """
    mean = np.maximum(rate * area, 1e-9)
    if sigma > 1.0001:
        size = mean / (sigma**2 - 1)
        chance = size / (size + mean)
        below, at = nbinom.cdf(count - 1, size, chance), nbinom.pmf(count, size, chance)
        above = nbinom.sf(count, size, chance)
    else:
        below, at, above = poisson.cdf(count - 1, mean), poisson.pmf(count, mean), poisson.sf(count, mean)
    low, high = below + at / 2, above + at / 2
    scores: FloatArray = np.where(low < high, norm.ppf(np.clip(low, 1e-300, 1)), -norm.ppf(np.clip(high, 1e-300, 1)))
    return scores


def usual(count: FloatArray, area: FloatArray) -> tuple[float, float]:
    """Return the usual rate per order and Laney's sigma, at least 1, of points that belong together."""
    rate = float(count.sum() / area.sum()) if area.sum() else 0.0
    if rate == 0 or len(count) < 3:
        return rate, 1.0
    return rate, _extra_noise((count / area - rate) / np.sqrt(rate / area), float(rate * area.mean()))


def _less_sure(scores: FloatArray, sigma: float, baseline: int) -> FloatArray:
    """Return deviates by Student's t as far as the noise is estimated and not Poisson's own."""
    if sigma <= 1:
        return scores
    freedom = 2 / 3 * (baseline - 1) / (1 - 1 / sigma**2)
    sure: FloatArray = np.sign(scores) * -norm.ppf(np.clip(student.sf(np.abs(scores), freedom), 1e-300, 1))
    return sure


def _extra_noise(z: FloatArray, mean: float) -> float:
    """Return Laney's sigma, at least 1, from the squared steps between neighbouring points around a mean count."""
    pairs = len(z) - 1
    moving = np.square(np.diff(z)).sum() / 2
    usual_noise = 1 + USUAL_EXTRA**2 * mean
    points = LESS_POINTS if moving < usual_noise * pairs else MORE_POINTS
    return float(max(np.sqrt((moving + points * usual_noise) / (pairs + points)), 1.0))


def control_chart(count: FloatArray, area: FloatArray, baseline: int | None = None) -> pd.DataFrame:
    """Return a u-chart with Laney's correction and the signals in it.

    Parameters
    ----------
    count : ndarray of shape (n_points,)
        Findings in each week.
    area : ndarray of shape (n_points,)
        Orders in each week, more than 0.
    baseline : int, optional
        How many of the first points say what is usual; by default all but the last four, at least two thirds.

    Returns
    -------
    pandas.DataFrame
        Columns ``rate, centre, low, high`` (per order), ``score`` (normal deviates from the centre) and ``signal``:
        ``""``, ``above``, ``below`` (beyond the limits), ``weeks_above``, ``weeks_below`` (three weeks
        together), ``run_above`` or ``run_below`` (many in a row). Without enough points the limits are null and
        nothing signals.
    """
    count, area = np.asarray(count, float), np.asarray(area, float)
    points = len(count)
    first = baseline if baseline is not None else max(points - 4, 2 * points // 3)
    table = pd.DataFrame({"rate": count / area})
    if first < MINIMUM_POINTS:
        return table.assign(centre=np.nan, low=np.nan, high=np.nan, score=np.nan, signal="")
    rate, sigma = usual(count[:first], area[:first])
    spread = sigma * np.sqrt(rate / area)
    scores = _less_sure(standard_scores(count, area, rate, sigma), sigma, first)
    return table.assign(
        centre=rate,
        low=np.maximum(rate - FAR * spread, 0),
        high=rate + FAR * spread,
        score=scores,
        signal=signals(scores, first),
    )


def signals(scores: FloatArray, baseline: int) -> list[str]:
    """Return the signal that each point completes; the strongest rule is named, and a run once, where it completes.

    Parameters
    ----------
    scores : ndarray of shape (n_points,)
        Deviates from the centre.
    baseline : int
        Of how many points the centre was made: it is uncertain itself.

    Returns
    -------
    list of str
        As the column ``signal`` of `control_chart`.
    """
    scores = scores / np.sqrt(1 + 1 / baseline)
    found = [""] * len(scores)
    run, side = 0, 0
    for place, score in enumerate(scores):
        now = int(np.sign(score))
        run = 0 if now == 0 else run + 1 if now == side else 1
        side = now
        word = "above" if score > 0 else "below"
        window = scores[max(place - WINDOW + 1, 0) : place + 1]
        together = window.sum() / np.sqrt(WINDOW * (1 + WINDOW / baseline))
        if abs(score) > FAR:
            found[place] = word
        elif place >= WINDOW - 1 and abs(together) > WINDOW_FAR:
            found[place] = "weeks_above" if together > 0 else "weeks_below"
        elif run == RUN:
            found[place] = f"run_{word}"
    return found


def proportion_chart(count: FloatArray, area: FloatArray, baseline: int | None = None) -> pd.DataFrame:
    """Return a p-chart with Laney's correction, for shares such as those resolved in time; like `control_chart`."""
    count, area = np.asarray(count, float), np.asarray(area, float)
    points = len(count)
    first = baseline if baseline is not None else max(points - 4, 2 * points // 3)
    table = pd.DataFrame({"rate": count / area})
    if first < MINIMUM_POINTS or not 0 < count[:first].sum() < area[:first].sum():
        return table.assign(centre=np.nan, low=np.nan, high=np.nan, score=np.nan, signal="")
    share = count[:first].sum() / area[:first].sum()
    noise = np.sqrt(share * (1 - share) / area)
    z = (count / area - share) / noise
    sigma = _extra_noise(z[:first], float(min(share, 1 - share) * area[:first].mean()))
    return table.assign(
        centre=share,
        low=np.maximum(share - FAR * sigma * noise, 0),
        high=np.minimum(share + FAR * sigma * noise, 1),
        score=z / sigma,
        signal=signals(z / sigma, first),
    )
