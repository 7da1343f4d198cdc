"""How the company plans its stock: weekly forecasts, reorder points, suppliers; and what mishaps do to the plan."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from data.sample.frames import records
from data.sample.stock import Plan
from data.sample.timeline import BEYOND, DAY, DAYS, IS_WORKED, START, Floats, Ints, date_text, demand_by_day
from data.sample.world import World

WEEKS = (DAYS + START.weekday()) // 7 + 1
HORIZON = 6
SMOOTHING = 0.1


@dataclass
class Supply:
    """What the planner knows, one entry per product.

    Attributes
    ----------
    level : numpy.ndarray
        Shape ``(n_products, n_weeks)``: smoothed daily demand as known on each Monday.
    forecast : numpy.ndarray
        Shape ``(n_products, n_days)``: demand expected over the lead time and the review, seen from each day.
    safety, lot, mean : numpy.ndarray
        Safety stock, order quantity, mean daily demand.
    lead_days, protect_days : numpy.ndarray
        Calendar days the supplier quotes, and those that stock must last.
    """

    level: Floats
    forecast: Floats
    safety: Floats
    lot: Floats
    mean: Floats
    lead_days: Ints
    protect_days: Ints

    def trigger(self, product: int, day: int) -> float:
        """Return the position at which the planner orders."""
        return float(self.forecast[product, day] + self.safety[product])


def week_number(day: int) -> int:
    """Return the calendar week of one day."""
    return (day + START.weekday()) // 7


def week_of(day: Ints) -> Ints:
    """Return the number of the calendar week a day lies in; week 0 holds the first day."""
    return (day + START.weekday()) // 7


def daily(product: Ints, day: Ints, quantity: Floats, products: int) -> Floats:
    """Return quantities summed by product and day, shape ``(n_products, n_days)``."""
    flat: Floats = np.bincount(product * DAYS + day, quantity, minlength=products * DAYS).astype(np.float64)
    return flat.reshape(products, DAYS)


def season() -> Floats:
    """Return how each day compares with a normal one, also beyond now."""
    known = demand_by_day() / demand_by_day().mean()
    return np.concatenate([known, known[DAYS - 364 : DAYS - 364 + BEYOND]])


def make_supply(world: World) -> Supply:
    """Return what a planner knows from everyday demand; made-to-order business is planned by itself."""
    rng = world.rng("supply")
    products = world.catalogue.products
    origin = world.orders.set_index("uid")["origin"].reindex(world.lines["uid"])
    everyday = ~origin.isin(["project", "seasonal"]).to_numpy()
    lines = world.lines[everyday]
    day = world.orders.set_index("uid")["at"].reindex(lines["uid"]).to_numpy(np.int64) // DAY
    demand = daily(lines["product"].to_numpy(np.int64), day, lines["quantity"].to_numpy(float), len(products))
    lead = np.round(products["true_lead_days"].to_numpy(float) * 7 / 5).astype(np.int64)
    protect = lead + 3
    level = _levels(demand)
    ahead = np.concatenate([[0.0], np.cumsum(season())])
    days = np.arange(DAYS)
    forecast = level[:, week_of(days)] * (ahead[days[None, :] + 1 + protect[:, None]] - ahead[days + 1])
    mean = np.maximum(demand.mean(axis=1), 1e-3)
    lot = np.maximum(np.ceil(mean * rng.uniform(21, 38, len(products))), 1)
    return Supply(level, forecast, _safety(demand, forecast, protect), lot, mean, lead, protect)


def _levels(demand: Floats) -> Floats:
    """Return the smoothed daily demand known on each Monday; single peaks are cut to what a planner would believe."""
    week = week_of(np.arange(DAYS))
    weekly = np.zeros((len(demand), WEEKS))
    np.add.at(weekly.T, week, demand.T)
    expected = np.bincount(week, season()[:DAYS], minlength=WEEKS)
    rate = weekly / np.maximum(expected, 0.5)
    level = rate[:, :26].mean(axis=1)
    out = np.empty((len(demand), WEEKS))
    for k in range(WEEKS):
        out[:, k] = level
        level = level + SMOOTHING * (np.minimum(rate[:, k], 3.5 * level + 1e-9) - level)
    return out


def _safety(demand: Floats, forecast: Floats, protect: Ints) -> Floats:
    """Return safety stocks that cover nearly all of the errors that forecasts made."""
    total = np.concatenate([np.zeros((len(demand), 1)), np.cumsum(demand, axis=1)], axis=1)
    day = np.arange(DAYS)
    end = np.minimum(day[None, :] + 1 + protect[:, None], DAYS)
    actual = np.take_along_axis(total, end, axis=1) - total[:, 1:]
    error = np.where(day[None, :] + protect[:, None] < DAYS, actual - forecast, -np.inf)
    lump = np.array([np.median(row[row > 0]) if (row > 0).any() else 1.0 for row in demand])
    return np.asarray(np.ceil(np.maximum(np.quantile(error, 0.985, axis=1), 0) + lump))


def make_plan(world: World, supply: Supply, mishaps: pd.DataFrame) -> tuple[Plan, Floats]:
    """Return how stock is run with the given mishaps, and the share of each week's forecast that the planner believed.

    Writes safety stock, reorder point and lead time into the product master.
    """
    rng = world.rng("plan")
    count = len(supply.lot)
    plan = Plan(
        lead_days=supply.lead_days,
        trigger=np.ceil(supply.forecast + supply.safety[:, None]),
        lot=supply.lot.copy(),
        lateness=_lateness(rng, world, count),
        received_share=np.ones((count, DAYS)),
        may_order=np.ones((count, DAYS), dtype=bool),
        loss=np.zeros((count, DAYS)),
        blocked=np.zeros((count, DAYS)),
        count_days=(rng.random((count, DAYS)) < 1 / 100) & IS_WORKED[:DAYS],
        start=np.zeros(count),
        bespoke=np.zeros((count, DAYS)),
    )
    believed = np.ones((count, WEEKS))
    believed_lead = supply.lead_days.copy()
    for mishap in records(mishaps):
        _befall(plan, supply, believed, believed_lead, mishap)
    weeks = week_of(np.arange(DAYS))
    cut = (believed < 1).any(axis=1)
    plan.trigger[cut] = np.ceil((supply.forecast * believed[:, weeks] + supply.safety[:, None])[cut])
    plan.start = np.ceil(plan.trigger[:, 0] + plan.lot * rng.uniform(0.3, 1.0, count))
    products = world.catalogue.products
    products["safety_stock"] = supply.safety
    products["reorder_point"] = np.ceil(np.median(plan.trigger[:, -60:], axis=1))
    products["lead_time_days"] = believed_lead
    return plan, believed


def _befall(plan: Plan, supply: Supply, believed: Floats, believed_lead: Ints, mishap: dict[str, Any]) -> None:
    """Let one mishap change the plan, the more the greater its ``strength``."""
    item, variant = int(mishap["product"]), mishap["variant"]
    size, strength = float(mishap["size"]), float(mishap["strength"])
    first, end = int(mishap["day"]), int(mishap["end"])
    spare_days = supply.safety[item] / supply.mean[item]
    longer = min(first + int((end - first) * strength), DAYS)
    if variant == "late":
        plan.lateness[item, first:longer] += int(np.ceil((0.7 * spare_days + size) * strength))
    elif variant == "short_delivery":
        plan.received_share[item, first:longer] = max(size / strength - 0.1, 0.0)
    elif variant == "override":
        weeks = slice(week_number(first), week_number(longer) + 1)
        believed[item, weeks] = max(size / strength - 0.1, 0.0)
    elif variant == "nobody_ordered":
        plan.may_order[item, first : min(longer + int(0.5 * spare_days * strength), DAYS)] = False
    elif variant == "low_reorder_point":
        plan.trigger[item, first:] = np.ceil(np.median(supply.forecast[item]) * size / strength)
        plan.lot[item] = np.ceil(plan.lot[item] * 1.5)
    elif variant == "master_lead_time":
        believed_lead[item] = max(1, int(supply.lead_days[item] * size / strength))
        share = (believed_lead[item] + 2) / supply.protect_days[item]
        low = supply.forecast[item] * share + supply.safety[item] * 0.4 / strength
        plan.trigger[item, first:] = np.ceil(low[first:])
    elif variant == "shrinkage":
        plan.loss[item, first] = np.ceil(
            (supply.safety[item] + size * supply.mean[item] * supply.lead_days[item]) * strength
        )
    elif variant == "reserved_for_others":
        plan.blocked[item, first:longer] = size


def _lateness(rng: np.random.Generator, world: World, count: int) -> Ints:
    """Return how many days late each day's purchase orders come: mostly none, at most three, by the supplier."""
    noise = (
        np.abs(rng.normal(0, 1, (count, DAYS))) * world.catalogue.products["lead_noise_days"].to_numpy(float)[:, None]
    )
    days: Ints = np.minimum(np.round(noise - 0.6), 3).astype(np.int64)
    return days


def forecasts_table(world: World, supply: Supply, believed: Floats) -> pd.DataFrame:
    """Return the canonical forecasts, issued every Monday for the weeks ahead."""
    expected = np.bincount(week_of(np.arange(DAYS + BEYOND)), season())
    count = len(supply.lot)
    product, week = np.divmod(np.arange(count * WEEKS), WEEKS)
    mondays = np.array([date_text(7 * k - START.weekday()) for k in range(WEEKS + HORIZON)], dtype=object)
    ids = world.catalogue.products["product_id"].to_numpy(object)
    parts = []
    for ahead in range(HORIZON):
        target = np.minimum(np.arange(WEEKS) + ahead, WEEKS - 1)
        quantity = supply.level * believed[:, target] * expected[np.arange(WEEKS) + ahead]
        parts.append(
            pd.DataFrame(
                {
                    "product_id": ids[product],
                    "period_start": mondays[week + ahead],
                    "period_days": 7,
                    "quantity": quantity.ravel().round(1),
                    "made_at": mondays[week] + " 05:30:00",
                }
            )[week > 0]
        )
    return pd.concat(parts, ignore_index=True)
