"""How the company plans its stock: weekly forecasts, reorder points, suppliers; and where planning goes wrong."""

import numpy as np
import pandas as pd

from data.sample.stock import Plan
from data.sample.timeline import BEYOND, DAYS, IS_WORKED, START, Floats, Ints, date_text, demand_by_day
from data.sample.world import World

WEEKS = (DAYS + START.weekday()) // 7 + 1
HORIZON = 6
SMOOTHING = 0.1


def week_of(day: Ints) -> Ints:
    """Return the number of the calendar week a day lies in; week 0 holds the first day."""
    return (day + START.weekday()) // 7


def daily(product: Ints, day: Ints, quantity: Floats, products: int) -> Floats:
    """Return quantities summed by product and day, shape ``(n_products, n_days)``."""
    flat = np.bincount(product * DAYS + day, quantity, minlength=products * DAYS)
    return flat.reshape(products, DAYS)


def season() -> Floats:
    """Return the share of a normal day's demand that each day brings, also beyond now."""
    known = demand_by_day()
    ahead = np.concatenate([known, known[-BEYOND - 0 : -0 or None][:BEYOND]])
    return ahead / known.mean()


def levels(demand: Floats) -> Floats:
    """Return the smoothed daily demand known on each Monday, shape ``(n_products, n_weeks)``.

    Single peaks are cut to what a planner would call believable.
    """
    week = week_of(np.arange(DAYS))
    weekly = np.zeros((len(demand), WEEKS))
    np.add.at(weekly.T, week, demand.T)
    expected = np.bincount(week, season()[:DAYS], minlength=WEEKS)
    rate = weekly / np.maximum(expected, 0.5)
    level = rate[:, :26].mean(axis=1)
    out = np.empty((len(demand), WEEKS))
    for k in range(WEEKS):
        out[:, k] = level
        believable = np.minimum(rate[:, k], 3.5 * level + 1e-9)
        level = level + SMOOTHING * (believable - level)
    return out


def make_plan(world: World, demand: Floats, injections: pd.DataFrame) -> tuple[Plan, pd.DataFrame]:
    """Return how stock is planned with the given mishaps, and the forecasts as issued.

    Parameters
    ----------
    world : World
        Uses the catalogue; writes reorder point, safety stock and lead time into it.
    demand : numpy.ndarray
        Shape ``(n_products, n_days)``: what everyday business asks for.
    injections : pandas.DataFrame
        ``product, cause, variant, day, end, size``.
    """
    rng = world.rng("supply")
    products = world.catalogue.products
    count = len(products)
    lead = np.round(products["true_lead_days"].to_numpy(float) * 7 / 5).astype(np.int64)
    level = levels(demand)
    year = season()
    ahead = np.concatenate([[0.0], np.cumsum(year)])
    protect = lead + 3
    day = np.arange(DAYS)
    shape_ahead = ahead[day[None, :] + 1 + protect[:, None]] - ahead[day + 1]
    forecast = level[:, week_of(day)] * shape_ahead
    safety = _safety(demand, forecast, protect)
    override = np.ones((count, WEEKS))
    may_order = np.ones((count, DAYS), dtype=bool)
    lateness = _lateness(rng, products, count)
    share = np.ones((count, DAYS))
    loss, blocked = np.zeros((count, DAYS)), np.zeros((count, DAYS))
    believed_lead, low = lead.copy(), np.ones(count)
    mean = demand.mean(axis=1)
    for row in injections.itertuples(index=False):
        item, window = row.product, slice(row.day, row.end)
        if row.variant == "override":
            override[item, week_of(np.int64(row.day)) : week_of(np.int64(row.end))] = row.size
        elif row.variant == "nobody_ordered":
            may_order[item, window] = False
        elif row.variant == "low_reorder_point":
            low[item] = row.size
        elif row.variant == "late":
            lateness[item, window] += int(np.ceil(safety[item] / max(mean[item], 1e-9))) + int(row.size)
        elif row.variant == "short_delivery":
            share[item, window] = 0.15
        elif row.cause == "stock_record_error":
            loss[item, row.day] = np.ceil(safety[item] + row.size * mean[item] * lead[item])
        elif row.cause == "allocation":
            blocked[item, window] = 0.97
    trigger = np.ceil(forecast * override[:, week_of(day)] + safety[:, None])
    for item in np.flatnonzero(low < 1):
        trigger[item] = np.ceil(np.median(trigger[item]) * low[item])
    lot = np.maximum(np.ceil(mean * rng.uniform(21, 38, count) * np.where(low < 1, 2.2, 1.0)), 1)
    products["safety_stock"] = np.ceil(safety)
    products["reorder_point"] = trigger[:, -1]
    products["lead_time_days"] = believed_lead
    counts = (rng.random((count, DAYS)) < 1 / 120) & IS_WORKED[:DAYS]
    start = np.ceil(trigger[:, 0] + lot * rng.uniform(0.3, 1.0, count))
    plan = Plan(lead, trigger, lot, lateness, share, may_order, loss, blocked, counts, start)
    return plan, _forecasts(products, level, override)


def _safety(demand: Floats, forecast: Floats, protect: Ints) -> Floats:
    """Return safety stocks that cover nearly all of the errors forecasts made."""
    total = np.concatenate([np.zeros((len(demand), 1)), np.cumsum(demand, axis=1)], axis=1)
    day = np.arange(DAYS)
    end = np.minimum(day[None, :] + 1 + protect[:, None], DAYS)
    actual = np.take_along_axis(total, end, axis=1) - total[:, 1:]
    error = np.where(day[None, :] + protect[:, None] < DAYS, actual - forecast, -np.inf)
    lump = np.array([np.quantile(row[row > 0], 0.9) if (row > 0).any() else 1.0 for row in demand])
    return np.ceil(np.maximum(np.quantile(error, 0.997, axis=1), 0) + lump)


def _lateness(rng: np.random.Generator, products: pd.DataFrame, count: int) -> Ints:
    noise = np.abs(rng.normal(0, 1, (count, DAYS))) * products["lead_noise_days"].to_numpy(float)[:, None]
    return np.minimum(np.round(noise - 0.6), 3).astype(np.int64)


def _forecasts(products: pd.DataFrame, level: Floats, override: Floats) -> pd.DataFrame:
    """Return the forecasts issued every Monday for the weeks ahead."""
    expected = np.bincount(week_of(np.arange(DAYS + BEYOND)), season())
    count = len(products)
    parts = []
    ids = products["product_id"].to_numpy()
    for ahead in range(HORIZON):
        quantity = level * override * expected[np.arange(WEEKS) + ahead]
        product, week = np.divmod(np.arange(count * WEEKS), WEEKS)
        parts.append(
            pd.DataFrame({"product": product, "week": week, "ahead": ahead, "quantity": quantity.ravel().round(1)})
        )
    frame = pd.concat(parts, ignore_index=True)
    frame = frame[frame["week"] > 0]
    mondays = np.array([date_text(7 * k - START.weekday()) for k in range(WEEKS + HORIZON)], dtype=object)
    return pd.DataFrame(
        {
            "product_id": ids[frame["product"].to_numpy()],
            "period_start": mondays[(frame["week"] + frame["ahead"]).to_numpy()],
            "period_days": 7,
            "quantity": frame["quantity"].to_numpy(),
            "made_at": mondays[frame["week"].to_numpy()] + " 05:30:00",
        }
    )
