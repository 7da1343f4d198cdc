"""Run the warehouse on the company's orders: who got what when, what was short and why."""

import numpy as np
import pandas as pd

from data.sample.stock import Outcome, simulate
from data.sample.supply import daily, make_plan
from data.sample.timeline import DAY, DAYS, NOW_DAY, Floats
from data.sample.world import World

AFTERMATH_DAYS = 80


def run_warehouse(world: World, injections: pd.DataFrame) -> None:
    """Fill in ``short``, ``shipped`` and ``ready_day`` of every line, and the stock tables."""
    lines, orders = world.lines, world.orders.set_index("uid")
    lines["alloc_day"] = orders["alloc_day"].reindex(lines["uid"]).to_numpy(np.int64)
    lines["at"] = orders["at"].reindex(lines["uid"]).to_numpy(np.int64)
    cancelled = orders["is_cancelled"].reindex(lines["uid"]).to_numpy(bool)
    alone = lines.groupby("uid")["line_no"].transform("size").to_numpy() == 1
    backorders = world.clientele.habits["backorders"].to_numpy(bool)
    customer = orders["customer"].reindex(lines["uid"]).to_numpy(np.int64)
    lines["waits"] = backorders[customer] | alone
    known = ~cancelled & (lines["alloc_day"] < DAYS).to_numpy() & (lines["product"] >= 0).to_numpy()
    lines["wanted"] = np.where(known, lines["physical"], 0.0)
    queue = lines[known].sort_values(["alloc_day", "product", "at"], kind="stable")
    queue = queue.rename(columns={"alloc_day": "day"})
    everyday = queue[queue["injected"] == ""]
    products = len(world.catalogue.products)
    demand = daily(
        everyday["product"].to_numpy(),
        everyday["day"].to_numpy(),
        np.minimum(everyday["wanted"], everyday["plausible"]).to_numpy(),
        products,
    )
    plan, forecasts = make_plan(world, demand, injections)
    outcome = simulate(plan, queue)
    _take_over(world, queue, outcome)
    lines["cause"] = ""
    if len(injections):
        lines.loc[queue.index, "cause"] = _causes(world, queue, outcome, injections)
    lines.loc[(lines["short"] > 0) & (lines["cause"] == ""), "cause"] = "unknown"
    world.tables["forecasts"] = forecasts
    world.tables["purchase_orders"] = _purchase_orders(world, outcome)
    world.books = (plan, outcome)


def _take_over(world: World, queue: pd.DataFrame, outcome: Outcome) -> None:
    lines = world.lines
    for column, values in (("short", outcome.short), ("shipped", outcome.shipped)):
        lines[column] = 0.0
        lines.loc[queue.index, column] = values
    lines["ready_day"] = lines["alloc_day"]
    lines.loc[queue.index, "ready_day"] = outcome.ready_day


def _causes(world: World, queue: pd.DataFrame, outcome: Outcome, injections: pd.DataFrame) -> "np.ndarray":
    """Return the cause of each short line: the product's mishap, if without it the line would have been served."""
    everyday = queue[queue["injected"] == ""]
    demand = daily(
        everyday["product"].to_numpy(),
        everyday["day"].to_numpy(),
        np.minimum(everyday["wanted"], everyday["plausible"]).to_numpy(),
        len(world.catalogue.products),
    )
    saved = {
        name: world.catalogue.products[name].copy() for name in ("safety_stock", "reorder_point", "lead_time_days")
    }
    plan, _ = make_plan(world, demand, injections.iloc[:0])
    for name, values in saved.items():
        world.catalogue.products[name] = values
    calm = queue.assign(wanted=np.where(queue["injected"] != "", 0.0, queue["wanted"]))
    baseline = simulate(plan, calm).short
    mishap = injections.set_index("product")
    product = queue["product"]
    begin = product.map(mishap["day"]).to_numpy(float)
    end = product.map(mishap["end"]).to_numpy(float) + AFTERMATH_DAYS
    inside = (queue["day"].to_numpy() >= begin) & (queue["day"].to_numpy() <= end)
    worse = outcome.short > baseline + 1e-9
    return np.where((outcome.short > 0) & inside & worse, product.map(mishap["cause"]).fillna("").to_numpy(object), "")


def _purchase_orders(world: World, outcome: Outcome) -> pd.DataFrame:
    """Return the canonical purchase orders; what has not arrived by now is open."""
    made = outcome.purchase_orders.sort_values("day", kind="stable", ignore_index=True)
    products = world.catalogue.products
    rng = world.rng("purchase orders")
    hour = rng.integers(8 * 3600, 17 * 3600, len(made))
    place = made["product"].to_numpy()
    arrived = (made["arrival"] <= NOW_DAY).to_numpy()
    return pd.DataFrame(
        {
            "po_id": [f"B{70001 + k}" for k in range(len(made))],
            "product_id": products["product_id"].to_numpy()[place],
            "supplier_id": products["supplier_id"].to_numpy()[place],
            "quantity": made["quantity"],
            "ordered_at": made["day"] * DAY + hour,
            "promised_at": made["promised"] * DAY,
            "received_at": np.where(arrived, made["arrival"] * DAY + 7 * 3600, np.nan),
            "received_quantity": np.where(arrived, made["received"], np.nan),
        }
    )


def stock_books(world: World, left_day: "np.ndarray") -> None:
    """Write the inventory snapshots and stock counts, given the day each line left the warehouse (past now = not yet)."""
    plan, outcome = world.books
    lines = world.lines
    count = len(plan.lot)
    moved = (lines["wanted"] > 0).to_numpy()
    product = lines["product"].to_numpy(np.int64)[moved]
    shipped = lines["shipped"].to_numpy(float)[moved]
    gone = np.minimum(left_day[moved], DAYS)
    out = _by_day(product, gone, shipped, count)
    # What was got on the first try is reserved from then on, the rest of a backorder from the day it came.
    first = np.minimum(lines["wanted"].to_numpy(float)[moved] - lines["short"].to_numpy(float)[moved], shipped)
    held = _by_day(product, lines["alloc_day"].to_numpy(np.int64)[moved], first, count)
    held += _by_day(product, np.minimum(lines["ready_day"].to_numpy(np.int64)[moved], DAYS), shipped - first, count)
    end = plan.start[:, None] + np.cumsum(outcome.receipts + outcome.adjusted - out, axis=1)
    reserved = np.cumsum(held - out, axis=1) + outcome.blocked
    morning = np.concatenate([plan.start[:, None], end[:, :-1]], axis=1)
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


def _by_day(product: "np.ndarray", day: "np.ndarray", quantity: Floats, count: int) -> Floats:
    """Return quantities by product and day; what lies past the last day is left out."""
    inside = day < DAYS
    return daily(product[inside], day[inside], quantity[inside], count)
