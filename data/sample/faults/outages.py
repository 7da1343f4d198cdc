"""Technical faults, announced or not: imports that die, batches sent twice, orders lost, fields that arrive empty."""

import numpy as np
import pandas as pd

from data.sample.faults.copies import copy_orders
from data.sample.faults.picking import free_orders, quota
from data.sample.timeline import DAY, IS_WORKED, NOW_DAY, date_text
from data.sample.world import CHANNELS, EDI, MARKETPLACE, WEB, World

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
SORTS = ("import_burst", "mass_nulls", "lost_orders", "resent_batch", "zero_totals", "mass_nulls_operator")


def plant_import_faults(world: World) -> None:
    """Plant the faults that change which orders there are and when they came in; plan the others."""
    rng = world.rng("technical faults")
    left = quota(world, "system_fault", least=24)
    size = int(np.clip(np.sqrt(world.size) / 9, 7, 120))
    world.outages = []
    number = 0
    while left > 0:
        sort = SORTS[number % len(SORTS)]
        count = int(min(max(left, 6), rng.integers(size * 2 // 3, size * 3 // 2)))
        announced = number % 2 == int(rng.integers(2))
        made = {"import_burst": _burst, "lost_orders": _lose, "resent_batch": _resend}.get(sort, _plan)(
            world, rng, count, sort, announced
        )
        left -= made
        number += 1
        if number > 400:
            break


def _window(world: World, rng: np.random.Generator, channels: tuple[int, ...] | None, count: int) -> pd.DataFrame:
    """Return ``count`` free orders of the channels that follow one another in time."""
    rows = free_orders(world, from_day=45).sort_values("at", kind="stable")
    if channels is not None:
        rows = rows[rows["channel"].isin(channels)]
    rows = rows[rows["at"] < (NOW_DAY - 4) * DAY]
    if len(rows) <= count + 1:
        return rows.iloc[:0]
    first = int(rng.integers(0, len(rows) - count))
    return rows.iloc[first : first + count]


def _log(
    world: World, rng: np.random.Generator, first: float, last: float, system: str, kind: str, detail: str
) -> None:
    world.harmful_events.append((first - rng.uniform(0, 600), last + rng.uniform(60, 900), system, kind, detail))


def _burst(world: World, rng: np.random.Generator, count: int, sort: str, announced: bool) -> int:
    """An import that failed for hours runs again: all its orders bear the second in which it did."""
    channel = (WEB, EDI, MARKETPLACE)[rng.integers(3)]
    rows = _window(world, rng, (channel,), count)
    if rows.empty:
        return 0
    last = int(rows["at"].max())
    moment = last + int(rng.uniform(600, 7200))
    world.orders.loc[rows.index, "at"] = moment
    if announced:
        _log(
            world,
            rng,
            float(rows["at"].min()),
            moment,
            SYSTEMS[channel],
            "failed_import",
            "Import failed, rerun by hand",
        )
    level = "easy" if announced else "medium"
    world.truth.plant(rows["uid"], "system_fault", "system_fault", level, f"{sort}{'_announced' if announced else ''}")
    return len(rows)


def _lose(world: World, rng: np.random.Generator, count: int, sort: str, announced: bool) -> int:
    """For most of a working day nearly all orders are lost: their numbers are missing, a few came through."""
    orders = world.orders
    day = int(rng.choice([d for d in range(60, NOW_DAY - 5) if IS_WORKED[d]]))
    begin, end = day * DAY + 7 * 3600, day * DAY + int(rng.uniform(15, 18) * 3600)
    inside = orders[(orders["at"] >= begin) & (orders["at"] < end) & orders["origin"].isin(["plain", "standing"])]
    inside = inside[world.truth.free(inside["uid"].to_numpy())].sort_values("at", kind="stable")
    survivors = max(3, len(inside) // 8)
    if len(inside) < survivors + 6:
        return 0
    kept = inside.iloc[np.sort(rng.choice(len(inside), survivors, replace=False))]
    lost = inside[~inside["uid"].isin(kept["uid"])]
    lost = lost[~lost["uid"].isin(_noted(world))]
    world.orders.loc[kept.index[-1], "skipped_before"] = len(lost)
    world.orders = world.orders.drop(index=lost.index).reset_index(drop=True)
    world.lines = world.lines[~world.lines["uid"].isin(lost["uid"])].reset_index(drop=True)
    if announced:
        _log(world, rng, begin, end, "erp", "outage", "Order database down, orders lost")
    world.truth.plant(
        kept["uid"],
        "system_fault",
        "system_fault",
        "medium" if announced else "hard",
        f"{sort}{'_announced' if announced else ''}",
    )
    world.trends.setdefault("lost_orders", []).append({"date": date_text(day), "lost": len(lost)})
    return len(kept)


def _noted(world: World) -> set[int]:
    """Return the orders that the truth speaks of already."""
    return {uid for frame in world.truth.innocent for uid in frame["uid"]} | world.truth.taken


def _resend(world: World, rng: np.random.Generator, count: int, sort: str, announced: bool) -> int:
    """A partner sends a batch of messages twice: every order of it is there again, all in one minute."""
    rows = _window(world, rng, (EDI,), count)
    if rows.empty:
        return 0
    moment = int(rows["at"].max()) + int(rng.uniform(3600, 30 * 3600))
    at = moment + np.sort(rng.integers(0, 50, len(rows)))
    fresh = copy_orders(
        world, rows["uid"].to_numpy(), at=at, origin="duplicate", original=rows["uid"].to_numpy(), refuses=True
    )
    world.lines.loc[world.lines["uid"].isin(fresh), "plausible"] = 0.0
    if announced:
        _log(
            world,
            rng,
            float(moment),
            float(moment + 60),
            "edi-gateway",
            "failed_import",
            "Partner repeated a transmission",
        )
    level = "easy" if announced else "medium"
    world.truth.plant(
        fresh, "duplicate_order", "edi_resend", "medium", "resent_batch", also_ok="system_fault|resubmission"
    )
    world.truth.plant(
        fresh, "system_fault", "system_fault", level, f"{sort}{'_announced' if announced else ''}", also_ok="edi_resend"
    )
    world.truth.pair(fresh, rows["uid"].to_numpy(), "resent_batch")
    return len(rows)


def _plan(world: World, rng: np.random.Generator, count: int, sort: str, announced: bool) -> int:
    """Choose a window for a fault that spoils fields; they are spoilt once the headers are filled in."""
    channel = (WEB, EDI)[rng.integers(2)]
    rows = _window(world, rng, (channel,), count)
    if rows.empty:
        return 0
    world.truth.plant(
        rows["uid"],
        "system_fault",
        "system_fault",
        "easy" if announced else "medium",
        f"{sort}{'_announced' if announced else ''}",
    )
    world.outages.append((sort, rows["uid"].to_numpy()))
    if announced:
        kind = "deployment" if sort == "zero_totals" else "outage"
        detail = (
            f"{CHANNELS[channel]}: {'release rolled back' if kind == 'deployment' else 'address service unavailable'}"
        )
        _log(world, rng, float(rows["at"].min()), float(rows["at"].max()), SYSTEMS[channel], kind, detail)
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
