"""Orders that get stuck on their way: nobody confirms, picks or releases them, or the carrier loses them."""

import numpy as np
import pandas as pd

from data.sample.faults.picking import one_per_order, quota, some_orders, split
from data.sample.frames import counted
from data.sample.timeline import DAY, NOW_DAY, Floats
from data.sample.world import World

PACKERS = "WH-EAST"
ROUTE = ("Midlothian", "Lanarkshire")
VARIANTS = {"confirmed": 1.4, "allocated": 1.4, "picked": 1.4, "on_hold": 1.0, "shipped": 3.0, "stuck_now": 1.6}


def plant_delays(world: World) -> None:
    """Hold up some orders for days; the promise does not move."""
    rng = world.rng("delivery faults")
    for variant, count in counted(split(rng, quota(world, "delivery_delay"), VARIANTS)):
        rows = _suited(world, rng, variant)
        chosen = one_per_order(rng, rows, count, _weight(world, rows, variant))
        if len(chosen):
            _hold_up(world, rng, chosen, variant)
    for variant, where in (("stuck_picked", {"warehouse_id": PACKERS}), ("stuck_shipped", {"region": list(ROUTE)})):
        world.truth.trend("concentrations", kind="delivery_delay", variant=variant, where=where)


def _suited(world: World, rng: np.random.Generator, variant: str) -> pd.DataFrame:
    """Return orders old enough to have been late by now, for those stuck now not too old."""
    rows = some_orders(world, rng)
    rows = rows[(rows["hold_days"] == 0) & (rows["ask_days"] < 0)]
    age = NOW_DAY - rows["at"].to_numpy(np.int64) // DAY
    least = 12 + 1.5 * rows["transit_days"].to_numpy(np.int64)
    return rows.loc[(age > least) & ((age < 70) if variant == "stuck_now" else (age > 45))]


def _weight(world: World, rows: pd.DataFrame, variant: str) -> Floats:
    """Return how likely each order is hit: one warehouse packs badly, on one route the carrier is slow."""
    first = world.lines.drop_duplicates("uid").set_index("uid")["product"].reindex(rows["uid"]).to_numpy(np.int64)
    warehouse = world.catalogue.products["warehouse_id"].to_numpy(object)[first]
    region = world.clientele.ship_tos["region"].to_numpy(object)[rows["ship_to"].to_numpy(np.int64)]
    if variant == "picked":
        return np.where(warehouse == PACKERS, 8.0, 1.0)
    return np.where(np.isin(region, ROUTE), 10.0, 1.0) if variant == "shipped" else np.ones(len(rows))


def _hold_up(world: World, rng: np.random.Generator, chosen: pd.DataFrame, variant: str) -> None:
    """Let the orders stay in one step, those stuck now until after now."""
    count = len(chosen)
    step = np.full(count, variant, dtype=object)
    late = np.where(rng.random(count) < 0.3, rng.integers(2, 4, count), rng.integers(4, 16, count))
    level = np.select([late >= 7, late >= 4], ["easy", "medium"], "hard")
    if variant == "stuck_now":
        steps = np.array(["confirmed", "allocated", "picked", "on_hold", "shipped"], dtype=object)
        step, late, level = steps[rng.integers(0, len(steps), count)], np.full(count, 130), np.full(count, "easy")
    world.orders.loc[chosen.index, "late_days"] = late
    world.orders.loc[chosen.index, "stuck_step"] = step
    name = variant if variant == "stuck_now" else f"stuck_{variant}"
    world.truth.plant(chosen["uid"], "delivery_delay", "process_delay", level, name)
