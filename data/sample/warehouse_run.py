"""Run the warehouse on the company's orders: who got what when, what was short and why."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.sample.mishaps import OF_DEMAND
from data.sample.stock import Outcome, Plan, simulate
from data.sample.supply import Supply, daily, forecasts_table, make_plan
from data.sample.timeline import DAY, DAYS, NOW_DAY, Bools, Floats, Ints
from data.sample.world import World

ROUNDS = 6  # of tuning mishaps
LEAST_SHORT = 2  # lines
MADE_TO_ORDER = ("project", "seasonal")


def run_warehouse(world: World, supply: Supply, mishaps: pd.DataFrame) -> None:
    """Fill in ``short``, ``shipped``, ``ready_day`` and ``cause`` of every line, and the stock tables."""
    lines, orders = world.lines, world.orders.set_index("uid")
    for column in ("alloc_day", "at", "customer", "is_cancelled", "origin"):
        lines[column] = orders[column].reindex(lines["uid"]).to_numpy()
    alone = lines.groupby("uid")["line_no"].transform("size").to_numpy() == 1
    lines["waits"] = world.clientele.habits["backorders"].to_numpy(bool)[lines["customer"].to_numpy(np.int64)] | alone
    lines.loc[lines["injected"] == "outsized", "waits"] = False
    known = (~lines["is_cancelled"].astype(bool) & (lines["alloc_day"] < DAYS)).to_numpy()
    lines["wanted"] = np.where(known, lines["physical"], 0.0)
    queue = lines[known].sort_values(["alloc_day", "product", "at"], kind="stable").rename(columns={"alloc_day": "day"})
    calm = _without_mishaps(world, supply, queue)
    outcome, believed = _tuned(world, supply, queue, mishaps, calm[0])
    world.tables["forecasts"] = forecasts_table(world, supply, believed)
    for column, values in (("short", outcome.short), ("shipped", outcome.shipped), ("ready_day", outcome.ready_day)):
        lines[column] = 0.0 if column != "ready_day" else lines["alloc_day"]
        lines.loc[queue.index, column] = values
    lines["cause"] = ""
    lines.loc[queue.index, "cause"] = _causes(queue, outcome, mishaps, *calm)
    world.tables["purchase_orders"] = _purchase_orders(world, queue, outcome)
    world.books = outcome


def _buy_to_order(plan: Plan, queue: pd.DataFrame) -> None:
    """Let made-to-order business bring its own goods: they come in on the morning they are allocated."""
    large = queue[queue["origin"].isin(MADE_TO_ORDER).to_numpy()]
    np.add.at(
        plan.bespoke,
        (large["product"].to_numpy(np.int64), large["day"].to_numpy(np.int64)),
        large["wanted"].to_numpy(float),
    )


def _without_mishaps(world: World, supply: Supply, queue: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return what would have been short without any mishap, and without wrong and repeated orders besides."""
    plan, _ = make_plan(world, supply, pd.DataFrame())
    _buy_to_order(plan, queue)
    everyday = np.where(queue["injected"] != "", 0.0, queue["wanted"].to_numpy(float))
    meant = np.minimum(everyday, queue["plausible"].to_numpy(float))
    return simulate(plan, queue.assign(wanted=everyday)).short, simulate(plan, queue.assign(wanted=meant)).short


def _after(queue: pd.DataFrame, mishaps: pd.DataFrame) -> Bools:
    """Return which lines came after their product's mishap had begun."""
    begin = queue["product"].map(mishaps.set_index("product")["day"]).to_numpy(float)
    return np.asarray(queue["day"].to_numpy() >= begin)


def _tuned(
    world: World, supply: Supply, queue: pd.DataFrame, mishaps: pd.DataFrame, calm: Floats
) -> tuple[Outcome, Floats]:
    """Return what happens, and what forecasts were believed, once mishaps have been made as strong as they should be.

    Products do not influence each other, so each mishap is tuned by itself: stronger while it leaves no line short,
    weaker while it is devastating, between the two once both are known.
    """
    tunable = ~mishaps["variant"].isin(OF_DEMAND).to_numpy()
    low, high = np.zeros(len(mishaps)), np.full(len(mishaps), np.inf)
    best, best_miss = mishaps["strength"].to_numpy(float), np.full(len(mishaps), np.inf)
    for number in range(ROUNDS + 1):
        plan, believed = make_plan(world, supply, mishaps)
        _buy_to_order(plan, queue)
        outcome = simulate(plan, queue)
        strength = mishaps["strength"].to_numpy(float)
        found, most = _short_lines(queue, outcome, mishaps, calm)
        miss = np.select([found < LEAST_SHORT, found > most], [100.0 * (LEAST_SHORT - found), found - most], 0.0)
        better = miss < best_miss
        best, best_miss = np.where(better, strength, best), np.minimum(miss, best_miss)
        low = np.where(found < LEAST_SHORT, strength, low)
        high = np.where(found > most, strength, high)
        if number == ROUNDS or not (tunable & (miss > 0)).any():
            break
        upper = np.where(np.isfinite(high), high, np.where(low > 0, low * 2.6, strength))
        lower = np.where(low > 0, low, np.where(np.isfinite(high), upper * 0.4, strength))
        between = np.sqrt(lower * upper)
        mishaps["strength"] = np.where(tunable & (miss > 0), np.clip(between, 0.2, 5.0), strength)
        if number == ROUNDS - 1:
            mishaps["strength"] = np.where(tunable, best, strength)
    return outcome, believed


def _short_lines(queue: pd.DataFrame, outcome: Outcome, mishaps: pd.DataFrame, calm: Floats) -> tuple[Floats, Floats]:
    """Return how many lines each mishap leaves short, and how many it should at most."""
    hit = _after(queue, mishaps) & (outcome.short > calm + 1e-9)
    product = queue["product"].to_numpy(np.int64)
    count = len(outcome.start)
    mine = mishaps["product"].to_numpy(np.int64)
    found = np.bincount(product[hit], minlength=count)[mine].astype(float)
    weekly = np.bincount(product, minlength=count)[mine] / (DAYS / 7)
    return found, np.maximum(7.0, 1.6 * weekly)


def _causes(
    queue: pd.DataFrame, outcome: Outcome, mishaps: pd.DataFrame, without_mishap: Floats, without_both: Floats
) -> npt.NDArray[np.object_]:
    """Return the cause of each short line: what, taken away, lets it be served.

    First the product's mishap, then demand that was never meant (wrong quantities, repeated orders); what stays short
    without either is ordinary variability, ``unknown``.
    """
    short = outcome.short > 1e-9
    by_mishap = short & _after(queue, mishaps) & (outcome.short > without_mishap + 1e-9)
    by_surplus = short & ~by_mishap & (without_mishap > without_both + 1e-9)
    names = queue["product"].map(mishaps.set_index("product")["cause"]).fillna("").to_numpy(object)
    return np.where(by_mishap, names, np.where(by_surplus, "demand_spike", np.where(short, "unknown", "")))


def _purchase_orders(world: World, queue: pd.DataFrame, outcome: Outcome) -> pd.DataFrame:
    """Return the canonical purchase orders; what has not arrived by now is open."""
    products = world.catalogue.products
    large = queue[queue["origin"].isin(MADE_TO_ORDER).to_numpy()]
    placed = np.minimum(large["at"].to_numpy(np.int64) // DAY + 1, large["day"].to_numpy(np.int64))
    made_to_order = pd.DataFrame(
        {
            "product": large["product"],
            "day": placed,
            "quantity": large["wanted"],
            "promised": large["day"],
            "arrival": large["day"],
            "received": large["wanted"],
        }
    )
    made = pd.concat([outcome.purchase_orders, made_to_order], ignore_index=True)
    made = made.sort_values(["day", "product"], kind="stable", ignore_index=True)
    hour = world.rng("purchase orders").integers(8 * 3600, 17 * 3600, len(made))
    place = made["product"].to_numpy(np.int64)
    arrived = (made["arrival"] <= NOW_DAY).to_numpy()
    return pd.DataFrame(
        {
            "po_id": [f"B{70001 + k}" for k in range(len(made))],
            "product_id": products["product_id"].to_numpy()[place],
            "supplier_id": products["supplier_id"].to_numpy()[place],
            "quantity": made["quantity"],
            "ordered_at": made["day"] * DAY + hour,
            "promised_at": made["promised"] * DAY + 17 * 3600,
            "received_at": np.where(arrived, made["arrival"] * DAY + 7 * 3600, np.nan),
            "received_quantity": np.where(arrived, made["received"], np.nan),
        }
    )


def stock_books(world: World, left_day: Ints) -> None:
    """Write inventory snapshots and stock counts, given the day each line left the warehouse (past now = not yet)."""
    outcome = world.books
    lines = world.lines
    count = len(outcome.start)
    moved = (lines["wanted"] > 0).to_numpy()
    product = lines["product"].to_numpy(np.int64)[moved]
    shipped = lines["shipped"].to_numpy(float)[moved]
    gone = np.minimum(left_day[moved], DAYS)
    out = _by_day(product, gone, shipped, count)
    # What was got on the first try is reserved from then on, the rest of a backorder from the day it came.
    first = np.minimum(lines["wanted"].to_numpy(float)[moved] - lines["short"].to_numpy(float)[moved], shipped)
    held = _by_day(product, lines["alloc_day"].to_numpy(np.int64)[moved], first, count)
    held += _by_day(product, np.minimum(lines["ready_day"].to_numpy(np.int64)[moved], DAYS), shipped - first, count)
    end = outcome.start[:, None] + np.cumsum(outcome.receipts + outcome.adjusted - out, axis=1)
    reserved = np.cumsum(held - out, axis=1) + outcome.blocked
    morning = np.concatenate([outcome.start[:, None], end[:, :-1]], axis=1)
    morning_reserved = np.concatenate([np.zeros((count, 1)), reserved[:, :-1]], axis=1)
    place, day = np.divmod(np.arange(count * DAYS), DAYS)
    products = world.catalogue.products
    warehouse = products["warehouse_id"].to_numpy()
    ids = products["product_id"].to_numpy()
    world.tables["inventory"] = pd.DataFrame(
        {
            "product_id": ids[place],
            "warehouse_id": warehouse[place],
            "as_of": day * DAY,
            "on_hand": morning.ravel().round(2),
            "reserved": np.maximum(morning_reserved, 0).ravel().round(2),
        }
    )
    counts = outcome.counts
    where, on = counts["product"].to_numpy(), counts["day"].to_numpy()
    booked = end[where, on] - outcome.adjusted[where, on]
    world.tables["stock_counts"] = pd.DataFrame(
        {
            "product_id": ids[where],
            "warehouse_id": warehouse[where],
            "counted_at": on * DAY + 19 * 3600,
            "recorded": booked.round(2),
            "counted": (booked - counts["error"].to_numpy()).round(2),
        }
    )


def _by_day(product: Ints, day: Ints, quantity: Floats, count: int) -> Floats:
    """Return quantities by product and day; what lies past the last day is left out."""
    inside = day < DAYS
    return daily(product[inside], day[inside], quantity[inside], count)
