"""What goes wrong in supply: which product runs short, when and why."""

import numpy as np
import pandas as pd

from data.sample.customers import nice
from data.sample.timeline import DAY, DAYS
from data.sample.world import Clientele, World

KINDS = (
    ("late_supplier", "late"),
    ("late_supplier", "short_delivery"),
    ("under_forecast", "override"),
    ("under_forecast", "level_shift"),
    ("demand_spike", "outsized"),
    ("demand_spike", "rush"),
    ("stock_record_error", "shrinkage"),
    ("reorder_policy", "low_reorder_point"),
    ("reorder_policy", "nobody_ordered"),
    ("allocation", "reserved_for_others"),
)
COLUMNS = ["product", "cause", "variant", "day", "end", "size"]


def choose_mishaps(world: World) -> pd.DataFrame:
    """Return mishaps, one per product at most: ``product, cause, variant, day, end, size``."""
    if not world.has_faults:
        return pd.DataFrame(columns=COLUMNS)
    rng = world.rng("mishaps")
    products = len(world.catalogue.products)
    sold = np.bincount(world.lines["product"], minlength=products)
    brisk = np.argsort(-sold)[: int(products * 0.55)]
    count = max(len(KINDS), int(round(products * 0.17)))
    chosen = rng.permutation(brisk)[:count]
    rows = []
    for place, product in enumerate(chosen):
        cause, variant = KINDS[place % len(KINDS)]
        day = int(rng.integers(100, DAYS - 70))
        length, size = {
            "late": (25, rng.integers(8, 16)),
            "short_delivery": (25, 0),
            "override": (70, rng.uniform(0.2, 0.4)),
            "level_shift": (75, rng.uniform(1.2, 2.0)),
            "outsized": (1, rng.uniform(0.8, 1.1)),
            "rush": (5, 2.0),
            "shrinkage": (1, rng.uniform(0.3, 0.8)),
            "low_reorder_point": (DAYS - day, rng.uniform(0.25, 0.4)),
            "nobody_ordered": (45, 0),
            "reserved_for_others": (rng.integers(5, 11), 0),
        }[variant]
        if variant == "low_reorder_point":
            day, length = 0, DAYS
        rows.append((int(product), cause, variant, day, min(day + int(length), DAYS), float(size)))
    return pd.DataFrame(rows, columns=COLUMNS)


def add_demand(world: World, mishaps: pd.DataFrame) -> None:
    """Add the lines of demand that nobody foresaw; every line says what mishap brought it (``injected``)."""
    rng = world.rng("unforeseen demand")
    world.lines["injected"] = ""
    parts = [world.lines]
    for row in mishaps[mishaps["variant"].isin(["level_shift", "outsized", "rush"])].itertuples(index=False):
        parts.append(_unforeseen(rng, world, row))
    lines = pd.concat(parts, ignore_index=True).drop_duplicates(["uid", "product"], ignore_index=True)
    lines = lines.sort_values("uid", kind="stable", ignore_index=True)
    lines["line_no"] = lines.groupby("uid").cumcount() + 1
    world.lines = lines
    outsized = lines["injected"] == "outsized"
    world.truth.excuse(lines.loc[outsized, "uid"], "one_off_bulk", "quantity_outlier", lines.loc[outsized, "line_no"])


def _unforeseen(rng: np.random.Generator, world: World, row: "object") -> pd.DataFrame:
    """Return the lines that one mishap of demand adds to orders of those days."""
    product, day, end, size, variant = (getattr(row, name) for name in ("product", "day", "end", "size", "variant"))
    orders, clientele = world.orders, world.clientele
    inside = (orders["at"] >= day * DAY) & (orders["at"] < end * DAY) & (orders["origin"] == "plain")
    if variant == "outsized":
        inside = (orders["at"] >= day * DAY) & (orders["at"] < (day + 6) * DAY) & (orders["origin"] == "plain")
    fans, slot = _fans(clientele, product)
    inside &= orders["customer"].isin(fans)
    candidates = orders[inside]
    if candidates.empty:
        return world.lines.iloc[:0]
    sold = world.lines[world.lines["product"] == product]
    weekly = float(sold["quantity"].sum()) / (DAYS / 7)
    at = np.searchsorted(fans, candidates["customer"].to_numpy())
    usual = clientele.usual[candidates["customer"].to_numpy(), slot[at]]
    if variant == "outsized":
        candidates, usual, at = candidates.iloc[:1], np.array([weekly * 7 * size]), at[:1]
    else:
        wanted = weekly * (end - day) / 7 * size if variant == "level_shift" else weekly * 5
        share = min(1.0, wanted / max(float(usual.sum()), 1e-9))
        kept = rng.random(len(candidates)) < share
        candidates, usual, at = candidates[kept], usual[kept] * (2.0 if variant == "rush" else 1.0), at[kept]
    return pd.DataFrame(
        {
            "uid": candidates["uid"].to_numpy(),
            "product": product,
            "slot": slot[at],
            "quantity": nice(usual),
            "line_no": 0,
            "injected": variant,
        }
    )


def _fans(clientele: Clientele, product: int) -> "tuple[np.ndarray, np.ndarray]":
    """Return the customers who have the product in their repertoire, and in which slot."""
    customer, slot = np.nonzero(clientele.repertoire == product)
    return customer, slot
