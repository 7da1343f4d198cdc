"""What to order, how much and by when: the position against what must last until the next order can arrive."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.forecasts.quantiles import quantile
from models.forecasts.smoothing import LEVEL_DRIFT
from models.shortages.ledger import DAY, Units
from models.shortages.projection import Projection
from models.shortages.stock_book import StockBook

SERVICE = 0.95
"""Share of replenishment cycles without a shortage that the reorder point aims at."""

COVER_DAYS = 14
"""How long an order lasts, at least, where past purchases tell nothing."""

SOON_DAYS = 7
"""An order due within so many days is listed already."""

MOST_WEEKS = 26
"""A product whose reorder point is more than this many weeks of demand can't be stocked at that service."""

REASONS = {
    "out": "{owed:,.0f} owed with {on_hand:,.0f} on hand; {on_order:,.0f} on order. {days:,.0f} days need "
    "{reorder_point:,.0f}.",
    "below": "{position:,.0f} in stock and on order; {days:,.0f} days need {reorder_point:,.0f}: {expected:,.0f} "
    "expected, {safety:,.0f} for safety as demand varied.",
    "below_own": "{position:,.0f} in stock and on order; {days:,.0f} days need {reorder_point:,.0f}: {expected:,.0f} "
    "expected, {safety:,.0f} as the product's own safety stock.",
    "soon": "{position:,.0f} in stock and on order fall below the {safety:,.0f} for safety about {runs_low_on}; a new "
    "order takes {lead_days:,.0f} days.",
    "not_stockable": "Demand is so uneven that {service:.0%} service needs {weeks:,.0f} weeks of demand in stock: "
    "agree on a lead time with the customer, or on a lower service.",
}
"""The sentences of a proposal, by variant."""


def rounded_up(quantity: Units, least: Units, pack: Units) -> Units:
    """Return the quantities raised to the least order and to whole packs.

    Examples
    --------
    >>> rounded_up(np.array([30.0, 3.0]), np.array([24.0, 24.0]), np.array([12.0, 12.0])).tolist()
    [36.0, 24.0]
    """
    pack = np.maximum(pack, 1.0)
    return np.asarray(np.ceil(np.maximum(quantity, least) / pack - 1e-9) * pack)


def safety_day(balance: Units, safety: Units, lead: Units) -> NDArray[np.int64]:
    """Return the first day on which the balance is below the safety stock and a new order could help; -1 for none.

    Parameters
    ----------
    balance : numpy.ndarray of shape (n_products, n_days)
        Expected units at the end of each day, without a new order.
    safety : numpy.ndarray of shape (n_products,)
        Units.
    lead : numpy.ndarray of shape (n_products,)
        Days that a new order takes: what is short before then is for expediting.

    Returns
    -------
    numpy.ndarray of shape (n_products,)
        Days, counted from today.
    """
    is_low = (balance < safety[:, None]) & (np.arange(balance.shape[1])[None, :] >= lead[:, None])
    return np.where(is_low.any(axis=1), is_low.argmax(axis=1), -1)


def stock_for_lead_time(book: StockBook, ahead: Projection) -> tuple[Units, Units]:
    """Return the units expected to be asked for until a new order can arrive, and the stock that suffices for them.

    Parameters
    ----------
    book : StockBook
        Products with safety stocks of their own.
    ahead : Projection
        What stock will do without a new order.

    Returns
    -------
    expected, reorder_point : numpy.ndarray of shape (n_products,)
        Units; the latter by how demand varied, or by the product's own safety stock where that is more.
    """
    days = ahead.lead_days
    inside = np.arange(ahead.daily.shape[1])[None, :] < days[:, None]
    expected = np.where(inside, ahead.daily, 0.0).sum(axis=1)
    spread = ahead.deviation * np.sqrt(days * (1 + LEVEL_DRIFT * days / 7))
    own_safety = np.nan_to_num(book.products["safety_stock"].to_numpy(float)[ahead.codes])
    return expected, np.maximum(quantile(SERVICE, expected, spread), expected + own_safety)


def reorders(book: StockBook, ahead: Projection, packs: pd.DataFrame) -> pd.DataFrame:
    """Propose an order for every projected product that needs one now or soon.

    Parameters
    ----------
    book : StockBook
        Products, supply and stock.
    ahead : Projection
        What stock will do without a new order.
    packs : pandas.DataFrame
        ``product_id, least_quantity, pack_quantity, usual_quantity`` as past purchases show them.

    Returns
    -------
    pandas.DataFrame
        One row per proposal: ``product_id, supplier_id, variant, quantity, order_by`` and the figures behind them.
    """
    codes, days = ahead.codes, ahead.lead_days
    products = book.products.iloc[codes].reset_index(drop=True)
    expected, reorder_point = stock_for_lead_time(book, ahead)
    own_safety = np.nan_to_num(products["safety_stock"].to_numpy(float))
    is_own = (own_safety > 0) & (reorder_point <= expected + own_safety)
    now = np.full(len(codes), book.clock, np.int64)
    on_order = book.on_order(codes, now)
    position = ahead.on_hand + on_order - ahead.owed
    daily = expected / np.maximum(days, 1)
    weeks = reorder_point / np.maximum(7 * daily, 1e-9)
    lead = np.ceil(book.lead_days[codes])
    low = safety_day(ahead.balance, np.maximum(reorder_point - expected, 0.0), lead)
    order_in = np.where(position <= reorder_point, 0, np.where(low >= 0, np.maximum(low - lead, 0), np.inf))
    frame = packs.set_index("product_id").reindex(products["product_id"])
    usual = np.nan_to_num(frame["usual_quantity"].to_numpy(float))
    wanted = np.maximum(np.maximum(reorder_point - position, COVER_DAYS * daily), usual)
    least, pack = (np.nan_to_num(frame[name].to_numpy(float)) for name in ("least_quantity", "pack_quantity"))
    today = pd.Timestamp(book.clock - book.clock % DAY, unit="s")
    is_unstockable = (weeks - days / 7 > MOST_WEEKS) & (ahead.owed <= 0)
    result = pd.DataFrame(
        {
            "product_id": products["product_id"],
            "supplier_id": products["supplier_id"],
            "variant": np.select(
                [is_unstockable, ahead.owed > ahead.on_hand, position > reorder_point, is_own],
                ["not_stockable", "out", "soon", "below_own"],
                "below",
            ),
            "quantity": np.where(is_unstockable, 0.0, rounded_up(wanted, least, pack)),
            "order_by": today + pd.to_timedelta(np.where(np.isinf(order_in), 0, order_in), unit="D"),
            "runs_low_on": today + pd.to_timedelta(np.maximum(low, 0), unit="D"),
            "on_hand": ahead.on_hand,
            "owed": ahead.owed,
            "on_order": on_order,
            "position": position,
            "reorder_point": reorder_point,
            "own_reorder_point": products["reorder_point"].to_numpy(float),
            "expected": expected,
            "safety": reorder_point - expected,
            "days": days,
            "lead_days": lead,
            "weeks": weeks,
            "service": SERVICE,
            "least_quantity": frame["least_quantity"].to_numpy(float),
            "pack_quantity": frame["pack_quantity"].to_numpy(float),
            "price": products["price"].to_numpy(float),
        }
    )
    is_wanted = (order_in <= SOON_DAYS) & (daily > 0)
    return pd.DataFrame(result[is_wanted].sort_values(["order_by", "position"], kind="stable", ignore_index=True))
