"""Who orders when: everyday orders, standing orders, rounds of a chain's branches."""

import numpy as np
import pandas as pd

from data.sample.addresses import SITE_DAYS
from data.sample.timeline import DAY, DAYS, NOW, Ints, add_working_days, demand_by_day, weekday_of
from data.sample.world import EDI, EMAIL, MARKETPLACE, PHONE, Clientele, World

ROUND_DAYS = 28


def make_orders(world: World) -> pd.DataFrame:
    """Return one row per order without its lines: ``customer, ship_to, at, channel, origin, ask_days, group``."""
    rng = world.rng("demand")
    clientele = world.clientele
    regular = pd.concat([standing_orders(rng, clientele), branch_rounds(rng, clientele)], ignore_index=True)
    cap = int(0.3 * world.size)
    if len(regular) > cap:  # keep whole customers, so that rhythms stay whole
        sizes = regular["customer"].value_counts(sort=False).sort_index()
        shuffled = sizes.iloc[rng.permutation(len(sizes))]
        regular = regular[regular["customer"].isin(shuffled.index[shuffled.cumsum() <= cap])]
    lacking = world.size - len(regular)
    plain = plain_orders(rng, clientele, lacking + lacking // 100 + 40)
    plain = plain.iloc[: world.size - len(regular)]
    orders = pd.concat([regular, plain], ignore_index=True).sort_values("at", kind="stable", ignore_index=True)
    numbers = ["customer", "ship_to", "at", "channel", "ask_days", "group"]
    orders[numbers] = orders[numbers].astype(np.int64)
    orders.insert(0, "uid", np.arange(len(orders)))
    return orders


def plain_orders(rng: np.random.Generator, clientele: Clientele, count: int) -> pd.DataFrame:
    """Return everyday orders, each at its customer's usual hours and by its usual channel."""
    habits = clientele.habits
    busy = np.concatenate([[0.0], np.cumsum(demand_by_day())])
    begin = habits["from_day"].to_numpy(np.int64)
    end = habits["to_day"].to_numpy(np.int64)
    appetite = habits["rate"].to_numpy(float) * (busy[end] - busy[begin])
    appetite = np.where(habits["is_marketplace"], appetite.sum() * 0.015, appetite)
    customer = rng.choice(len(habits), count, p=appetite / appetite.sum())
    picked = habits.iloc[customer].reset_index(drop=True)
    place = busy[begin[customer]] + rng.random(count) * (busy[end[customer]] - busy[begin[customer]])
    day = np.searchsorted(busy, place, side="right") - 1
    first = begin[customer]
    is_first = picked["is_new"].to_numpy(bool) & ~pd.Series(customer).duplicated().to_numpy()
    day = np.where(is_first, first, day)
    wanted = picked["weekday"].to_numpy(np.int64)
    moved = day - weekday_of(day) + wanted
    keeps = (wanted >= 0) & (rng.random(count) < 0.6) & (moved >= first) & (moved < DAYS)
    day = np.where(keeps, moved, day)
    channel = np.where(rng.random(count) < picked["second_share"], picked["second_channel"], picked["channel"])
    moved_on = picked["moves_channel_on"].to_numpy(np.int64)
    channel = np.where((moved_on >= 0) & (day >= moved_on), picked["new_channel"], channel)
    at = time_of_day(rng, picked, channel, day)
    frame = pd.DataFrame(
        {"customer": customer, "at": at, "channel": channel, "origin": "plain", "ask_days": -1, "group": -1}
    )
    asks = rng.random(count) < 0.12
    frame.loc[asks, "ask_days"] = rng.integers(5, 16, int(asks.sum()))
    frame["ship_to"] = choose_ship_to(rng, clientele, customer, frame["at"].to_numpy() // DAY)
    return frame[frame["at"] < NOW - 600]


def time_of_day(rng: np.random.Generator, habits: pd.DataFrame, channel: Ints, day: Ints) -> Ints:
    """Return the second of each order; people who are phoned or mailed only work office hours."""
    count = len(day)
    hour = habits["hour"].to_numpy(float) + rng.normal(0, 1, count).clip(-2.5, 2.5) * habits["hour_spread"].to_numpy(
        float
    )
    staffed = np.isin(channel, [PHONE, EMAIL])
    hour = np.where(staffed, np.clip(hour, 8.2, 17.6) + rng.uniform(-0.2, 0.2, count), hour)
    hour = np.where(channel == MARKETPLACE, rng.normal(15, 4, count) % 24, hour)
    day = np.where(staffed, add_working_days(day, 0), day)
    seconds = day * DAY + (hour * 3600).astype(np.int64)
    batch = day * DAY + (6 * 3600 + 600) + rng.integers(0, 240, count)
    return np.where(channel == EDI, batch, seconds).astype(np.int64)


def choose_ship_to(rng: np.random.Generator, clientele: Clientele, customer: Ints, day: Ints) -> Ints:
    """Return for each order an address in use that day: mostly the customer's own, strangers once each."""
    addresses = clientele.ship_tos
    own = clientele.first_ship_to[customer]
    count = clientele.ship_to_count[customer]
    other = own + 1 + (rng.random(len(customer)) * np.maximum(count - 1, 1)).astype(np.int64)
    habits = clientele.habits.iloc[customer]
    site = own + 1 + np.minimum(day // SITE_DAYS, np.maximum(count - 2, 0))
    other = np.where(habits["has_sites"], site, other)
    share = np.where(habits["is_chain"], 0.9, np.where(habits["is_marketplace"], 1.0, 0.25))
    chosen = np.where((count > 1) & (rng.random(len(customer)) < share), other, own)
    since, until = addresses["since"].to_numpy(), addresses["until"].to_numpy()
    wrong = (day < since[chosen]) | (day >= until[chosen])
    fallback = np.where((day >= since[own]) & (day < until[own]), own, np.minimum(own + 1, own + count - 1))
    return np.asarray(np.where(wrong, fallback, chosen), dtype=np.int64)


def standing_orders(rng: np.random.Generator, clientele: Clientele) -> pd.DataFrame:
    """Return orders that come by themselves every week, fortnight or four weeks, with the same basket."""
    habits = clientele.habits
    customer = np.flatnonzero((habits["standing_days"] > 0) & ~habits["is_marketplace"])
    step = habits["standing_days"].to_numpy(np.int64)[customer]
    begin = habits["from_day"].to_numpy(np.int64)[customer] + rng.integers(0, step)
    begin += -weekday_of(begin) % 7 + customer % 5
    buyer, day = _every(customer, begin, habits["to_day"].to_numpy(np.int64)[customer], step)
    kept = rng.random(len(day)) > 0.03
    buyer, day = buyer[kept], day[kept]
    hour = np.clip(habits["hour"].to_numpy(float)[buyer], 7, 19)
    at = day * DAY + (hour * 3600).astype(np.int64) + rng.integers(0, 900, len(day))
    frame = pd.DataFrame({"customer": buyer, "at": at, "origin": "standing", "group": -1})
    frame["channel"] = habits["channel"].to_numpy(np.int64)[buyer]
    frame["ship_to"] = _own_address(clientele, frame)
    return frame[frame["at"] < NOW - 600].assign(ask_days=-1)


def branch_rounds(rng: np.random.Generator, clientele: Clientele) -> pd.DataFrame:
    """Return rounds: a head office orders one basket for each of its branches, minutes apart or in one batch."""
    habits = clientele.habits
    chain = np.flatnonzero(habits["is_chain"])
    begin = habits["from_day"].to_numpy(np.int64)[chain] + rng.integers(0, ROUND_DAYS, len(chain))
    step = np.full(len(chain), ROUND_DAYS)
    office, day = _every(chain, begin, habits["to_day"].to_numpy(np.int64)[chain], step)
    branches = clientele.ship_to_count[office] - 1
    row = np.repeat(np.arange(len(office)), branches)
    number = np.arange(len(row)) - np.repeat(np.cumsum(branches) - branches, branches)
    start = add_working_days(day, 0) * DAY + (rng.uniform(9, 16, len(day)) * 3600).astype(np.int64)
    channel = habits["channel"].to_numpy(np.int64)[office]
    pause = np.where(channel == EDI, 0, rng.integers(60, 420, len(office)))
    customer = office[row]
    frame = pd.DataFrame({"customer": customer, "at": start[row] + number * pause[row] + number * (pause[row] > 0) * 7})
    frame["channel"], frame["origin"], frame["ask_days"], frame["group"] = channel[row], "branch", -1, row
    frame["ship_to"] = clientele.first_ship_to[customer] + 1 + number
    return frame[frame["at"] < NOW - 600]


def _every(customer: Ints, begin: Ints, end: Ints, step: Ints) -> tuple[Ints, Ints]:
    """Return who orders on which day, each customer every so many days."""
    times = np.maximum((end - begin + step - 1) // step, 0)
    row = np.repeat(np.arange(len(customer)), times)
    count = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
    return customer[row], begin[row] + count * step[row]


def _own_address(clientele: Clientele, frame: pd.DataFrame) -> Ints:
    """Return the customer's own address, the old one before it moved."""
    own = clientele.first_ship_to[frame["customer"].to_numpy(np.int64)]
    since = clientele.ship_tos["since"].to_numpy()
    moved = (frame["at"].to_numpy(np.int64) // DAY) < since[own]
    return np.asarray(np.where(moved, own + 1, own), dtype=np.int64)
