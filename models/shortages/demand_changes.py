"""Whether demand around a shortage had shifted for good, surged for a while, or ran as planned, by Bayes' rule.

Demand is cut into stretches of some days around the short day. With a plan of ``m`` units for a stretch, ``y`` units
requested and a factor ``f`` on demand, the stretch speaks for the factor with a log likelihood of

    (y log f - m (f - 1)) / dispersion

above that of the plan (a quasi-likelihood: variance proportional to the mean). Shifts begin before the short day and
last to the end of what is known, surges last some stretches; their beginnings and factors are averaged over. Demand may
have grown by more order lines or by larger ones: half the belief goes to either. How far the plan itself was off, as
any plan is, is averaged over as well. That only short days are looked at needs no correction: the odds before the data
are those of any product on any day.

References
----------
Wedderburn (1974), Quasi-likelihood functions, generalized linear models, and the Gauss-Newton method.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.forecasts.smoothing import LEVEL_DRIFT
from models.shortages.ledger import DAY, Codes, Ledger, Times, Units

Plan = Callable[[Codes, Times, Times, Times], Units]

LASTING, SURGING = 0.03, 0.03
"""How likely a shift, and how likely a surge, is to have begun in the stretches up to any day."""

SHIFTS = (1.3, 1.6, 2.0, 2.5, 3.5)
"""Factors on demand that a shift may bring, equally likely."""

SURGES = (1.6, 2.3, 3.3, 4.7, 6.7)
"""Factors that a surge may bring, equally likely."""

SURGE_STRETCHES = (1, 2, 3, 4)
"""Stretches that a surge may last."""

BEFORE, AFTER = 20, 16
"""Stretches looked at up to the end of the short day, and from then on."""

STRETCH_DAYS, STRETCH_SHARE = 3, 7
"""Days of a stretch at least, and how many of them make the interval that the plan had to cover."""

OFF = ((-1.73, 1 / 6), (0.0, 2 / 3), (1.73, 1 / 6))
"""How far the plan is off, in standard deviations, with weights: Gauss and Hermite's three points."""

MOST_OFF = 0.5
"""A plan is off by this share at most: more is a change."""


@dataclass(frozen=True)
class Course:
    """What was requested and planned in each stretch, in any unit.

    Attributes
    ----------
    actual, plan : numpy.ndarray of shape (n_days, n_stretches)
        Requested and planned; 0 where nothing is known.
    dispersion : numpy.ndarray of shape (n_days,)
        Variance over mean.
    """

    actual: Units
    plan: Units
    dispersion: Units

    def likelihoods(self, off: Units, first: Codes) -> tuple[Units, Units, Units]:
        """Return the likelihood of a shift, of a surge, and of neither, against the plan being exactly right.

        ``off`` is the standard deviation of the plan's own error, as a share of it; ``first`` the stretch in which the
        interval that the plan had to cover begins: surges before it are over.
        """
        shift, surge, steady = (np.zeros(len(self.plan)) for _ in range(3))
        for score, weight in OFF:
            base = np.exp(score * off - off**2 / 2)
            plan = self.plan * base[:, None]
            whole = (self.actual.sum(axis=1) * np.log(base) - (plan - self.plan).sum(axis=1)) / self.dispersion
            actual_to, plan_to = (
                np.pad(np.cumsum(part, axis=1), ((0, 0), (1, 0))) / self.dispersion[:, None]
                for part in (self.actual, plan)
            )
            likelihood = weight * np.exp(np.clip(whole, -300, 300))
            began = _shifts(actual_to, plan_to)
            shift += likelihood * began[:, :BEFORE].mean(axis=1)
            # A shift that came after the short day has no part in the shortage, but its demand need not mislead.
            steady += likelihood * ((1 - LASTING) + LASTING * began[:, BEFORE:].mean(axis=1))
            surge += likelihood * _surges(actual_to, plan_to, first)
        return shift, surge, steady


def _shifts(actual_to: Units, plan_to: Units) -> Units:
    """Return the likelihood of a shift from the beginning of each stretch on, shape ``(n_days, n_stretches)``."""
    actual, plan = actual_to[:, -1:] - actual_to[:, :-1], plan_to[:, -1:] - plan_to[:, :-1]
    return np.asarray(sum(_likelihood(actual, plan, factor) for factor in SHIFTS) / len(SHIFTS))


def _surges(actual_to: Units, plan_to: Units, first: Codes) -> Units:
    """Return the likelihood of a surge in the interval, averaged over beginnings, lengths and factors."""
    total = np.zeros(len(first))
    begins = np.arange(BEFORE)
    is_inside = begins[None, :] >= first[:, None]
    for length in SURGE_STRETCHES:
        actual = actual_to[:, begins + length] - actual_to[:, begins]
        plan = plan_to[:, begins + length] - plan_to[:, begins]
        for factor in SURGES:
            total += np.where(is_inside, _likelihood(actual, plan, factor), 0.0).sum(axis=1)
    return total / (BEFORE * len(SURGE_STRETCHES) * len(SURGES))


def _likelihood(actual: Units, plan: Units, factor: float) -> Units:
    return np.asarray(np.exp(np.clip(actual * np.log(factor) - plan * (factor - 1), -300, 300)))


@dataclass(frozen=True)
class Watched:
    """Demand of a company's products as it is watched for changes.

    Attributes
    ----------
    lines, units : Ledger
        Order lines and units requested by product; outsized lines cut to usual ones.
    size : numpy.ndarray of shape (n_products,)
        Units of a line, on average.
    clumping : float
        Variance over mean of the number of lines in a week; 1 where they come independently of one another.
    dispersion : numpy.ndarray of shape (n_products,)
        Variance over mean of the units.
    began, clock : int
        From when on and until when demand is known, seconds.
    """

    lines: Ledger
    units: Ledger
    size: Units
    clumping: float
    dispersion: Units
    began: int
    clock: int

    @classmethod
    def of(cls, codes: Codes, times: Times, quantity: Units, n_products: int, began: int, clock: int) -> "Watched":
        """Return what is watched, from every line's product, time and quantity; lines without quantity are left out."""
        kept = quantity > 0
        codes, times, quantity = codes[kept], times[kept], quantity[kept]
        clumping = max(clumping_of(codes, (times - began) // (7 * DAY), n_products), 1.0)
        size, dispersion = dispersion_of(codes, quantity, n_products, clumping)
        return cls(
            Ledger(codes, times, np.ones(len(codes))),
            Ledger(codes, times, quantity),
            size,
            clumping,
            dispersion,
            began,
            clock,
        )


def clumping_of(codes: Codes, weeks: Codes, n_products: int) -> float:
    """Return the variance over the mean of lines a week, by how weeks differ from the next: shifts do not count.

    The median of all products with a line a week and more; below 1 where lines come more regularly than by chance.
    """
    if not len(codes):
        return 1.0
    counts = np.zeros((n_products, int(weeks.max()) + 1))
    np.add.at(counts, (codes, weeks), 1.0)
    has_begun = np.cumsum(counts, axis=1) > 0
    steps = np.where(has_begun[:, :-1], np.diff(counts, axis=1), 0.0)
    mean = np.where(has_begun, counts, 0.0).sum(axis=1) / np.maximum(has_begun.sum(axis=1), 1)
    usual = (steps**2).sum(axis=1) / np.maximum(2 * has_begun[:, :-1].sum(axis=1), 1)
    many = mean >= 1
    return float(np.median(usual[many] / mean[many])) if many.any() else 1.0


def dispersion_of(codes: Codes, quantity: Units, n_products: int, clumping: float) -> tuple[Units, Units]:
    """Return the units of a line and the variance over mean of the units, of a random number of random quantities.

    Parameters
    ----------
    codes : numpy.ndarray of shape (n_lines,)
        Product codes.
    quantity : numpy.ndarray of shape (n_lines,)
        Units, above 0.
    n_products : int
        How many products there are.
    clumping : float
        Variance over mean of the number of lines.

    Returns
    -------
    size, dispersion : numpy.ndarray of shape (n_products,)
        Units.
    """
    count = np.maximum(np.bincount(codes, minlength=n_products), 1)
    units = np.bincount(codes, quantity, minlength=n_products)
    squares = np.bincount(codes, quantity**2, minlength=n_products)
    size = np.maximum(units / count, 1e-9)
    spread = np.maximum(squares / count - size**2, 0.0)
    return size, spread / size + clumping * size


def changes(watched: Watched, plan: Plan, codes: Codes, tau: Times, at: Times) -> tuple[Units, Units]:
    """Return the chances that demand had shifted for good, and that it surged for a while, for each shortage.

    Parameters
    ----------
    watched : Watched
        Demand.
    plan : callable
        Units planned for each product from a time to a time by what was known at a third.
    codes : numpy.ndarray of shape (n_lines,)
        Product codes.
    tau, at : numpy.ndarray of shape (n_lines,)
        When the interval that the plan had to cover began, and when it was short; seconds.

    Returns
    -------
    lasting, surging : numpy.ndarray of shape (n_lines,)
        Probabilities, 0..1; what is left of 1 is that demand ran as planned.
    """
    end = at - at % DAY + DAY  # one judgement a day: what else was ordered on the short day speaks as well
    span = np.round((at - tau) / DAY).astype(np.int64)
    cases, back = np.unique(np.stack([codes, end, span]), axis=1, return_inverse=True)
    codes, end, span = cases
    length = np.maximum(STRETCH_DAYS, -(-span // STRETCH_SHARE)) * DAY
    edges = end[:, None] + length[:, None] * np.arange(-BEFORE, AFTER + 1)
    edges = np.clip(edges, watched.began, watched.clock)
    start, stop = edges[:, :-1].ravel(), edges[:, 1:].ravel()
    decided = np.repeat(end - span * DAY, BEFORE + AFTER)
    # Each stretch by the plan that its orders had to be placed by, later ones by that of the interval.
    known = np.where(start < decided, start - np.repeat(span, BEFORE + AFTER) * DAY, decided)
    product = np.repeat(codes, BEFORE + AFTER)
    shape = (len(codes), BEFORE + AFTER)
    planned = np.where(stop > start, plan(product, start, stop, known), 0.0)
    first = BEFORE - np.ceil(span * DAY / length).astype(np.int64)
    size, dispersion = watched.size[codes], watched.dispersion[codes]
    units = Course(watched.units.between(product, start, stop).reshape(shape), planned.reshape(shape), dispersion)
    lines = Course(
        watched.lines.between(product, start, stop).reshape(shape),
        units.plan / size[:, None],
        np.full(len(codes), watched.clumping),
    )
    # The level of a young product rests on few weeks.
    drift = np.maximum(LEVEL_DRIFT, 7 * DAY / np.maximum(end - span * DAY - watched.began, 7 * DAY))
    off = np.sqrt(drift * dispersion / np.maximum(units.plan.mean(axis=1) * 7 * DAY / length, 1e-9))
    off = np.minimum(off, MOST_OFF)
    shift, surge, steady = (
        sum(parts) for parts in zip(*(one.likelihoods(off, first) for one in (units, lines)), strict=True)
    )
    shift, surge, steady = LASTING * shift, SURGING * surge, (1 - LASTING - SURGING) * steady
    whole, back = shift + surge + steady, back.ravel()
    return (shift / whole)[back], (surge / whole)[back]
