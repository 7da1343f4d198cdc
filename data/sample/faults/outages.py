"""Technical faults, announced or not: imports that die, batches sent twice, orders lost, fields that arrive empty."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from data.sample.faults.copies import copy_orders
from data.sample.faults.picking import free_orders, quota
from data.sample.timeline import DAY, IS_WORKED, NOW_DAY, Ints, date_text
from data.sample.world import EDI, MARKETPLACE, WEB, World

SYSTEMS = {WEB: "web-shop", EDI: "edi-gateway", MARKETPLACE: "marketplace-connector"}
NULLED = (
    "ship_to_name",
    "ship_to_phone",
    "ship_to_address",
    "ship_to_city",
    "ship_to_region",
    "ship_to_postal_code",
    "ship_to_country",
)
TRIES = 40
LEAST = 5  # orders make a window
LONGEST = 36 * 3600  # seconds
SORTS = ("import_burst", "mass_nulls", "lost_orders", "resent_batch", "zero_totals", "mass_nulls_operator")


class Fault(NamedTuple):
    """A technical fault to come: of which sort, and whether the system log will tell of it."""

    sort: str
    is_announced: bool


def plant_import_faults(world: World) -> None:
    """Plant the faults that change which orders there are and when they came in; plan the others."""
    rng = world.rng("technical faults")
    left = quota(world, "system_fault", least=24)
    size = int(np.clip(np.sqrt(world.size) / 9, 8, 120))
    turn, told = int(rng.integers(len(SORTS))), int(rng.integers(2))
    makers = {"import_burst": _burst, "lost_orders": _lose, "resent_batch": _resend}
    for number in range(TRIES):
        sort = SORTS[(turn + number) % len(SORTS)]
        count = int(rng.integers(size * 2 // 3, size * 3 // 2))
        is_announced = (number + told) % 2 == 0
        left -= makers.get(sort, _plan)(world, rng, count, Fault(sort, is_announced))
        if left <= 0:
            break


def _window(world: World, rng: np.random.Generator, channels: tuple[int, ...], count: int) -> tuple[int, pd.DataFrame]:
    """Return one of the channels and up to ``count`` of its orders that follow one another within a day and a half."""
    free = free_orders(world, from_day=45)
    free = free[free["at"] < (NOW_DAY - 4) * DAY].sort_values("at", kind="stable")
    for _ in range(TRIES):
        channel = channels[int(rng.integers(len(channels)))]
        rows = free[free["channel"] == channel]
        if len(rows) <= LEAST:
            continue
        first = int(rng.integers(0, len(rows) - LEAST))
        rows = rows.iloc[first : first + count]
        rows = rows[rows["at"] < rows["at"].iloc[0] + LONGEST]
        if len(rows) >= LEAST:
            return channel, rows
    return channels[0], free.iloc[:0]


def _tell(world: World, uids: Ints, fault: Fault, hidden: str = "medium", also_ok: str = "") -> None:
    """Put the orders of a window into the truth; an announced fault is easy to see."""
    level = "easy" if fault.is_announced else hidden
    variant = f"{fault.sort}_announced" if fault.is_announced else fault.sort
    world.truth.plant(uids, "system_fault", "system_fault", level, variant, also_ok=also_ok)


def _log(world: World, rng: np.random.Generator, first: float, last: float, what: tuple[str, str, str]) -> None:
    """Announce a fault: ``what`` is the system, the kind of event and the detail."""
    world.harmful_events.append((first - rng.uniform(0, 600), last + rng.uniform(60, 900), *what))


def _burst(world: World, rng: np.random.Generator, count: int, fault: Fault) -> int:
    """An import that failed for hours runs again: all its orders bear the second in which it did."""
    channel, rows = _window(world, rng, (WEB, EDI, MARKETPLACE), count)
    if rows.empty:
        return 0
    moment = int(rows["at"].to_numpy().max()) + int(rng.uniform(600, 7200))
    if fault.is_announced:
        what = (SYSTEMS[channel], "failed_import", "Import failed, run again by hand")
        _log(world, rng, float(rows["at"].iloc[0]), moment, what)
    world.orders.loc[rows.index, "at"] = moment
    _tell(world, rows["uid"].to_numpy(), fault)
    return len(rows)


def _lose(world: World, rng: np.random.Generator, count: int, fault: Fault) -> int:
    """For most of a working day nearly all orders are lost: their numbers are missing, a few came through."""
    orders = world.orders.sort_values("at", kind="stable")
    day = int(rng.choice(np.flatnonzero(IS_WORKED[60 : NOW_DAY - 5]) + 60))
    begin, end = day * DAY + 7 * 3600, day * DAY + int(rng.uniform(15, 18) * 3600)
    inside = orders[(orders["at"] >= begin) & (orders["at"] < end)]
    spoken_for = {uid for frame in world.truth.innocent for uid in frame["uid"]} | world.truth.taken
    losable = inside[inside["origin"].isin(["plain", "standing"]) & ~inside["uid"].isin(spoken_for)]
    lost = losable[rng.random(len(losable)) < 0.9]
    kept = inside[~inside["uid"].isin(lost["uid"]) & world.truth.free(inside["uid"].to_numpy())]
    if len(kept) < 2 or len(lost) < 2.5 * len(kept) or len(kept) > 2 * count:
        return 0
    is_lost = orders["uid"].isin(lost["uid"]).to_numpy()
    before = np.cumsum(is_lost)[~is_lost]
    left = orders[~is_lost].copy()
    left["skipped_before"] += np.diff(before, prepend=0)
    world.orders = left.sort_index().reset_index(drop=True)
    world.lines = world.lines[~world.lines["uid"].isin(lost["uid"])].reset_index(drop=True)
    if fault.is_announced:
        _log(world, rng, begin, end, ("erp", "outage", "Order database down, orders lost"))
    _tell(world, kept["uid"].to_numpy(), fault, hidden="hard")
    world.truth.trend("lost_orders", date=date_text(day), lost=len(lost))
    return len(kept)


def _resend(world: World, rng: np.random.Generator, count: int, fault: Fault) -> int:
    """A partner sends a batch of messages twice: every order of it is there again, all in one minute."""
    _, rows = _window(world, rng, (EDI,), count)
    if rows.empty:
        return 0
    uids = rows["uid"].to_numpy()
    moment = int(rows["at"].to_numpy().max()) + int(rng.uniform(3600, 30 * 3600))
    at = moment + np.sort(rng.integers(0, 50, len(rows)))
    fresh = copy_orders(world, uids, at=at, origin="duplicate", original=uids, variant="resent_batch", refuses=True)
    world.lines.loc[world.lines["uid"].isin(fresh), "plausible"] = 0.0
    if fault.is_announced:
        _log(world, rng, moment, moment + 60, ("edi-gateway", "failed_import", "Partner repeated a transmission"))
    world.truth.plant(
        fresh, "duplicate_order", "edi_resend", "medium", "resent_batch", also_ok="system_fault|resubmission"
    )
    _tell(world, fresh, fault, also_ok="edi_resend")
    world.truth.pair(fresh, uids, "resent_batch")
    return len(rows)


def _plan(world: World, rng: np.random.Generator, count: int, fault: Fault) -> int:
    """Choose a window for a fault that spoils fields; they are spoilt once the headers are filled in."""
    channel, rows = _window(world, rng, (WEB, EDI), count)
    if rows.empty:
        return 0
    _tell(world, rows["uid"].to_numpy(), fault)
    world.outages.append((fault.sort, rows["uid"].to_numpy()))
    if fault.is_announced:
        kind, detail = ("outage", "Address service unavailable")
        if fault.sort == "zero_totals":
            kind, detail = ("deployment", "Release rolled back")
        what = (SYSTEMS[channel], kind, detail)
        _log(world, rng, float(rows["at"].iloc[0]), float(rows["at"].iloc[-1]), what)
    return len(rows)


def spoil_fields(world: World) -> None:
    """Empty or falsify the fields of the orders in the planned windows."""
    rng = world.rng("spoilt fields")
    for sort, uids in world.outages:
        hit = world.orders["uid"].isin(uids)
        if sort == "mass_nulls":
            columns = list(NULLED) if rng.random() < 0.5 else ["ship_to_address", "ship_to_city", "ship_to_postal_code"]
            for column in columns:
                world.orders.loc[hit, column] = None
            world.truth.note(uids, "customer_info", "consequence")
        elif sort == "mass_nulls_operator":
            for column in ("entered_by", "customer_po", "ship_to_phone"):
                world.orders.loc[hit, column] = None
            world.truth.note(uids, "customer_info", "consequence")
        else:
            world.orders.loc[hit, "total"] = 0.0
            world.truth.note(uids, "order_info", "consequence")
            world.truth.note(uids, "payment_problem", "consequence")
