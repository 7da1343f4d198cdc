"""Orders that get stuck on their way: nobody confirms, picks or releases them, or the carrier loses them."""

import numpy as np

from data.sample.faults.picking import free_orders, one_per_order, quota, split
from data.sample.frames import counted
from data.sample.timeline import DAY, NOW_DAY
from data.sample.world import World

VARIANTS = {"confirmed": 1.4, "allocated": 1.4, "picked": 1.4, "on_hold": 1.0, "shipped": 3.0, "stuck_now": 1.6}


def plant_delays(world: World) -> None:
    """Hold up some orders for days; the promise does not move."""
    rng = world.rng("delivery faults")
    for variant, count in counted(split(rng, quota(world, "delivery_delay"), VARIANTS)):
        rows = free_orders(world)
        rows = rows[(rows["hold_days"] == 0) & (rows["ask_days"] < 0)]
        age = NOW_DAY - rows["at"].to_numpy(np.int64) // DAY
        span = rows["transit_days"].to_numpy(np.int64) * 1.5
        recent = age < 70 if variant == "stuck_now" else age > 45
        rows = rows[recent & (age > 12 + span)]
        chosen = one_per_order(rng, rows, count)
        if chosen.empty:
            continue
        if variant == "stuck_now":
            step = rng.choice(["confirmed", "allocated", "picked", "on_hold", "shipped"], len(chosen))
            late = np.full(len(chosen), 130)
            level = np.full(len(chosen), "easy")
        else:
            step = np.full(len(chosen), variant)
            late = np.where(
                rng.random(len(chosen)) < 0.3, rng.integers(2, 4, len(chosen)), rng.integers(4, 16, len(chosen))
            )
            level = np.select([late >= 7, late >= 4], ["easy", "medium"], "hard")
        world.orders.loc[chosen.index, "late_days"] = late
        world.orders.loc[chosen.index, "stuck_step"] = step
        name = np.where(variant == "stuck_now", "stuck_now", np.char.add("stuck_", step.astype(str)))
        world.truth.plant(chosen["uid"], "delivery_delay", "process_delay", level, name)
