"""What stock will do from now on: the balance day by day, with open purchase orders and expected demand."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.forecast import exceedance, forecast, weekly_matrix
from models.ledger import DAY, Units, is_missing
from models.stock_book import StockBook

HORIZON_DAYS = 91
"""How far the projection looks, at most."""

REVIEW_DAYS = 7
"""Days until somebody looks again; with the lead time it is how long a shortage can't be mended by a new order."""

QUIET_DAYS = 120
"""A product without demand for so long is no longer sold."""


@dataclass(frozen=True)
class Projection:
    """The projection of every stocked product with a known stock.

    Parameters
    ----------
    codes : numpy.ndarray of shape (n_products,)
        Product codes.
    on_hand, owed : numpy.ndarray of shape (n_products,)
        Units on hand now, and units of it that open orders claim.
    daily : numpy.ndarray of shape (n_products, n_days)
        Expected demand on each day from today on.
    receipts : numpy.ndarray of shape (n_products, n_days)
        Units expected to arrive on each day.
    deviation : numpy.ndarray of shape (n_products,)
        Standard deviation of one day's demand.
    lead_days : numpy.ndarray of shape (n_products,)
        Days within which a new order can't help.
    """

    codes: NDArray[np.int64]
    on_hand: Units
    owed: Units
    daily: Units
    receipts: Units
    deviation: Units
    lead_days: NDArray[np.int64]

    @property
    def balance(self) -> Units:
        """Expected units at the end of each day."""
        start = (self.on_hand - self.owed)[:, None]
        return np.asarray(start + np.cumsum(self.receipts, axis=1) - np.cumsum(self.daily, axis=1))

    @property
    def chance_short(self) -> Units:
        """Chance that stock would not have sufficed by the end of each day."""
        supply = (self.on_hand - self.owed)[:, None] + np.cumsum(self.receipts, axis=1)
        days = np.arange(1, self.daily.shape[1] + 1)
        return exceedance(supply, np.cumsum(self.daily, axis=1), self.deviation[:, None] * np.sqrt(days))


def expected_arrival(book: StockBook) -> NDArray[np.int64]:
    """Return the day, counted from now, on which each open purchase order is likely to arrive; -1 for the others."""
    frame = book.supply
    usual = frame["usual_late_days"].fillna(0).to_numpy(float)
    spread = np.maximum(frame["usual_late_spread"].fillna(3).to_numpy(float), 1.0)
    due_in = (book.due - book.clock) / DAY + np.maximum(usual, 0)
    # What is overdue already comes later still the longer it has been overdue.
    overdue = np.maximum(-due_in, 0)
    arrival = np.where(due_in >= 0, due_in, 1 + 0.5 * spread + 0.25 * overdue)
    is_open = is_missing(book.arrived) & (book.placed <= book.clock) & (book.settled > book.clock)
    return np.where(is_open, np.ceil(np.maximum(arrival, 0)), -1).astype(np.int64)


def project(book: StockBook) -> Projection:
    """Project every stocked product that still has demand."""
    products = book.products
    last_order = pd.to_datetime(products["last_ordered_at"])
    is_alive = (pd.Timestamp(book.now) - last_order).dt.days.fillna(10**6).to_numpy() <= QUIET_DAYS
    wanted = products["is_stocked"].to_numpy(bool) & is_alive & (products["snapshot_count"].to_numpy() > 0)
    codes = np.flatnonzero(wanted).astype(np.int64)
    now = np.full(len(codes), book.clock, np.int64)
    receipts = np.zeros((len(products), HORIZON_DAYS))
    arrival = expected_arrival(book)
    comes = (arrival >= 0) & (arrival < HORIZON_DAYS) & (book.supply_products >= 0)
    np.add.at(receipts, (book.supply_products[comes], arrival[comes]), book.supply["quantity"].to_numpy(float)[comes])
    daily, deviation = _demand_ahead(book, codes)
    lead = np.clip(np.ceil(book.lead_days[codes]) + REVIEW_DAYS, 14, HORIZON_DAYS).astype(np.int64)
    return Projection(
        codes, np.nan_to_num(book.on_hand(codes, now)), book.owed(codes, now), daily, receipts[codes], deviation, lead
    )


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
