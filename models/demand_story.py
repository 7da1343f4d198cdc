"""Demand against forecast over an interval: outsized orders, a persistent miss, and the ordinary rest."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.forecast import weekly_levels
from models.ledger import DAY, Codes, Ledger, Snapshots, Times, Units, is_missing, seconds
from models.stock_book import StockBook

OUTSIZED = 3.5
"""Robust standard deviations of log quantity beyond which a line is outsized."""

ALONE_DAYS = 28
"""An outsized line is one that stands out among those of this many days around it."""

PERSISTENT = (2.0, 4.0)
"""t statistics of the forecast's errors, before or after the interval, between which a miss grows persistent."""

SURGE = 4.5
"""t statistic within the interval from which a miss that is not persistent is a temporary surge."""

OVERRIDDEN = 0.15
"""A forecast this far under what plain smoothing said was cut by hand."""

HINDSIGHT_DAYS = 28
"""How long after a surge could have ended demand is watched for a shift that stays."""

SURGE_DAYS = 10
"""A temporary surge lasts about this long at most after the day on which stock gave out."""


@dataclass(frozen=True)
class DemandStory:
    """Demand over each interval, in units.

    Parameters
    ----------
    actual, forecast : numpy.ndarray of shape (n_lines,)
        Requested, and forecast as issued at the interval's start.
    spike, persistent, rest : numpy.ndarray of shape (n_lines,)
        Demand beyond the forecast by outsized orders or a surge, by a forecast persistently too low, by neither.
    deviation : numpy.ndarray of shape (n_lines,)
        Standard deviation of demand over the interval.
    """

    actual: Units
    forecast: Units
    spike: Units
    persistent: Units
    rest: Units
    deviation: Units


def usual_limits(book: StockBook) -> tuple[Units, Units]:
    """Return each product's largest usual line quantity, and the quantity a line of it is cut to when outsized."""
    frame = pd.DataFrame({"code": book.line_products, "quantity": book.lines["quantity"].to_numpy(float)})
    frame = frame[~book.lines["is_known_wrong"].to_numpy(bool)]
    logs = np.log(frame["quantity"])
    median = logs.groupby(frame["code"]).median()
    mad = (logs - frame["code"].map(median)).abs().groupby(frame["code"]).median()
    limit = np.exp(median + OUTSIZED * 1.4826 * np.maximum(mad, 0.25))
    usual = frame.groupby("code")["quantity"].quantile(0.9)
    places = range(len(book.products))
    return limit.reindex(places).fillna(np.inf).to_numpy(), usual.reindex(places).fillna(0).to_numpy()


def _stands_alone(book: StockBook, is_large: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep of the large lines those that few others around them match: where many are large, demand has shifted."""
    codes, times = book.line_products, book.ordered
    start, end = times - ALONE_DAYS * DAY, times + ALONE_DAYS * DAY
    large = Ledger(codes, times, is_large).between(codes, start, end)
    every = Ledger(codes, times, np.ones(len(codes))).between(codes, start, end)
    return is_large & ((large <= 2) | (large <= 0.2 * every))


def issued_forecast(book: StockBook, codes: Codes, start: Times, end: Times, known_at: Times) -> Units:
    """Return the units forecast for ``[start, end)`` by what was issued at ``known_at``; nan where nothing was.

    Of each period's versions the latest by then counts, or the first if all came later.
    """
    frame = book.forecasts
    if frame.empty:
        return np.full(len(codes), np.nan)
    product = book.product_codes(frame["product_id"])
    begin = seconds(frame["period_start"])
    length = frame["period_days"].fillna(7).to_numpy(np.int64) * DAY
    made = seconds(frame["made_at"])
    made = np.where(is_missing(made), begin - length, made)
    keys = pd.DataFrame({"product": product, "begin": begin, "length": length})
    period = keys.groupby(["product", "begin", "length"], sort=True).ngroup().to_numpy(np.int64)
    distinct = keys.assign(period=period).drop_duplicates("period").sort_values("period")
    versions = Snapshots(period, made)
    by_product = distinct["product"].to_numpy(np.int64)
    begins, lengths = distinct["begin"].to_numpy(np.int64), distinct["length"].to_numpy(np.int64)
    place = Snapshots(by_product, begins)
    low = place.rank(codes, start - int(lengths.max()))
    count = np.maximum(place.rank(codes, end) - low, 0)
    case = np.repeat(np.arange(len(codes)), count)
    chosen = np.repeat(low - (np.cumsum(count) - count), count) + np.arange(count.sum())
    overlap = np.minimum(begins[chosen] + lengths[chosen], end[case]) - np.maximum(begins[chosen], start[case])
    share = np.clip(overlap / lengths[chosen], 0.0, 1.0)
    version = versions.latest(chosen.astype(np.int64), known_at[case])
    version = np.where(version >= 0, version, versions.next(chosen.astype(np.int64), known_at[case]))
    total, covered = np.zeros(len(codes)), np.zeros(len(codes))
    np.add.at(total, case, frame["quantity"].to_numpy(float)[version] * share)
    np.add.at(covered, case, np.maximum(overlap, 0) / DAY)
    span = np.maximum((end - start) / DAY, 1e-9)
    is_enough = covered >= 0.5 * span
    return np.where(is_enough, total * span / np.maximum(covered, 1e-9), np.nan)


def demand_story(book: StockBook, codes: Codes, tau: Times, at: Times) -> DemandStory:
    """Tell how demand in ``(tau, at]`` compares with the forecast issued at ``tau``."""
    limit, usual = usual_limits(book)
    quantity = np.where(book.lines["is_known_wrong"].to_numpy(bool), 0.0, book.lines["quantity"].to_numpy(float))
    is_outsized = _stands_alone(book, quantity > limit[book.line_products])
    excess = np.where(is_outsized, quantity - usual[book.line_products], 0.0)
    outsized = Ledger(book.line_products, book.ordered, excess)
    regular = Ledger(book.line_products, book.ordered, quantity - excess)
    end = at + 1
    actual = book.requested.between(codes, tau, end)
    days = (end - tau) / DAY
    levels = weekly_levels(book.line_products, book.ordered, quantity - excess, len(book.products))
    statistical = levels.rate(codes, tau) * days
    issued = issued_forecast(book, codes, tau, end, tau)
    forecast = np.where(np.isnan(issued), statistical, issued)
    spread = levels.daily_deviation[codes]

    def error(start: Times, stop: Times) -> Units:
        """Return the t statistic of the forecast's error between two times."""
        length = np.maximum((stop - start) / DAY, 1e-9)
        known = issued_forecast(book, codes, start, stop, start)
        plan = np.where(np.isnan(known), levels.rate(codes, tau) * length, known)
        missed = regular.between(codes, start, stop) - plan
        return missed / np.maximum(spread * np.sqrt(length), 1e-9)

    # A surge outlasts the short day by some days; a shift outlasts that.
    hindsight_start = end + SURGE_DAYS * DAY
    hindsight_end = np.minimum(hindsight_start + HINDSIGHT_DAYS * DAY, book.clock)
    has_hindsight = hindsight_end - hindsight_start >= 14 * DAY
    after = error(hindsight_start, np.maximum(hindsight_end, hindsight_start + DAY))
    before = np.maximum(error(tau - 28 * DAY, tau), error(tau - 56 * DAY, tau))
    fortnight, earlier = error(end - 14 * DAY, end), error(end - 28 * DAY, end - 14 * DAY)
    within = np.maximum.reduce([error(tau, end), error(end - 7 * DAY, end), fortnight])
    beyond = np.maximum(actual - forecast, 0.0)
    spike = np.minimum(beyond, outsized.between(codes, tau, end))
    rest = beyond - spike
    lasting = np.minimum(fortnight, earlier)
    strength = np.maximum(before, np.where(has_hindsight, after, lasting))
    low, high = PERSISTENT
    weight = np.clip((strength - low) / (high - low), 0.0, 1.0)
    is_cut = forecast < (1 - OVERRIDDEN) * statistical
    cut = np.where(is_cut, np.minimum(rest, np.maximum(statistical - forecast, 0.0)), 0.0)
    persistent = np.maximum(weight * rest, cut)
    rest = rest - persistent
    surge = np.where((strength < high) & (within > SURGE), rest, 0.0)
    return DemandStory(actual, forecast, spike + surge, persistent, rest - surge, spread * np.sqrt(days))
