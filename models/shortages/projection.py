"""What stock will do from now on: the balance day by day, with open purchase orders and expected demand."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.findings import Context
from models.forecasts.forecast import exceedance, forecast, weekly_matrix
from models.shortages.lateness import Lateness
from models.shortages.ledger import DAY, Units, is_missing
from models.shortages.stock_book import StockBook

HORIZON_DAYS = 91
"""How far the projection looks, at most."""

QUIET_DAYS = 120
"""A product without demand for so long is no longer sold."""


LEVEL_DRIFT = 0.053
"""Variance of a smoothed level, in variances of one week: alpha / (2 - alpha) with alpha 0.1."""

SURPRISE_SHARE, SURPRISE = 0.03, 2.0
"""Chance that demand will run at a multiple of what is expected: spikes, losses and errors that no forecast shows."""

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
        Units on hand now, and units of it that open orders claim.
    daily : numpy.ndarray of shape (n_products, n_days)
        Expected demand on each day from today on.
    receipts : numpy.ndarray of shape (n_products, n_days)
        Units expected to have arrived by the end of each day.
    chance_short : numpy.ndarray of shape (n_products, n_days)
        Chance that stock does not suffice by the end of each day.
    lead_days : numpy.ndarray of shape (n_products,)
        Days within which a new order can't help.
    deviation : numpy.ndarray of shape (n_products,)
        Standard deviation of a day's demand.
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


def open_receipts(book: StockBook) -> tuple[pd.DataFrame, Units]:
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
    arrived = lateness.arrived_by(book.supply["supplier_id"].iloc[rows], frame["due_in"].to_numpy(), HORIZON_DAYS)
    likely = np.where((arrived >= 0.5).any(axis=1), (arrived >= 0.5).argmax(axis=1), HORIZON_DAYS)
    frame["likely_in"] = likely
    order = np.lexsort((frame["due_in"], frame["code"]))
    return frame.iloc[order].reset_index(drop=True), arrived[order]


def _chance_short(
    free: Units, daily: Units, deviation: Units, row: NDArray[np.int64], quantity_due: Units, arrived: Units
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

    Returns
    -------
    numpy.ndarray of shape (n_products, n_days)
        Probability, 0..1.
    """
    weeks = np.arange(1, daily.shape[1] + 1) / 7
    spread = deviation[:, None] * np.sqrt(7 * (weeks + LEVEL_DRIFT * weeks**2))
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
        over = (1 - SURPRISE_SHARE) * exceedance(there, mean[wanted], spread[wanted])
        over += SURPRISE_SHARE * exceedance(there, SURPRISE * mean[wanted], SURPRISE * spread[wanted])
        chance[wanted] += weight[wanted] * over
        all_so_far, supply = all_so_far * next_arrived, supply + quantity
    return chance


def project(book: StockBook) -> Projection:
    """Project every stocked product that still has demand."""
    products = book.products
    last_order = pd.to_datetime(products["last_ordered_at"])
    is_alive = (pd.Timestamp(book.now) - last_order).dt.days.fillna(10**6).to_numpy() <= QUIET_DAYS
    wanted = products["is_stocked"].to_numpy(bool) & is_alive & (products["snapshot_count"].to_numpy() > 0)
    codes = np.flatnonzero(wanted).astype(np.int64)
    place = np.full(len(products), -1)
    place[codes] = np.arange(len(codes))
    now = np.full(len(codes), book.clock, np.int64)
    on_hand, owed = np.nan_to_num(book.on_hand(codes, now)), book.owed(codes, now)
    daily, deviation = _demand_ahead(book, codes)
    frame, arrived = open_receipts(book)
    row, quantity = place[frame["code"].to_numpy(np.int64)], frame["quantity"].to_numpy(float)
    receipts = np.zeros((len(codes), HORIZON_DAYS))
    np.add.at(receipts, row[row >= 0], (arrived * quantity[:, None])[row >= 0])
    chance = _chance_short(on_hand - owed, daily, deviation, row, quantity, arrived)
    lead = np.clip(np.ceil(book.lead_days[codes] + book.review_days), 7, HORIZON_DAYS).astype(np.int64)
    return Projection(codes, on_hand, owed, daily, receipts, chance, lead, deviation)


def projection_of(context: Context) -> Projection:
    """Return the projection of a run, made once for all who ask."""
    if "projection" not in context.kept:
        context.kept["projection"] = project(StockBook.of(context))
    projection: Projection = context.kept["projection"]
    return projection


def _demand_ahead(book: StockBook, codes: NDArray[np.int64]) -> tuple[Units, Units]:
    """Return expected daily demand: the company's own forecast where it has one, else the statistical."""
    weeks = book.lines.loc[~book.lines["is_known_wrong"], ["product_id", "ordered_at", "quantity"]]
    weeks = weeks.assign(week_start=weeks["ordered_at"].dt.to_period("W-SUN").dt.start_time)
    names, y = weekly_matrix(weeks, pd.Timestamp(book.now))
    ahead = forecast(y, -(-HORIZON_DAYS // 7)) if y.size else None
    place = names.get_indexer(book.product_index[codes])
    daily = np.zeros((len(codes), HORIZON_DAYS))
    deviation = np.zeros(len(codes))
    if ahead is not None:
        daily = np.where(place[:, None] >= 0, np.repeat(ahead.mean, 7, axis=1)[place, :HORIZON_DAYS] / 7, 0.0)
        deviation = np.where(place >= 0, ahead.deviation[place] / np.sqrt(7), 0.0)
    if len(book.forecasts):
        now = np.full(len(codes), book.clock, np.int64)
        for week in range(HORIZON_DAYS // 7):
            start = now + 7 * DAY * week
            issued = book.issued.total(codes, start, start + 7 * DAY, now)
            known = ~np.isnan(issued)
            daily[known, 7 * week : 7 * week + 7] = issued[known, None] / 7
    return daily, deviation
