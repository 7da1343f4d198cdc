"""Demand against forecast over an interval: outsized orders, a persistent miss, and the ordinary rest."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.forecasts.smoothing import weekly_levels
from models.shortages.demand_changes import Watched, changes
from models.shortages.ledger import DAY, Codes, Ledger, Times, Units
from models.shortages.stock_book import StockBook

MATERIAL = (1.0, 2.0)
"""Standard deviations of the interval's demand between which outsized lines grow to a spike: less is ordinary."""

OVERRIDDEN = 0.15
"""A forecast this far under what plain smoothing said was cut by hand."""


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


def _ramp(value: Units, limits: tuple[float, float]) -> Units:
    """Return 0 below the first limit, 1 above the second, and a straight line between."""
    low, high = limits
    return np.clip((value - low) / (high - low), 0.0, 1.0)


def demand_story(book: StockBook, codes: Codes, tau: Times, at: Times) -> DemandStory:
    """Tell how demand in ``(tau, at]`` compares with the forecast issued at ``tau``."""
    outsized = Ledger(book.line_products, book.ordered, book.demanded - book.usually_demanded)
    regular = book.usually_demanded
    end = at + 1
    actual = book.requested.between(codes, tau, end)
    days = (end - tau) / DAY
    levels = weekly_levels(book.line_products, book.ordered, regular, len(book.products))
    watched = Watched.of(book.line_products, book.ordered, regular, len(book.products), book.began, book.clock)

    def plan(codes: Codes, start: Times, stop: Times, known_at: Times) -> Units:
        issued = book.issued.total(codes, start, stop, known_at)
        return np.where(np.isnan(issued), levels.rate(codes, known_at) * (stop - start) / DAY, issued)

    statistical = levels.rate(codes, tau) * days
    forecast = plan(codes, tau, end, tau)
    lasting, surging = changes(watched, plan, codes, tau, at)
    beyond = np.maximum(actual - forecast, 0.0)
    deviation = np.sqrt(watched.dispersion[codes] * statistical)
    large = outsized.between(codes, tau, end)
    spike = np.minimum(beyond, large)
    rest = beyond - spike
    is_cut = forecast < (1 - OVERRIDDEN) * statistical
    cut = np.where(is_cut, np.minimum(rest, np.maximum(statistical - forecast, 0.0)), 0.0)
    return DemandStory(
        actual,
        forecast,
        outsized=spike,
        excess=rest,
        cut=cut,
        material=_ramp(np.divide(large, np.maximum(deviation, 1e-9)), MATERIAL),
        lasting=lasting,
        surging=surging,
        deviation=deviation,
    )
