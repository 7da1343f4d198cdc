"""What stock will do from now on: the balance day by day, with open purchase orders and expected demand."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.forecasts.quantiles import exceedance
from models.forecasts.smoothing import LEVEL_DRIFT, smooth
from models.forecasts.weeks import weekly_matrix
from models.shortages.bridge import suspected_errors
from models.shortages.demand_changes import clumping_of, dispersion_of
from models.shortages.lateness import Lateness
from models.shortages.ledger import DAY, Units, is_missing
from models.shortages.reach import short_moment
from models.shortages.stock_book import StockBook

HORIZON_DAYS = 91
"""How far the projection looks, at most."""

QUIET_DAYS = 120
"""A product without demand for so long is no longer sold."""


SURPRISE_SHARE, SURPRISE = 0.03, 2.0
"""Chance that demand will run at a multiple of what is expected: spikes, losses and errors that no forecast shows."""

WITNESS_DAYS = 30
"""A line that left short tells what is on the shelf for so long."""

MISTYPED = 5.0
"""From this whole multiple of what was sent on, what was asked for reads as a typing error."""

JUDGED_WEEKS = 8
"""Weeks by which the company's forecast and ours are weighed against each other."""

NEAR_DAYS = 14
"""Days whose demand the spread of a day's demand is told for."""

MOST_RECEIPTS = 4
"""Open purchase orders of a product that are told apart, the earliest due first."""


@dataclass(frozen=True)
class Projection:
    """The projection of every stocked product with a known stock.

    Attributes
    ----------
    codes : numpy.ndarray of shape (n_products,)
        Product codes.
    on_hand, owed : numpy.ndarray of shape (n_products,)
        Units on hand now, and units of it that open orders or reservations claim.
    daily : numpy.ndarray of shape (n_products, n_days)
        Expected demand on each day from today on.
    receipts : numpy.ndarray of shape (n_products, n_days)
        Units expected to have arrived by the end of each day.
    chance_short : numpy.ndarray of shape (n_products, n_days)
        Chance that stock does not suffice by the end of each day.
    lead_days : numpy.ndarray of shape (n_products,)
        Days within which a new order can't help.
    deviation : numpy.ndarray of shape (n_products,)
        Standard deviation of a day's demand by how far weekly forecasts were off: what stock is planned by.
    """

    codes: NDArray[np.int64]
    on_hand: Units
    owed: Units
    daily: Units
    receipts: Units
    chance_short: Units
    lead_days: NDArray[np.int64]
    deviation: Units

    @property
    def balance(self) -> Units:
        """Expected units at the end of each day."""
        return np.asarray((self.on_hand - self.owed)[:, None] + self.receipts - np.cumsum(self.daily, axis=1))


def open_receipts(book: StockBook, days: int = HORIZON_DAYS) -> tuple[pd.DataFrame, Units]:
    """Return the open purchase order lines, and the chance that each has come by the end of a day.

    The frame has ``code, po_id, quantity, due_in`` (days) and ``likely_in``, the day by which it has more likely
    arrived than not; the latest day looked at if it never has.
    """
    lateness = Lateness(book.supply["supplier_id"], book.supply["late_days"].to_numpy(float))
    is_open = is_missing(book.arrived) & (book.placed <= book.clock) & (book.settled > book.clock)
    rows = np.flatnonzero(is_open & (book.supply_products >= 0))
    today = book.clock - book.clock % DAY
    frame = pd.DataFrame(
        {
            "code": book.supply_products[rows],
            "po_id": book.supply["po_id"].to_numpy()[rows],
            "quantity": book.supply["quantity"].to_numpy(float)[rows],
            "due_in": (book.due[rows] - today) / DAY,
        }
    )
    arrived = lateness.arrived_by(book.supply["supplier_id"].iloc[rows], frame["due_in"].to_numpy(), days)
    likely = np.where((arrived >= 0.5).any(axis=1), (arrived >= 0.5).argmax(axis=1), days)
    frame["likely_in"] = likely
    order = np.lexsort((frame["due_in"], frame["code"]))
    return frame.iloc[order].reset_index(drop=True), arrived[order]


def running_short(
    free: Units,
    daily: Units,
    deviation: Units,
    row: NDArray[np.int64],
    quantity_due: Units,
    arrived: Units,
    drift: float = LEVEL_DRIFT,
    surprise_share: float = SURPRISE_SHARE,
) -> Units:
    """Return the chance that demand so far exceeds stock and receipts so far, by the end of each day.

    Parameters
    ----------
    free : numpy.ndarray of shape (n_products,)
        Units on hand and not owed.
    daily : numpy.ndarray of shape (n_products, n_days)
        Expected demand.
    deviation : numpy.ndarray of shape (n_products,)
        Standard deviation of a day's demand.
    row : numpy.ndarray of shape (n_receipts,)
        The product of each open receipt, -1 if it is not projected; a product's receipts in order of their due dates.
    quantity_due : numpy.ndarray of shape (n_receipts,)
        Units of each.
    arrived : numpy.ndarray of shape (n_receipts, n_days)
        Chance that each has arrived by the end of each day.
    drift : float, default LEVEL_DRIFT
        Variance of the expected level, in variances of one week; 0 where the true level is known.
    surprise_share : float, default SURPRISE_SHARE
        Chance that demand runs at a multiple of what is expected.

    Returns
    -------
    numpy.ndarray of shape (n_products, n_days)
        Probability, 0..1.
    """
    weeks = np.arange(1, daily.shape[1] + 1) / 7
    spread = deviation[:, None] * np.sqrt(7 * (weeks + drift * weeks**2))
    mean = np.cumsum(daily, axis=1)
    rank = pd.Series(row).groupby(row).cumcount().to_numpy()
    supply, all_so_far, chance = free.copy(), np.ones_like(mean), np.zeros_like(mean)
    for nth in range(MOST_RECEIPTS + 1):
        here = (rank == nth) & (row >= 0)
        next_arrived, quantity = np.zeros_like(mean), np.zeros(len(free))
        if nth < MOST_RECEIPTS:
            next_arrived[row[here]] = arrived[here]
            quantity[row[here]] = quantity_due[here]
        weight = all_so_far * (1 - next_arrived)
        wanted = weight > 1e-4
        there = np.broadcast_to(supply[:, None], mean.shape)[wanted]
        over = (1 - surprise_share) * exceedance(there, mean[wanted], spread[wanted])
        over += surprise_share * exceedance(there, SURPRISE * mean[wanted], SURPRISE * spread[wanted])
        chance[wanted] += weight[wanted] * over
        all_so_far, supply = all_so_far * next_arrived, supply + quantity
    return chance


def phantom(book: StockBook, codes: NDArray[np.int64]) -> Units:
    """Return the units that the book shows and the shelf lacks, by the latest line of each product that left short.

    A line that left with less than was asked for, though the book showed free stock all along, found the shelf empty;
    until the next count the book stays wrong. Where a whole fraction was sent, the quantity had been mistyped.
    """
    missing = book.quantity - book.left
    times = np.divide(book.quantity, book.left, out=np.zeros(len(missing)), where=book.left > 0)
    is_mistyped = (times >= MISTYPED) & (np.abs(times - np.round(times)) < 1e-6)
    is_short = ~is_missing(book.shipped) & (missing >= np.maximum(1.0, 0.01 * book.quantity)) & ~is_mistyped
    is_near = is_short & (book.clock - book.shipped <= WITNESS_DAYS * DAY) & (book.line_products >= 0)
    rows = np.flatnonzero(is_near)
    rows = rows[np.argsort(book.shipped[rows], kind="stable")]
    latest = np.full(len(book.products), -1)
    latest[book.line_products[rows]] = rows
    told = latest[latest >= 0]
    units = np.zeros(len(book.products))
    units[latest >= 0] = suspected_errors(book, told, short_moment(book, told, book.leaving[told]))
    return np.asarray(units[codes])


def project(book: StockBook, days: int = HORIZON_DAYS) -> Projection:
    """Project every stocked product that still has demand.

    Parameters
    ----------
    book : StockBook
        Demand, supply and stock.
    days : int, default 91
        How far to look.

    Returns
    -------
    Projection
        One row per product.
    """
    products = book.products
    last_order = pd.to_datetime(products["last_ordered_at"])
    is_alive = (pd.Timestamp(book.now) - last_order).dt.days.fillna(10**6).to_numpy() <= QUIET_DAYS
    wanted = products["is_stocked"].to_numpy(bool) & is_alive & (products["snapshot_count"].to_numpy() > 0)
    codes = np.flatnonzero(wanted).astype(np.int64)
    place = np.full(len(products), -1)
    place[codes] = np.arange(len(codes))
    now = np.full(len(codes), book.clock, np.int64)
    on_hand = np.maximum(np.nan_to_num(book.on_hand(codes, now)) - phantom(book, codes), 0.0)
    # What is held back for no known order can't be sent either.
    owed = np.fmax(book.owed(codes, now), book.reserved(codes, now))
    daily, deviation = _demand_ahead(book, codes, days)
    frame, arrived = open_receipts(book, days)
    row, quantity = place[frame["code"].to_numpy(np.int64)], frame["quantity"].to_numpy(float)
    receipts = np.zeros((len(codes), days))
    np.add.at(receipts, row[row >= 0], (arrived * quantity[:, None])[row >= 0])
    # Half a year's weekly errors hold shifts and surges that are over; where they are small, demand is regular.
    spread = np.minimum(deviation, _line_deviation(book, codes, daily))
    chance = running_short(on_hand - owed, daily, spread, row, quantity, arrived)
    lead = np.clip(np.ceil(book.lead_days[codes] + book.review_days), 7, HORIZON_DAYS).astype(np.int64)
    return Projection(codes, on_hand, owed, daily, receipts, chance, lead, deviation)


def _demand_ahead(book: StockBook, codes: NDArray[np.int64], days: int) -> tuple[Units, Units]:
    """Return expected daily demand: the company's own forecast where it has one, else the statistical."""
    names, y = weekly_matrix(book.weekly_demand(book.planned_for), pd.Timestamp(book.now))
    ahead = book.forecast(names, y, -(-days // 7)) if y.size else None
    place = names.get_indexer(book.product_index[codes])
    daily = np.zeros((len(codes), days))
    deviation = np.zeros(len(codes))
    if ahead is not None:
        daily = np.where(place[:, None] >= 0, np.repeat(ahead.mean, 7, axis=1)[place, :days] / 7, 0.0)
        deviation = np.where(place >= 0, ahead.error[place] / np.sqrt(7), 0.0)
    if len(book.forecasts):
        now = np.full(len(codes), book.clock, np.int64)
        trust = _trust(book, codes, y[place] if y.size else np.zeros((len(codes), 0)))
        for week in range(days // 7):
            start = now + 7 * DAY * week
            issued = book.issued.total(codes, start, start + 7 * DAY, now)
            known = ~np.isnan(issued)
            own = daily[:, 7 * week : 7 * week + 7]
            own[known] += trust[known, None] * (issued[known, None] / 7 - own[known])
    return daily, deviation


def _line_deviation(book: StockBook, codes: NDArray[np.int64], daily: Units) -> Units:
    """Return the standard deviation of a day's demand by the order lines that make it up."""
    kept = book.planned_for > 0
    lines, quantity = book.line_products[kept], book.planned_for[kept]
    weeks = (book.ordered[kept] - book.began) // (7 * DAY)
    clumping = clumping_of(lines, weeks, len(book.products))
    _, dispersion = dispersion_of(lines, quantity, len(book.products), clumping)
    return np.asarray(np.sqrt(dispersion[codes] * daily[:, :NEAR_DAYS].mean(axis=1)))


def _trust(book: StockBook, codes: NDArray[np.int64], y: Units) -> Units:
    """Return the weight of the company's own forecast against ours, 0..1, by the errors of both in the last weeks.

    The squared cumulative errors decide, as in Bates and Granger (1969); without a past to judge by, the company's
    forecast stands.
    """
    weeks = min(JUDGED_WEEKS, y.shape[1] - 8)
    if weeks < 4:
        return np.ones(len(codes))
    monday = book.clock - book.clock % DAY - pd.Timestamp(book.now).weekday() * DAY
    theirs, ours, units = np.zeros(len(codes)), np.zeros(len(codes)), np.zeros(len(codes))
    for back in range(weeks, 0, -1):
        start = np.full(len(codes), monday - back * 7 * DAY)
        issued = book.issued.total(codes, start, start + 7 * DAY, start)
        actual = np.nan_to_num(y[:, y.shape[1] - back])
        known = ~np.isnan(issued)
        theirs += np.where(known, issued - actual, 0.0)
        ours += np.where(known, np.nan_to_num(smooth(y[:, : y.shape[1] - back])) - actual, 0.0)
        units += np.where(known, actual, 0.0)
    slack = np.maximum(units, 1.0)  # as large an error as is ordinary over that time
    return np.asarray((ours**2 + slack) / (ours**2 + theirs**2 + 2 * slack))
