"""The same order entered again: by impatience, by another channel, by a resend, under a second customer record."""

import numpy as np
import pandas as pd

from data.sample.faults.copies import copy_orders
from data.sample.faults.picking import earlier_orders, one_per_order, quota, some_orders, split
from data.sample.frames import counted
from data.sample.tastes import nice
from data.sample.timeline import DAY, NOW, Floats, add_working_days, date_text
from data.sample.world import EDI, EMAIL, MARKETPLACE, OPERATORS, PHONE, WEB, World

VARIANTS = {
    "double_submit": 3.0,
    "slow_double_submit": 1.3,
    "cross_channel": 2.6,
    "edi_resend": 1.6,
    "second_customer_record": 1.0,
    "partial": 1.6,
    "pasted": 1.2,
    "late_resubmit": 1.3,
    "late_resubmit_without_po": 0.5,
    "number_suffix": 0.9,
    "triple": 0.5,
}
MINUTE, HOUR = 60, 3600
DELAYS = {
    "double_submit": (4, 3 * MINUTE),
    "triple": (4, 2 * MINUTE),
    "slow_double_submit": (4 * MINUTE, 90 * MINUTE),
    "cross_channel": (15 * MINUTE, 30 * HOUR),
    "edi_resend": (2 * HOUR, 4 * DAY),
    "second_customer_record": (10 * MINUTE, 2 * DAY),
    "partial": (10 * MINUTE, 2 * DAY),
    "pasted": (3 * MINUTE, 26 * HOUR),
    "late_resubmit": (6 * DAY, 30 * DAY),
    "late_resubmit_without_po": (6 * DAY, 25 * DAY),
    "number_suffix": (1 * HOUR, 5 * DAY),
}
CAUSES = {"cross_channel": "cross_channel", "edi_resend": "edi_resend", "second_customer_record": "cross_channel"}
ALSO_OK = {
    "second_customer_record": "resubmission|stale_master_data|data_entry",
    "partial": "cross_channel|data_entry",
    "pasted": "data_entry",
    "number_suffix": "data_entry",
    "late_resubmit": "data_entry|process_delay",
    "late_resubmit_without_po": "data_entry|process_delay",
}
RELEASE_DAY = 376  # since this release of the web shop its button can be pressed twice
RELEASE_FACTOR = 3.0
BY_WEB = ("double_submit", "triple")
EASY = ("double_submit", "triple", "number_suffix")
HARD = ("partial", "second_customer_record", "late_resubmit", "late_resubmit_without_po")


def plant_duplicates(world: World) -> None:
    """Enter some orders again."""
    rng = world.rng("duplicates")
    world.orders["earlier"] = earlier_orders(world)
    for variant, count in counted(split(rng, quota(world, "duplicate_order"), VARIANTS)):
        rows = _suited(world, rng, variant)
        weight = np.where(rows["at"] > RELEASE_DAY * DAY, RELEASE_FACTOR, 1.0) if variant in BY_WEB else 1.0
        chosen = one_per_order(rng, rows, count, weight)
        if chosen.empty:
            continue
        first = _enter_again(world, rng, chosen, variant)
        if variant == "triple":
            again = world.orders[world.orders["uid"].isin(first)]
            _enter_again(world, rng, again, variant)
    day = RELEASE_DAY * DAY + 12 * HOUR
    world.harmful_events.append((day, day + 900, "web-shop", "deployment", "Release 6.0, new checkout"))
    when = date_text(RELEASE_DAY)
    world.truth.trend(
        "shifts", kind="duplicate_order", date=when, factor=RELEASE_FACTOR, why="a release of the web shop"
    )


def _suited(world: World, rng: np.random.Generator, variant: str) -> pd.DataFrame:
    """Return the orders that may be entered again in this way."""
    rows = some_orders(world, rng, from_day=15)
    rows = rows[rows["origin"].isin(["plain", "standing"]) & (rows["at"] < NOW - 3 * HOUR)]
    channel = rows["channel"]
    if variant in ("double_submit", "triple"):
        return rows[channel.isin([WEB, WEB, MARKETPLACE])]
    if variant == "edi_resend":
        return rows[(channel == EDI)]
    if variant == "second_customer_record":
        return rows[rows["customer"].isin(world.clientele.second_record.keys()) & (rows["at"] > 40 * DAY)]
    if variant == "pasted":
        return rows[channel.isin([EMAIL, PHONE, WEB])]
    plain = rows[(rows["origin"] == "plain") & (channel != MARKETPLACE)]
    if variant == "late_resubmit":
        return plain[plain["customer_po"].notna() & (plain["at"] < NOW - 32 * DAY)]
    if variant == "late_resubmit_without_po":
        content = world.lines.groupby("uid").size().reindex(plain["uid"]).to_numpy()
        return plain[(content >= 3) & (plain["at"] < NOW - 27 * DAY)]
    if variant == "partial":
        content = world.lines.groupby("uid").size().reindex(plain["uid"]).to_numpy()
        return plain[content >= 2]
    return plain


def _enter_again(world: World, rng: np.random.Generator, chosen: pd.DataFrame, variant: str) -> "np.ndarray":
    """Append the repeated orders and tell the truth; return their uids."""
    least, most = DELAYS[variant]
    delay = np.exp(rng.uniform(np.log(least), np.log(most), len(chosen)))
    at = np.minimum(chosen["at"].to_numpy(np.int64) + delay.astype(np.int64), NOW - 600)
    changes: dict[str, object] = {"origin": "duplicate", "original": chosen["uid"].to_numpy(), "variant": variant}
    if variant in ("cross_channel", "second_customer_record", "partial"):
        channel = chosen["channel"].to_numpy(np.int64)
        switched = np.where(
            channel == PHONE, EMAIL, np.where(channel == EMAIL, PHONE, rng.choice([PHONE, EMAIL], len(chosen)))
        )
        switched = np.where((variant == "partial") & (rng.random(len(chosen)) < 0.6), channel, switched)
        staffed = np.isin(switched, [PHONE, EMAIL])
        at = np.where(staffed, _office_hours(rng, at), at)
        changes["channel"] = switched
        clerk = np.array(OPERATORS, dtype=object)[rng.integers(0, len(OPERATORS), len(chosen))]
        changes["entered_by"] = np.where(staffed, clerk, chosen["entered_by"])
        lost = rng.random(len(chosen)) < 0.4
        changes["customer_po"] = chosen["customer_po"].mask(lost, None).to_numpy(object)
    if variant == "late_resubmit_without_po":
        changes["customer_po"] = None
    if variant == "second_customer_record":
        second = chosen["customer"].map(world.clientele.second_record).to_numpy(np.int64)
        changes["customer"] = second
        changes["ship_to"] = world.clientele.first_ship_to[second]
    if variant == "number_suffix":
        changes["number_suffix"] = rng.choice(["-1", "A", "R", "/2"], len(chosen))
    if most > DAY:
        by_hand = np.isin(chosen["channel"], [PHONE, EMAIL])
        at = np.where(by_hand, _office_hours(rng, at), at)
    changes["at"] = at
    changes["refuses"] = rng.random(len(chosen)) < 0.55
    fresh = copy_orders(world, chosen["uid"].to_numpy(), **changes)
    world.lines.loc[world.lines["uid"].isin(fresh), "plausible"] = 0.0
    if variant == "partial":
        _change_a_little(world, rng, fresh)
    level = "easy" if variant in EASY else "hard" if variant in HARD else "medium"
    earlier = chosen["original"].where(chosen["original"] >= 0, chosen["uid"]) if variant == "triple" else chosen["uid"]
    world.truth.plant(
        fresh,
        "duplicate_order",
        CAUSES.get(variant, "resubmission"),
        level,
        variant,
        also_ok=ALSO_OK.get(variant, ""),
    )
    world.truth.pair(fresh, earlier.to_numpy(), variant)
    return fresh


def _office_hours(rng: np.random.Generator, at: Floats) -> Floats:
    """Return times moved into the next office hours, never past now."""
    day, second = at // DAY, at % DAY
    early, late = second < 8.2 * HOUR, second > 17.6 * HOUR
    next_day = add_working_days(np.where(late, day + 1, day), 0)
    moved = (early | late) | (next_day != day)
    opened = next_day * DAY + 8.3 * HOUR + rng.uniform(0, 2 * HOUR, len(at))
    return np.minimum(np.where(moved, opened, at), NOW - 600).astype(np.int64)


def _change_a_little(world: World, rng: np.random.Generator, uids: "np.ndarray") -> None:
    """Drop a line of some orders, change a quantity of the others."""
    lines = world.lines
    rows = lines[lines["uid"].isin(uids)]
    target = rows.assign(_key=rng.random(len(rows))).sort_values("_key").drop_duplicates("uid")
    dropped = rng.random(len(target)) < 0.5
    change = target[~dropped]
    new = nice(np.maximum(change["quantity"].to_numpy(float) * rng.choice([0.5, 0.8, 1.25, 1.5, 2.0], len(change)), 1))
    for column in ("quantity", "physical"):
        world.lines.loc[change.index, column] = new
    world.lines = lines = world.lines.drop(index=target.index[dropped]).reset_index(drop=True)
    mine = lines["uid"].isin(uids)
    lines.loc[mine, "line_no"] = lines[mine].groupby("uid").cumcount() + 1
