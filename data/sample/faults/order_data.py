"""Headers that contradict themselves: totals, dates, references."""

import numpy as np
import pandas as pd

from data.sample.faults.picking import one_per_order, quota, some_orders, split
from data.sample.frames import counted
from data.sample.timeline import DAY, NOW
from data.sample.world import World

VARIANTS = {
    "total_far_off": 1.5,
    "total_without_a_line": 1.5,
    "total_without_discount": 1.2,
    "total_slightly_off": 1.5,
    "shipped_before_ordered": 1.4,
    "delivered_before_shipped": 1.3,
    "requested_before_ordered": 1.2,
    "promised_before_ordered": 1.0,
    "unknown_product": 1.5,
    "unknown_customer": 1.2,
}
EASY = ("total_far_off", "shipped_before_ordered", "delivered_before_shipped", "unknown_product", "unknown_customer")
HARD = ("total_slightly_off",)


def plant_order_data(world: World) -> None:
    """Spoil totals, dates and references of some orders."""
    rng = world.rng("header faults")
    size = world.lines.groupby("uid").size()
    gross = (world.lines["unit_price"] * world.lines["quantity"]).groupby(world.lines["uid"]).sum()
    for variant, count in counted(split(rng, quota(world, "order_info"), VARIANTS)):
        rows = some_orders(world, rng)
        rows = rows.assign(size=size.reindex(rows["uid"]).to_numpy(), gross=gross.reindex(rows["uid"]).to_numpy())
        chosen = one_per_order(rng, rows[_suited(rows, variant)], count)
        if chosen.empty:
            continue
        _spoil(world, rng, chosen, variant)
        level = "easy" if variant in EASY else "hard" if variant in HARD else "medium"
        also_ok = "stale_master_data" if variant.startswith("unknown") else "system_fault"
        world.truth.plant(chosen["uid"], "order_info", "data_entry", level, variant, also_ok=also_ok)


def _suited(rows: pd.DataFrame, variant: str) -> "pd.Series[bool]":
    if variant == "total_without_a_line":
        return rows["size"] >= 2
    if variant == "total_without_discount":
        return rows["gross"] > rows["total"] * 1.04
    if variant == "shipped_before_ordered":
        return rows["t_shipped"] <= NOW
    if variant == "delivered_before_shipped":
        return rows["t_delivered"] <= NOW
    return rows["total"] > 20


def _spoil(world: World, rng: np.random.Generator, chosen: pd.DataFrame, variant: str) -> None:
    orders, where = world.orders, chosen.index
    total, at = chosen["total"].to_numpy(float), chosen["at"].to_numpy(float)
    if variant == "total_far_off":
        orders.loc[where, "total"] = total * rng.choice([10.0, 0.1, 1.7, 0.4], len(total))
    elif variant == "total_slightly_off":
        orders.loc[where, "total"] = total * (
            1 + rng.choice([-1, 1], len(total)) * rng.uniform(0.012, 0.04, len(total))
        )
    elif variant == "total_without_discount":
        orders.loc[where, "total"] = chosen["gross"]
    elif variant == "total_without_a_line":
        lines = world.lines[world.lines["uid"].isin(chosen["uid"])]
        net = (lines["unit_price"] * lines["quantity"] * (1 - lines["discount"])).groupby(lines["uid"])
        smallest = np.maximum(net.min().reindex(chosen["uid"]).to_numpy(float), 0.03 * total)
        orders.loc[where, "total"] = total - smallest
    elif variant == "shipped_before_ordered":
        orders.loc[where, "shown_shipped"] = at - rng.uniform(1, 20, len(at)) * DAY
    elif variant == "delivered_before_shipped":
        orders.loc[where, "shown_delivered"] = chosen["t_shipped"].to_numpy(float) - rng.uniform(0.6, 8, len(at)) * DAY
    elif variant == "requested_before_ordered":
        orders.loc[where, "requested_at"] = at - rng.choice([5, 30, 365], len(at)) * DAY
    elif variant == "promised_before_ordered":
        orders.loc[where, "promised_at"] = at - rng.choice([3, 30, 365], len(at)) * DAY
    elif variant == "unknown_customer":
        orders.loc[where, "customer_id"] = [_mangled(rng, text) for text in chosen["customer_id"]]
    elif variant == "unknown_product":
        lines = world.lines
        rows = lines[lines["uid"].isin(chosen["uid"])].drop_duplicates("uid")
        lines.loc[rows.index, "product_id"] = [_mangled(rng, text) for text in rows["product_id"]]


def _mangled(rng: np.random.Generator, code: str) -> str:
    """Return an id that no master record has."""
    sort = rng.integers(3)
    if sort == 0:
        return code.replace("0", "O", 1) if "0" in code else code + "X"
    return f"{code}-OLD" if sort == 1 else f"{code[0]}9{code[1:]}"
