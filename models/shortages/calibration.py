"""Chances of running out, set right by what came of such chances in the company's own past.

The projection is made again as of some earlier days, from what was known then. How often products then ran out, against
the chance told, gives a line in log odds; with little history it stays near the diagonal.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

from models.findings import Context
from models.shortages.ledger import DAY, Codes, Ledger, Times, Units, seconds
from models.shortages.projection import Projection, project
from models.shortages.stock_book import StockBook

LOOKS, APART_DAYS = 3, 28
"""How many earlier days are looked at, and how far apart they lie."""

WINDOW_DAYS = 28
"""What came is looked for within the lead time, and within so many days at most."""

EARLIEST_DAYS = 84
"""A look needs so many days of history before it."""

STRENGTH = 100.0
"""How firmly the diagonal stands against the past, in units of log likelihood per squared step."""

KEPT_SNAPSHOTS = 45
"""Stock figures of a product and warehouse that an earlier look is given, the latest."""

KEPT_FORECASTS = pd.Timedelta(days=70)
"""Forecasts for weeks longer ago than this are of no use to an earlier look."""

LEAST_CHANCE = 0.002
"""Chances are told apart down to this far from 0 and from 1."""


@dataclass(frozen=True)
class Line:
    """A straight line in log odds.

    Attributes
    ----------
    slope, shift : float
        ``log odds that came true = slope * log odds told + shift``.
    """

    slope: float = 1.0
    shift: float = 0.0

    def of(self, chance: Units) -> Units:
        """Return the chances set right."""
        odds = logit(np.clip(chance, LEAST_CHANCE, 1 - LEAST_CHANCE))
        return np.asarray(expit(self.slope * odds + self.shift))


def fit(chance: Units, came: NDArray[np.bool_]) -> Line:
    """Return the line that makes what came likeliest, held towards the diagonal.

    Parameters
    ----------
    chance : numpy.ndarray of shape (n_cases,)
        Told, 0..1.
    came : numpy.ndarray of shape (n_cases,)
        Whether it came true.

    Returns
    -------
    Line
        The diagonal where there are no cases.
    """
    odds, sign = logit(np.clip(chance, LEAST_CHANCE, 1 - LEAST_CHANCE)), np.where(came, 1.0, -1.0)

    def loss(given: Units) -> float:
        slope, shift = np.exp(given[0]), given[1]
        surprise = np.logaddexp(0.0, -sign * (slope * odds + shift)).sum()
        return float(surprise + STRENGTH * (given[0] ** 2 * 4 + shift**2))

    found = minimize(loss, np.zeros(2), method="BFGS")
    return Line(float(np.exp(np.clip(found.x[0], -1.5, 1.0))), float(np.clip(found.x[1], -3.0, 3.0)))


def book_at(book: StockBook, clock: int) -> StockBook:
    """Return the book as it stood at an earlier time, in seconds."""
    now = pd.Timestamp(clock, unit="s")
    stocked = book.products.loc[book.products["is_stocked"], "product_id"]
    lines = book.lines[(book.ordered < clock) & book.lines["product_id"].isin(stocked)]
    is_later = lines["is_finished"] & ~(seconds(lines["shipped_at"]) < clock) & lines["shipped_at"].notna()
    lines = lines.assign(
        is_finished=lines["is_finished"] & ~is_later,
        shipped_at=lines["shipped_at"].mask(is_later),
        shipped_quantity=lines["shipped_quantity"].mask(is_later),
    )
    supply = book.supply[book.placed <= clock]
    is_open = ~(supply["received_at"] < now)
    supply = supply.assign(
        **{name: supply[name].mask(is_open) for name in ("received_at", "received_quantity", "late_days")}
    )
    snapshots = book.snapshots[book.snapshots["as_of"] <= now]
    snapshots = snapshots.groupby(["product_id", "warehouse_id"], dropna=False).tail(KEPT_SNAPSHOTS)
    products = book.products.assign(
        last_ordered_at=book.products["product_id"].map(lines.groupby("product_id")["ordered_at"].max()),
        snapshot_count=book.products["product_id"].map(snapshots["product_id"].value_counts()).fillna(0),
    )
    made = book.forecasts["made_at"].fillna(book.forecasts["period_start"])
    is_near = (made < now) & (book.forecasts["period_start"] >= now - KEPT_FORECASTS)
    counts = book.counts[book.counts["counted_at"] < now]
    then = StockBook(lines, supply, snapshots, counts, products, book.forecasts[is_near], now.to_pydatetime())
    then.__dict__["leaves_when_ordered"] = book.leaves_when_ordered
    return then


def ran_out(book: StockBook, codes: Codes, start: Times, end: Times) -> NDArray[np.bool_]:
    """Tell which products shipped less than was asked for, had to set an order back, or stood at nothing, in between.

    Parameters
    ----------
    book : StockBook
        All that is known today.
    codes : numpy.ndarray of shape (n_products,)
        Product codes.
    start, end : numpy.ndarray of shape (n_products,)
        Seconds; from just after the start to the end.

    Returns
    -------
    numpy.ndarray of shape (n_products,)
        Whether stock ran out.
    """
    stock = book.total_snapshots
    is_short = book.left < book.quantity - 1e-9
    told = seconds(book.lines["backordered_at"])
    seen = [
        Ledger(book.line_products, np.where(is_short, book.shipped, np.iinfo(np.int64).min), np.ones(len(told))),
        Ledger(book.line_products, told, np.ones(len(told))),
        Ledger(stock["code"], stock["time"].to_numpy(np.int64), stock["on_hand"].to_numpy(float) <= 0),
    ]
    return np.asarray(sum(ledger.between(codes, start + 1, end + 1) for ledger in seen) > 0)


def past_chances(book: StockBook) -> tuple[Units, NDArray[np.bool_]]:
    """Return the chances that would have been told on earlier days, and whether each came true."""
    told, came = [np.zeros(0)], [np.zeros(0, bool)]
    first_seen = int(book.total_snapshots["time"].min()) if len(book.snapshots) else book.clock
    for look in range(LOOKS):
        clock = book.clock - (WINDOW_DAYS + APART_DAYS * look) * DAY
        if clock < max(book.began + EARLIEST_DAYS * DAY, first_seen):
            break
        ahead = project(book_at(book, clock), WINDOW_DAYS)
        days = np.minimum(ahead.lead_days, WINDOW_DAYS)
        inside = np.arange(WINDOW_DAYS)[None, :] < days[:, None]
        start = np.full(len(days), clock)
        told.append(np.where(inside, ahead.chance_short, 0.0).max(axis=1, initial=0.0))
        came.append(ran_out(book, ahead.codes, start, start + days * DAY))
    return np.concatenate(told), np.concatenate(came)


def recalibrated(book: StockBook, line: Line) -> Projection:
    """Return the projection with chances set right by what came of such chances in the past."""
    ahead = project(book)
    return replace(ahead, chance_short=line.of(ahead.chance_short))


def line_of(context: Context) -> Line:
    """Return the line of a run, fitted once for all who ask."""
    if "calibration" not in context.kept:
        context.kept["calibration"] = fit(*past_chances(StockBook.of(context)))
    line: Line = context.kept["calibration"]
    return line


def projection_of(context: Context) -> Projection:
    """Return the projection of a run, made once for all who ask."""
    if "projection" not in context.kept:
        context.kept["projection"] = recalibrated(StockBook.of(context), line_of(context))
    projection: Projection = context.kept["projection"]
    return projection
