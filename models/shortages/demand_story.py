"""Demand against forecast over an interval: outsized orders, a persistent miss, and the ordinary rest."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammaincc, ndtri

from models.forecasts.smoothing import LEVEL_DRIFT, Levels, weekly_levels
from models.shortages.ledger import DAY, Codes, Ledger, Times, Units
from models.shortages.stock_book import StockBook

OUTSIZED = 3.5
"""Robust standard deviations of log quantity beyond which a line is outsized."""

MANY_TIMES = 4.0
"""Times the quantity that nine in ten lines keep to, beyond which a line is outsized, too: where sizes fall off like
waiting times, one line in ten thousand is that large, though its logarithm is nothing special."""

ALONE_DAYS = 28
"""An outsized line is one that stands out among those of this many days around it."""

PERSISTENT = (2.0, 3.0)
"""t statistics of the forecast's errors, before or after the interval, between which a miss grows persistent."""

BOTH_HALVES = (1.0, 2.0)
"""The same for the lower of the two halves of the time up to the short day, while nobody knows what comes after."""

SURGE = (2.75, 4.25)
"""t statistics within the interval between which a miss that is not persistent grows to a temporary surge."""

MATERIAL = (1.0, 2.0)
"""Standard deviations of the interval's demand between which outsized lines grow to a spike: less is ordinary."""

OVERRIDDEN = 0.15
"""A forecast this far under what plain smoothing said was cut by hand."""

HINDSIGHT_DAYS = (28, 56)
"""How long before the interval, and after a surge could have ended, demand is watched for a shift that stays."""

HALVES = (7, 10, 14)
"""Days of the two halves of the time up to the short day that both must be high for a miss that lasts."""

SURGE_SPAN, SURGE_STARTS = 8, (15, 12, 9, 6, 3)
"""Length of the stretches searched for a surge, and how many days before the shortage they begin: it may outlast it."""

SURGE_DAYS = 10
"""A temporary surge lasts about this long at most after the day on which stock gave out."""


@dataclass(frozen=True)
class DemandStory:
    """Demand over each interval, in units.

    Attributes
    ----------
    actual, forecast : numpy.ndarray of shape (n_lines,)
        Requested, and forecast as issued at the interval's start.
    outsized, excess : numpy.ndarray of shape (n_lines,)
        Demand beyond the forecast by outsized orders, and all else beyond it.
    cut : numpy.ndarray of shape (n_lines,)
        Units of the excess that plain smoothing had seen coming and the issued forecast left out.
    material, lasting, surging : numpy.ndarray of shape (n_lines,)
        Chance that the outsized orders were more than ordinary luck; that the excess was a forecast persistently too
        low; that it was a surge. The last two exclude each other.
    deviation : numpy.ndarray of shape (n_lines,)
        Standard deviation of demand over the interval.
    """

    actual: Units
    forecast: Units
    outsized: Units
    excess: Units
    cut: Units
    material: Units
    lasting: Units
    surging: Units
    deviation: Units

    def readings(self) -> Iterator[tuple[Units, Units, Units, Units]]:
        """Yield every reading of the demand: its chance, and the units persistent, spiking and ordinary by it."""
        chances = (self.lasting, self.surging, 1 - self.lasting - self.surging)
        for spike, is_material in ((self.outsized, self.material), (0 * self.outsized, 1 - self.material)):
            excess = self.outsized + self.excess - spike
            cut = np.minimum(self.cut, excess)
            parts = ((excess, spike, 0 * excess), (cut, spike + excess - cut, 0 * excess), (cut, spike, excess - cut))
            for chance, (persistent, spiking, rest) in zip(chances, parts, strict=True):
                yield is_material * chance, persistent, spiking, rest

    def expected(self) -> tuple[Units, Units, Units]:
        """Return the units persistent, spiking and ordinary, each reading counted by its chance."""
        chance, *parts = zip(*self.readings(), strict=True)
        persistent, spiking, rest = (
            np.sum([weight * units for weight, units in zip(chance, part, strict=True)], axis=0) for part in parts
        )
        return persistent, spiking, rest


def usual_limits(book: StockBook) -> tuple[Units, Units]:
    """Return each product's largest usual line quantity, and the quantity a line of it is cut to when outsized."""
    frame = pd.DataFrame({"code": book.line_products, "quantity": book.lines["quantity"].to_numpy(float)})
    frame = frame[book.lines["is_demand"].to_numpy(bool)]
    logs = np.log(frame["quantity"])
    median = logs.groupby(frame["code"]).median()
    mad = (logs - frame["code"].map(median)).abs().groupby(frame["code"]).median()
    limit = np.exp(median + OUTSIZED * 1.4826 * np.maximum(mad, 0.25))
    usual = frame.groupby("code")["quantity"].quantile(0.9)
    limit = np.minimum(limit, MANY_TIMES * usual)
    places = range(len(book.products))
    return limit.reindex(places).fillna(np.inf).to_numpy(), usual.reindex(places).fillna(0).to_numpy()


def _ramp(value: Units, limits: tuple[float, float]) -> Units:
    """Return 0 below the first limit, 1 above the second, and a straight line between."""
    low, high = limits
    return np.clip((value - low) / (high - low), 0.0, 1.0)


def _stands_alone(book: StockBook, is_large: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep of the large lines those that few others around them match: where many are large, demand has shifted."""
    codes, times = book.line_products, book.ordered
    start, end = times - ALONE_DAYS * DAY, times + ALONE_DAYS * DAY
    large = Ledger(codes, times, is_large).between(codes, start, end)
    every = Ledger(codes, times, np.ones(len(codes))).between(codes, start, end)
    return is_large & ((large <= 2) | (large <= 0.2 * every))


class _Misses:
    """How far demand ran over the plan in any interval, in standard deviations, with the skew of demand allowed for."""

    def __init__(self, book: StockBook, codes: Codes, tau: Times, regular: Ledger, levels: Levels) -> None:
        self._book, self._codes, self._tau = book, codes, tau
        self._regular, self._levels = regular, levels

    def plan(self, start: Times, stop: Times, known_at: Times) -> Units:
        """Return the units planned for each interval by what was known at a time."""
        issued = self._book.issued.total(self._codes, start, stop, known_at)
        statistical = self._levels.rate(self._codes, np.minimum(known_at, self._tau)) * (stop - start) / DAY
        return np.where(np.isnan(issued), statistical, issued)

    def score(self, start: Times, stop: Times, known_at: Times) -> Units:
        """Return the normal score of each interval's demand: 2 is as rare as two standard deviations up.

        Only what lies within the recorded history counts; from less than a week nothing is said.
        """
        start = np.clip(start, self._levels.start, self._book.clock)
        stop = np.clip(stop, start + DAY, np.maximum(self._book.clock, start + DAY))
        plan = self.plan(start, stop, known_at)
        days = (stop - start) / DAY
        variance = self._levels.daily_deviation[self._codes] ** 2 * (days + LEVEL_DRIFT * days**2 / 7)
        score = normal_score(self._regular.between(self._codes, start, stop), plan, variance)
        return np.where(stop - start >= 7 * DAY, score, 0.0)


def normal_score(actual: Units, mean: Units, variance: Units) -> Units:
    """Return how rare ``actual`` or more is, as a normal score, where demand is gamma distributed.

    Parameters
    ----------
    actual, mean : numpy.ndarray
        Units demanded and units planned.
    variance : numpy.ndarray
        Variance of the demand around the plan, units squared.

    Returns
    -------
    numpy.ndarray
        0 at the median, 2 where one in 44 is larger; between -8 and 8.
    """
    mean, variance = np.maximum(mean, 1e-9), np.maximum(variance, 1e-9)
    tail = gammaincc(mean**2 / variance, np.maximum(actual, 0.0) * mean / variance)
    return np.asarray(-ndtri(np.clip(tail, 6e-16, 1 - 6e-16)))


def demand_story(book: StockBook, codes: Codes, tau: Times, at: Times) -> DemandStory:
    """Tell how demand in ``(tau, at]`` compares with the forecast issued at ``tau``."""
    limit, usual = usual_limits(book)
    quantity = book.demanded
    is_outsized = _stands_alone(book, quantity > limit[book.line_products])
    excess = np.where(is_outsized, quantity - usual[book.line_products], 0.0)
    outsized = Ledger(book.line_products, book.ordered, excess)
    regular = Ledger(book.line_products, book.ordered, quantity - excess)
    end = at + 1
    actual = book.requested.between(codes, tau, end)
    days = (end - tau) / DAY
    levels = weekly_levels(book.line_products, book.ordered, quantity - excess, len(book.products))
    statistical = levels.rate(codes, tau) * days
    issued = book.issued.total(codes, tau, end, tau)
    forecast = np.where(np.isnan(issued), statistical, issued)
    misses = _Misses(book, codes, tau, regular, levels)
    # A surge outlasts the short day by some days; a shift outlasts that.
    later = end + SURGE_DAYS * DAY
    has_hindsight = book.clock - later >= 14 * DAY
    after = [misses.score(later, np.minimum(later + span * DAY, book.clock), tau) for span in HINDSIGHT_DAYS]
    before = [misses.score(tau - span * DAY, tau, tau - span * DAY) for span in HINDSIGHT_DAYS]
    # What was too low before and is so after, was so in between; what was so before alone may have been mended.
    known = np.where(
        has_hindsight,
        np.maximum.reduce([*after, *((one + two) / np.sqrt(2) for one, two in zip(before, after, strict=True))]),
        np.maximum.reduce(before),
    )
    halves = [
        np.minimum(misses.score(end - 2 * half * DAY, end - half * DAY, tau), misses.score(end - half * DAY, end, tau))
        for half in HALVES
    ]
    ongoing = np.where(has_hindsight, 0.0, _ramp(np.asarray(np.maximum.reduce(halves)), BOTH_HALVES))
    within = misses.score(tau, end, tau)
    for days_back in SURGE_STARTS:
        began = np.maximum(end - days_back * DAY, tau)
        within = np.maximum(within, misses.score(began, began + SURGE_SPAN * DAY, tau))
    beyond = np.maximum(actual - forecast, 0.0)
    deviation = levels.daily_deviation[codes] * np.sqrt(days)
    large = outsized.between(codes, tau, end)
    spike = np.minimum(beyond, large)
    rest = beyond - spike
    is_cut = forecast < (1 - OVERRIDDEN) * statistical
    cut = np.where(is_cut, np.minimum(rest, np.maximum(statistical - forecast, 0.0)), 0.0)
    persistent = np.maximum(_ramp(np.asarray(known), PERSISTENT), ongoing)
    return DemandStory(
        actual,
        forecast,
        outsized=spike,
        excess=rest,
        cut=cut,
        material=_ramp(np.divide(large, np.maximum(deviation, 1e-9)), MATERIAL),
        lasting=persistent,
        surging=(1 - persistent) * _ramp(within, SURGE),
        deviation=deviation,
    )
