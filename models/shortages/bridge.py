"""The identity behind a shortage: from the position one lead time earlier to the units short, deviation by deviation.

    net inventory(t) = position(tau) - demand(tau, t] - late receipts - receipts quoted later than the planned lead time
                       - stock written off + receipts ordered after tau

``tau`` is the last day on which an order placed with the planned lead time still came in time. The position is stock on
hand plus on order minus what is owed. Each deviation from plan belongs to one cause; the rest is ordinary
variability.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.shortages.demand_story import DemandStory, demand_story
from models.shortages.ledger import DAY, Codes, Ledger, Snapshots, Times, Units, is_missing, seconds
from models.shortages.scope import STALE_DAYS
from models.shortages.stock_book import StockBook

SERVICE = 1.645
"""Standard deviations of safety stock that a plan needs: 95 % of cycles without a shortage."""

SLIGHT_GAP = 0.5
"""Standard deviations by which a position may miss what was needed before the plan is to blame."""

SLIGHT_DAYS = 2
"""Days of forecast demand by which it may do so, too."""

TOLERANCE_DAYS = 2
"""A receipt up to this late is ordinary; safety stock is there for it."""

COUNT_HORIZON_DAYS = 120
"""A stock count later than this says nothing about the book on the short day."""


@dataclass(frozen=True)
class Scenario:
    """One reading of what cannot be told for certain: whether a miss lasts, and whether the plan was too low.

    Attributes
    ----------
    chance : numpy.ndarray of shape (n_lines,)
        How likely it is, 0..1.
    deviations : numpy.ndarray of shape (n_lines, 5)
        What each of the first five shortage causes took, in the vocabulary's order.
    variability, buffer : numpy.ndarray of shape (n_lines,)
        Ordinary variability, and the stock that stood against everything.
    unheeded : numpy.ndarray of shape (n_lines,)
        Units that a right forecast would have asked for in vain: a plan that covers half of what is forecast covers
        half of what a better forecast adds.
    """

    chance: Units
    deviations: Units
    variability: Units
    buffer: Units
    unheeded: Units


@dataclass(frozen=True)
class Bridge:
    """The figures of the identity for each short line, in units.

    Attributes
    ----------
    scenarios : list of Scenario
        Every reading of the figures; their chances add up to 1 on each line.
    position, late, overdue_lead, record, early : numpy.ndarray of shape (n_lines,)
        The terms of the identity.
    required, reorder_point : numpy.ndarray of shape (n_lines,)
        The position the plan needed, and the one at which the master orders.
    demand : DemandStory
        Demand against forecast.
    residual : numpy.ndarray of shape (n_lines,)
        Net inventory observed minus the identity's; nan without stock figures.
    protection_days : numpy.ndarray of shape (n_lines,)
        Days from ``tau`` to the short day.
    slightly_late, booked, on_hand : numpy.ndarray of shape (n_lines,)
        Receipts late within tolerance, units that counts took off the book in the interval, and stock at ``tau``.
    tau : numpy.ndarray of shape (n_lines,)
        When the interval began, seconds.
    """

    scenarios: list[Scenario]
    position: Units
    late: Units
    overdue_lead: Units
    record: Units
    early: Units
    required: Units
    reorder_point: Units
    demand: DemandStory
    residual: Units
    protection_days: Units
    slightly_late: Units
    booked: Units
    on_hand: Units
    tau: Times

    def deviations(self) -> Units:
        """Return what each of the first five causes took, each scenario counted by its chance."""
        return np.asarray(sum(one.chance[:, None] * one.deviations for one in self.scenarios))

    def frame(self) -> pd.DataFrame:
        """Return the figures as columns, for evidence and for the story of a line."""
        persistent, spike, rest = self.demand.expected()
        return pd.DataFrame(
            {
                "decided_at": pd.to_datetime(self.tau, unit="s"),
                "on_hand_then": self.on_hand,
                "persistent": persistent,
                "ordinary": rest,
                "slightly_late": self.slightly_late,
                "written_off": self.booked,
                "early": self.early,
                "buffer": sum(one.chance * one.buffer for one in self.scenarios),
                "position": self.position,
                "required": self.required,
                "reorder_point": self.reorder_point,
                "late": self.late,
                "overdue_lead": self.overdue_lead,
                "record_error": self.record,
                "demand": self.demand.actual,
                "forecast": self.demand.forecast,
                "outsized": spike,
                "protection_days": self.protection_days,
                "residual": self.residual,
            }
        )


def _is_position_known(book: StockBook, codes: Codes, tau: Times) -> NDArray[np.bool_]:
    """Tell where stock at ``tau`` has a snapshot before it, or one soon after it and all movements since."""
    frame = book.total_snapshots
    first = np.full(len(book.products), np.iinfo(np.int64).max // 2)
    np.minimum.at(first, frame["code"].to_numpy(np.int64), frame["time"].to_numpy(np.int64))
    can_roll_back = len(book.supply) > 0
    return np.asarray(first[codes] - tau <= (STALE_DAYS * DAY if can_roll_back else 0))


@dataclass(frozen=True)
class SupplyStory:
    """What purchase orders brought and did not bring by the short day, in units; see the module's identity."""

    late: Units
    slightly_late: Units
    overdue_lead: Units
    early: Units


def supply_story(book: StockBook, codes: Codes, tau: Times, at: Times) -> SupplyStory:
    """Return the purchase order terms of the identity for each product and interval ``(tau, at]``."""
    n = len(codes)
    late, slightly, overdue_lead, early = (np.zeros(n) for _ in range(4))
    case, purchase = book.purchases_of(codes)
    quantity = book.supply["quantity"].to_numpy(float)[purchase]
    got = book.supply["received_quantity"].to_numpy(float)[purchase]
    placed, arrived = book.placed[purchase], book.arrived[purchase]
    due = book.due[purchase] - book.due[purchase] % DAY + DAY
    t, start = at[case], tau[case]
    is_here = ~is_missing(arrived) & (arrived <= t)
    open_at_start = (placed <= start) & (book.settled[purchase] > start)
    new = (placed > start) & (placed <= t)
    missing = quantity - np.where(is_here, np.minimum(got, quantity), 0.0)
    is_due = due <= t
    is_slight = is_due & ~is_here & (t - due <= TOLERANCE_DAYS * DAY)
    counted = open_at_start | new
    np.add.at(late, case, np.where(counted & is_due & ~is_slight, missing, 0.0))
    np.add.at(slightly, case, np.where(counted & is_slight, missing, 0.0))
    np.add.at(overdue_lead, case, np.where(open_at_start & ~is_due, missing, 0.0))
    np.add.at(early, case, np.where(new, np.where(is_due, quantity, np.where(is_here, got, 0.0)), 0.0))
    return SupplyStory(late, slightly, overdue_lead, early)


def record_errors(book: StockBook, codes: Codes, tau: Times, at: Times, left: Units) -> tuple[Units, Units]:
    """Return the units the book showed and the shelf did not have, by counts since ``tau`` and by the next one after.

    Parameters
    ----------
    book : StockBook
        The stock counts.
    codes : numpy.ndarray of shape (n_lines,)
        Product codes.
    tau, at : numpy.ndarray of shape (n_lines,)
        The interval, in seconds.
    left : numpy.ndarray of shape (n_lines,)
        Book stock left at ``at``: an error still uncorrected can't be larger, since shelves are never below zero.

    Returns
    -------
    booked : numpy.ndarray of shape (n_lines,)
        Units that counts in the interval took off the book; negative where they found more.
    outstanding : numpy.ndarray of shape (n_lines,)
        Units that the book still showed at ``at``, at least 0.
    """
    if book.counts.empty:
        return np.zeros(len(codes)), np.zeros(len(codes))
    counts = book.counts.assign(
        code=book.product_codes(book.counts["product_id"]), time=seconds(book.counts["counted_at"])
    )
    daily = counts.groupby(["code", "time"], as_index=False)[["missing_quantity", "recorded"]].sum()
    times = daily["time"].to_numpy(np.int64)
    known = Ledger(daily["code"], times, daily["missing_quantity"]).between(codes, tau, at)
    found = Snapshots(daily["code"], times).next(codes, at)
    is_near = (found >= 0) & (times[found] - at <= COUNT_HORIZON_DAYS * DAY)
    coming = np.where(is_near, daily["missing_quantity"].to_numpy(float)[found], 0.0)
    # What the book showed just before a count of the next day stands in the count; a snapshot of that morning may have
    # been taken after it.
    is_next = is_near & (times[found] - at <= DAY)
    shown = np.where(is_next, daily["recorded"].to_numpy(float)[found], 0.0)
    return known, np.clip(coming, 0.0, np.maximum(np.nan_to_num(left), shown))


def suspected_errors(book: StockBook, rows: NDArray[np.int64], at: Times) -> Units:
    """Return the units the book showed free and unreserved when each line went without, where no count came since.

    Stock that nobody reserved and nobody could pick is most likely not on the shelf; the next count will tell. Where
    the company does not count, or reservations are not known, nothing is suspected.
    """
    suspected = np.zeros(len(rows))
    if book.counts.empty:
        return suspected
    scope, codes = book.place_scope, book.line_products[rows]
    counted = Snapshots(book.product_codes(book.counts["product_id"]), seconds(book.counts["counted_at"]))
    is_open = (counted.next(codes, at) < 0) & (book.clock - at <= COUNT_HORIZON_DAYS * DAY)
    reserved = scope.reserved(rows, at)
    taken = np.fmax(scope.claims(rows, at + 1), reserved) + book.quantity[rows]
    free = np.nan_to_num(scope.stock_left(rows, at)) - taken
    return np.where(is_open & ~np.isnan(reserved), np.maximum(free, 0.0), suspected)


def bridge(book: StockBook, rows: NDArray[np.int64], at: Times) -> Bridge:
    """Return the identity's figures for short lines.

    Parameters
    ----------
    book : StockBook
        Demand, supply and stock.
    rows : numpy.ndarray of shape (n_lines,)
        Places of the short lines in ``book.lines``.
    at : numpy.ndarray of shape (n_lines,)
        When each shortage was felt, seconds.

    Returns
    -------
    Bridge
        One entry per short line.
    """
    codes = book.line_products[rows]
    protection = np.round((book.lead_days[codes] + book.review_days) * DAY).astype(np.int64)
    tau = np.minimum(np.maximum(at - protection, book.began), at - DAY)
    days = (at - tau) / DAY
    on_hand = np.where(_is_position_known(book, codes, tau), book.on_hand(codes, tau), np.nan)
    position = on_hand + book.on_order(codes, tau) - book.owed(codes, tau)
    left = book.product_scope.stock_left(rows, at)
    supply = supply_story(book, codes, tau, at)
    booked, outstanding = record_errors(book, codes, tau, at, left)
    record = booked + np.fmax(outstanding, suspected_errors(book, rows, at))
    demand = demand_story(book, codes, tau, at)
    # The company's own safety stock is its own target; but one that is too low does not lower what is needed.
    own_safety = np.nan_to_num(book.products["safety_stock"].to_numpy(float)[codes])
    required = demand.forecast + np.maximum(SERVICE * demand.deviation, own_safety)
    has_stock = ~np.isnan(position)
    known_position = np.where(has_stock, position, required)
    # A plan a little under what is needed is within the accuracy of what is needed.
    reorder_point = book.products["reorder_point"].to_numpy(float)[codes]
    slight = np.maximum(SLIGHT_GAP * demand.deviation, SLIGHT_DAYS * demand.forecast / np.maximum(days, 1.0))
    missing = np.maximum(required - np.fmin(known_position, reorder_point), 0.0)
    too_low = np.where(known_position < required, np.clip(missing / np.maximum(slight, 1e-9) - 1, 0.0, 1.0), 0.0)
    # Without stock figures or purchase orders nobody can say whether enough was ordered.
    is_judged = has_stock & (len(book.supply) > 0)
    scenarios = []
    for chance, needed in ((too_low, required), (1 - too_low, np.minimum(required, known_position))):
        policy = np.where(is_judged, np.maximum(needed - known_position, 0.0) + supply.overdue_lead, 0.0)
        uncovered = np.minimum(policy / np.maximum(needed, 1e-9), 1.0)
        buffer = (
            np.maximum(needed - demand.forecast, 0.0)
            + np.maximum(known_position - needed, 0.0)
            + supply.early
            + np.maximum(demand.forecast - demand.actual, 0.0)
            + np.maximum(-record, 0.0)
        )
        for reading, persistent, spike, rest in demand.readings():
            deviations = np.column_stack([persistent, spike, supply.late, np.maximum(record, 0.0), policy])
            ordinary = rest + supply.slightly_late
            scenarios.append(Scenario(chance * reading, deviations, ordinary, buffer, uncovered * persistent))
    observed = book.on_hand(codes, at + 1) - book.owed(codes, at + 1) - book.cut.between(codes, tau, at + 1)
    explained = (
        position - demand.actual - supply.late - supply.slightly_late - supply.overdue_lead - booked + supply.early
    )
    return Bridge(
        scenarios,
        position,
        supply.late,
        supply.overdue_lead,
        record,
        supply.early,
        required,
        reorder_point,
        demand,
        observed - explained,
        days,
        supply.slightly_late,
        booked,
        on_hand,
        tau,
    )
