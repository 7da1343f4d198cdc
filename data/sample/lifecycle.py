"""An order's way from entry to closing: what is planned for it, and when each step happened."""

import numpy as np
import pandas as pd

from data.sample.places import CITIES
from data.sample.timeline import DAY, NOW, Floats, Ints, add_working_days
from data.sample.world import EDI, EMAIL, PHONE, World

CUT_OFF = 15 * 3600
STEPS = (
    "new",
    "confirmed",
    "on_hold",
    "allocated",
    "backordered",
    "picked",
    "shipped",
    "delivered",
    "invoiced",
    "closed",
    "cancelled",
    "returned",
)
NEVER = np.inf


def plan_orders(world: World) -> None:
    """Fill in what is planned at entry: allocation and shipping day, promise, cancellations and holds."""
    rng = world.rng("plans")
    orders = world.orders
    at = orders["at"].to_numpy(np.int64)
    day = at // DAY
    transit = transit_days(world)
    begin = add_working_days(np.where(at % DAY > CUT_OFF, day + 1, day), 0)
    hold = np.where(rng.random(len(orders)) < 0.01, rng.integers(1, 3, len(orders)), 0)
    orders["hold_days"] = hold
    free = world.truth.free(orders["uid"].to_numpy())
    orders["is_cancelled"] = orders["cancel_at"].notna() | ((rng.random(len(orders)) < 0.014) & free)
    ship = add_working_days(begin, 1 + hold)
    asked = orders["ask_days"].to_numpy(np.int64)
    wanted = day + np.maximum(asked, 0)
    later = add_working_days(np.maximum(wanted - transit - 2, 0), 0)
    ship = np.where(asked >= 0, np.maximum(ship, later), ship)
    orders["plan_ship_day"] = ship
    orders["alloc_day"] = np.where(asked >= 0, np.maximum(begin, add_working_days(ship - 3, 0)), begin)
    orders["transit_days"] = transit
    orders["promised_at"] = add_working_days(ship, transit + 1) * DAY + 18 * 3600
    requested = np.where(asked >= 0, np.maximum(wanted, day + 1) * DAY + 12 * 3600, np.nan)
    by_edi = (orders["channel"] == EDI).to_numpy() & (asked < 0)
    orders["requested_at"] = np.where(by_edi, (day + transit + 4) * DAY + 12 * 3600, requested)


def transit_days(world: World) -> Ints:
    """Return the working days from warehouse to customer, by city."""
    days = {city.name: city.transit_days for city in CITIES}
    cities = world.clientele.ship_tos["city"].map(days).fillna(3).to_numpy(np.int64)
    return np.asarray(cities[world.orders["ship_to"].to_numpy(np.int64)])


def run_orders(world: World) -> None:
    """Fill in when each step of each order happened (``t_STEP``, seconds; infinite = never)."""
    rng = world.rng("steps")
    orders, lines = world.orders, world.lines
    count = len(orders)
    at = orders["at"].to_numpy(float)
    ready = lines.groupby("uid")["ready_day"].max().reindex(orders["uid"]).to_numpy(float)
    ready = np.where(np.isnan(ready), orders["alloc_day"], ready).astype(np.int64)
    waited = ready > orders["alloc_day"].to_numpy(np.int64)
    planned = orders["plan_ship_day"].to_numpy(np.int64)
    late = orders["late_days"].to_numpy(np.int64)
    ship_day = np.where(waited, np.maximum(planned, add_working_days(ready + 1, 0)), planned)
    stuck = orders["stuck_step"].to_numpy(object)
    ship_day = add_working_days(
        ship_day, np.where(np.isin(stuck, ["confirmed", "allocated", "picked", "on_hold"]), late, 0)
    )
    channel = orders["channel"].to_numpy(np.int64)
    staffed = np.isin(channel, [PHONE, EMAIL])
    confirmed = at + np.where(staffed, rng.uniform(300, 5400, count), rng.uniform(20, 600, count))
    alloc_day = orders["alloc_day"].to_numpy(float)
    morning = alloc_day * DAY + rng.uniform(8.0, 8.9, count) * 3600
    allocated = np.maximum(morning, confirmed + rng.uniform(900, 5400, count))
    hold = (orders["hold_days"] > 0).to_numpy() | (stuck == "on_hold")
    held = np.where(hold, confirmed + rng.uniform(600, 3600, count), NEVER)
    allocated = np.where(
        orders["hold_days"] > 0,
        (alloc_day + orders["hold_days"]) * DAY + rng.uniform(8.0, 8.9, count) * 3600,
        allocated,
    )
    delayed = np.isin(stuck, ["confirmed", "on_hold"])
    allocated = np.where(delayed, (ship_day - 1) * DAY + rng.uniform(8.0, 8.9, count) * 3600, allocated)
    allocated = np.maximum(allocated, confirmed + 600)
    shipped = ship_day * DAY + rng.uniform(14.0, 17.0, count) * 3600
    shipped = np.maximum(shipped, allocated + 5400)
    picked = shipped - rng.uniform(1.0, 5.0, count) * 3600
    picked = np.where(stuck == "picked", planned * DAY + rng.uniform(9.0, 13.0, count) * 3600, picked)
    picked = np.maximum(picked, allocated + 1800)
    short = lines.loc[lines["short"] > 0, "uid"].unique()
    back = waited & np.isin(orders["uid"], short)
    backordered = np.where(back, allocated + 1200, NEVER)
    orders["ship_day"] = np.floor(shipped / DAY).astype(np.int64)
    delivered = _delivered(rng, orders, stuck, late)
    invoiced = add_working_days(orders["ship_day"].to_numpy(np.int64), 1) * DAY + rng.uniform(8, 10, count) * 3600
    moments = (at, confirmed, held, allocated, backordered, picked, shipped, delivered, invoiced)
    steps = dict(zip(STEPS, moments, strict=False))
    gone = orders["is_cancelled"].to_numpy(bool)
    cancelled_at = np.where(gone, confirmed + rng.uniform(600, 6 * 3600, count), NEVER)
    cancelled_at = np.where(orders["cancel_at"].notna(), np.maximum(orders["cancel_at"], confirmed + 60), cancelled_at)
    for name, moment in steps.items():
        stopped = gone & (moment > cancelled_at)
        orders[f"t_{name}"] = np.where(stopped, NEVER, moment)
    orders["t_cancelled"] = cancelled_at
    returned = (rng.random(count) < 0.006) & ~gone
    orders["t_returned"] = np.where(returned, delivered + rng.uniform(2, 12, count) * DAY, NEVER)


def _delivered(rng: np.random.Generator, orders: pd.DataFrame, stuck: "np.ndarray", late: Ints) -> Floats:
    """Return when each order arrives: usually in the carrier's time, at times a day later, rarely more."""
    count = len(orders)
    ship_day, transit = orders["ship_day"].to_numpy(np.int64), orders["transit_days"].to_numpy(np.int64)
    extra = rng.choice([0, 1, 2, 3], count, p=[0.816, 0.165, 0.0182, 0.0008])
    hour = rng.uniform(9.0, 17.3, count) * 3600
    arrival = add_working_days(ship_day, transit + extra)
    promised = orders["promised_at"].to_numpy(float)
    over_weekend = (extra == 2) & (arrival * DAY + hour > promised + DAY)
    arrival = np.where(over_weekend, add_working_days(ship_day, transit + 1), arrival)
    arrival = np.where(stuck == "shipped", add_working_days(ship_day, transit + 1 + late), arrival)
    return np.asarray(arrival * DAY + hour)


def events_table(world: World) -> pd.DataFrame:
    """Return the canonical order events up to now, and set each order's ``status`` to its last step."""
    orders = world.orders
    parts = []
    for rank, step in enumerate(STEPS):
        column = f"t_{step}"
        if column in orders:
            moment = orders[column].to_numpy(float)
            known = np.flatnonzero(moment <= NOW)
            parts.append(pd.DataFrame({"place": known, "at": np.floor(moment[known]), "rank": rank}))
    events = pd.concat(parts, ignore_index=True).sort_values(["place", "at", "rank"], kind="stable", ignore_index=True)
    last = events.groupby("place")[["at", "rank"]].last().reindex(range(len(orders)))
    orders["status"] = np.array(STEPS, dtype=object)[last["rank"].fillna(0).to_numpy(np.int64)]
    orders["updated_at"] = last["at"].fillna(orders["at"]).to_numpy(float)
    machine = np.isin(
        events["rank"], [STEPS.index(step) for step in ("new", "allocated", "invoiced", "closed", "delivered")]
    )
    entered = orders["entered_by"].to_numpy(object)[events["place"].to_numpy()]
    events["by"] = np.where(events["rank"] == 0, entered, np.where(machine, "system", "warehouse"))
    events["status"] = np.array(STEPS, dtype=object)[events["rank"].to_numpy()]
    return events
