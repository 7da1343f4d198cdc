"""What goes wrong in supply: which product runs short, when and why."""

from typing import Any

import numpy as np
import pandas as pd

from data.sample.frames import records
from data.sample.supply import Supply
from data.sample.tastes import nice
from data.sample.timeline import DAY, DAYS, Ints, date_text
from data.sample.world import World

KINDS = (
    ("late_supplier", "late"),
    ("under_forecast", "override"),
    ("demand_spike", "outsized"),
    ("stock_record_error", "shrinkage"),
    ("reorder_policy", "nobody_ordered"),
    ("allocation", "reserved_for_others"),
    ("late_supplier", "short_delivery"),
    ("under_forecast", "level_shift"),
    ("demand_spike", "rush"),
    ("stock_record_error", "shrinkage"),
    ("reorder_policy", "low_reorder_point"),
    ("allocation", "reserved_for_others"),
    ("under_forecast", "override"),
    ("reorder_policy", "master_lead_time"),
)
COLUMNS = ["product", "cause", "variant", "day", "end", "size", "strength"]
OPEN_END = DAYS
OF_DEMAND = ("level_shift", "outsized", "rush")


def choose_mishaps(world: World, supply: Supply) -> pd.DataFrame:
    """Return mishaps, one per product at most: ``product, cause, variant, day, end, size, strength``.

    Each is about strong enough to use up the safety stock; what exactly runs short is left to the simulation.
    """
    if not world.has_faults:
        return pd.DataFrame(columns=COLUMNS)
    rng = world.rng("mishaps")
    products = len(supply.lot)
    sold = np.bincount(world.lines["product"], minlength=products)
    brisk = np.argsort(-sold, kind="stable")[int(products * 0.12) : int(products * 0.6)]
    count = max(len(KINDS), round(products * 0.15))
    kinds = sorted((KINDS[place % len(KINDS)] for place in range(count)), key=lambda kind: _rank(kind[1]))
    chosen = _matched(rng, supply, rng.permutation(brisk)[:count], [_rank(variant) for _, variant in kinds])
    rows = []
    for (cause, variant), product in zip(kinds, chosen, strict=True):
        protect = int(supply.protect_days[product])
        day = int(rng.integers(100, DAYS - 75))
        options: dict[str, tuple[float, float]] = {
            "late": (max(protect, 40), float(rng.integers(5, 11))),
            "short_delivery": (max(protect, 40), rng.uniform(0.05, 0.3)),
            "override": (protect + 21, rng.uniform(0.05, 0.3)),
            "level_shift": (protect + 28, rng.uniform(1.0, 1.4)),
            "outsized": (6, rng.uniform(0.9, 1.15)),
            "rush": (7, rng.uniform(0.85, 1.15)),
            "shrinkage": (30, rng.uniform(0.4, 0.8)),
            "nobody_ordered": (protect + 7, 0.0),
            "low_reorder_point": (OPEN_END, rng.uniform(0.7, 0.95)),
            "master_lead_time": (OPEN_END, rng.uniform(0.3, 0.45)),
            "reserved_for_others": (int(rng.integers(5, 12)), rng.uniform(0.9, 1.0)),
        }
        length, size = options[variant]
        first = DAYS - int(rng.integers(120, 260)) if length == OPEN_END else day
        rows.append((int(product), cause, variant, first, min(first + int(length), DAYS), float(size), 1.0))
    mishaps = pd.DataFrame(rows, columns=COLUMNS)
    ids = world.catalogue.products["product_id"].tolist()
    for row in records(mishaps):
        world.truth.trend(
            "mishaps",
            product_id=ids[row["product"]],
            cause=row["cause"],
            variant=row["variant"],
            date=date_text(row["day"]),
        )
    return mishaps


def _rank(variant: str) -> int:
    """Return in which order mishaps choose their products."""
    return 0 if variant in OF_DEMAND else 1 if variant == "override" else 2


def _matched(rng: np.random.Generator, supply: Supply, products: Ints, ranks: list[int]) -> Ints:
    """Return the products in the order of the mishaps that befall them.

    What is asked for out of the blue is short until the next delivery: these have the short lead times. A forecast that
    is too low only matters where it outweighs the safety stock.
    """
    by_lead = products[np.argsort(supply.lead_days[products], kind="stable")]
    first, rest = np.split(by_lead, [ranks.count(0)])
    weight = np.median(supply.forecast[rest], axis=1) / np.maximum(supply.safety[rest], 1)
    second, rest = np.split(rest[np.argsort(-weight, kind="stable")], [ranks.count(1)])
    return np.concatenate([first, second, rng.permutation(rest)])


def add_demand(world: World, supply: Supply, mishaps: pd.DataFrame) -> None:
    """Add the lines of demand that nobody foresaw; every line says which mishap brought it (``injected``)."""
    rng = world.rng("unforeseen demand")
    world.lines["injected"] = ""
    of_demand = records(mishaps[mishaps["variant"].isin(OF_DEMAND)])
    parts = [_unforeseen(rng, world, supply, mishap) for mishap in of_demand]
    fresh = pd.concat(parts, ignore_index=True).drop_duplicates(["uid", "product"]) if parts else world.lines.iloc[:0]
    world.lines = lines = _merged(world.lines, fresh)
    for variant, why in (
        ("outsized", "one_off_bulk"),
        ("rush", "everybody_wants_it"),
        ("level_shift", "new_favourite"),
    ):
        rows = lines[lines["injected"] == variant]
        world.truth.excuse(rows["uid"], why, "quantity_outlier", rows["line_no"].to_numpy())


def _merged(lines: pd.DataFrame, fresh: pd.DataFrame) -> pd.DataFrame:
    """Return the lines with the fresh ones: more of a product that an order has already, else a line at its end."""
    both = fresh.merge(
        lines[["uid", "product", "line_no"]].reset_index(names="row"), on=["uid", "product"], suffixes=("", "_had")
    )
    lines.loc[both["row"], "quantity"] = both["quantity"].to_numpy()
    lines.loc[both["row"], "injected"] = both["injected"].to_numpy()
    known = pd.MultiIndex.from_frame(lines[["uid", "product"]])
    added = fresh[~pd.MultiIndex.from_frame(fresh[["uid", "product"]]).isin(known)].copy()
    last = lines.groupby("uid")["line_no"].max()
    added["line_no"] = last.reindex(added["uid"]).to_numpy(np.int64) + 1 + added.groupby("uid").cumcount().to_numpy()
    return pd.concat([lines, added], ignore_index=True).sort_values(
        ["uid", "line_no"], kind="stable", ignore_index=True
    )


def _unforeseen(rng: np.random.Generator, world: World, supply: Supply, mishap: dict[str, Any]) -> pd.DataFrame:
    """Return the lines that one mishap of demand adds to everyday orders of those days."""
    product, day, variant = int(mishap["product"]), int(mishap["day"]), str(mishap["variant"])
    orders, clientele = world.orders, world.clientele
    fans, slot = np.nonzero(clientele.repertoire == product)
    inside = (orders["at"] >= day * DAY) & (orders["at"] < int(mishap["end"]) * DAY)
    candidates = orders[inside & (orders["origin"] == "plain") & orders["customer"].isin(fans)]
    if candidates.empty:
        return world.lines.iloc[:0]
    slots = slot[np.searchsorted(fans, candidates["customer"].to_numpy())]
    usual = clientele.usual[candidates["customer"].to_numpy(), slots]
    stock = supply.trigger(product, day) + 0.5 * supply.lot[product]
    if variant == "outsized":
        biggest = int(np.argmax(usual))
        kept = np.arange(len(usual)) == biggest
        quantity = np.full(len(usual), float(mishap["size"]) * stock)
    else:
        length = int(mishap["end"]) - day
        extra = supply.safety[product] * length / supply.protect_days[product]
        wanted = float(mishap["size"]) * (stock if variant == "rush" else extra)
        factor = float(np.clip(wanted / usual.sum(), 1.6, 4.0))
        kept = rng.random(len(usual)) < wanted / (usual.sum() * factor)
        quantity = usual * factor
    return pd.DataFrame(
        {
            "uid": candidates["uid"].to_numpy()[kept],
            "product": product,
            "slot": slots[kept],
            "quantity": nice(quantity[kept]),
            "line_no": 0,
            "injected": variant,
        }
    )
