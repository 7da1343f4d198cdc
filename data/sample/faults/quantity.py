"""Wrong quantities: a zero too many, cases for pieces, a key hit twice, and some that are merely far from the usual."""

import numpy as np
import pandas as pd

from data.sample.faults.picking import earlier_lines, one_per_order, quota, some_lines, split
from data.sample.frames import counted
from data.sample.pricing import price_lines
from data.sample.tastes import nice
from data.sample.timeline import Floats
from data.sample.world import EMAIL, PHONE, World

VARIANTS = {
    "times_10": 3.0,
    "times_100": 1.2,
    "case_for_each": 2.0,
    "repeated_digit": 2.0,
    "subtle": 3.0,
    "digit_dropped": 0.8,
}
NOTICED = {
    "times_10": 0.85,
    "times_100": 1.0,
    "case_for_each": 0.75,
    "repeated_digit": 0.75,
    "subtle": 0.2,
    "digit_dropped": 0.0,
}


def plant_quantities(world: World) -> None:
    """Put wrong quantities on some lines of customers who know what they take."""
    rng = world.rng("quantity faults")
    world.lines["earlier"] = earlier_lines(world)
    for variant, count in counted(split(rng, quota(world, "quantity_outlier"), VARIANTS)):
        rows = some_lines(world, rng, from_day=60)
        known = (
            (rows["earlier"] >= 4)
            & (rows["slot"] >= 0)
            & (rows["injected"] == "")
            & rows["origin"].isin(["plain", "standing"])
        )
        rows = rows[known]
        if variant == "digit_dropped":
            rows = rows[(rows["quantity"] >= 20) & (rows["quantity"] % 10 == 0)]
        weight = np.where(rows["channel"].isin([PHONE, EMAIL]), 3.0, 1.0)
        _put(world, rng, one_per_order(rng, rows, count, weight), variant)


def _put(world: World, rng: np.random.Generator, rows: pd.DataFrame, variant: str) -> None:
    if rows.empty:
        return
    before = rows["quantity"].to_numpy(float)
    after = wrong_quantity(rng, before, variant)
    noticed = rng.random(len(rows)) < NOTICED[variant]
    lines, where = world.lines, rows["row"].to_numpy()
    lines.loc[where, "quantity"] = after
    lines.loc[where, "physical"] = np.where(noticed, before, after)
    part = lines.loc[where].copy()
    price_lines(world, part)
    lines.loc[where, ["discount", "why"]] = part[["discount", "why"]].to_numpy()
    lines.loc[where, "discount"] = lines.loc[where, "discount"].astype(float)
    ratio = np.maximum(after / before, before / after)
    level = np.select([ratio >= 9.5, ratio >= 6.5], ["easy", "medium"], "hard")
    cause = "unit_of_measure" if variant == "case_for_each" else "data_entry"
    also_ok = {"subtle": "unknown", "times_10": "unit_of_measure", "case_for_each": "data_entry"}.get(variant, "")
    world.truth.plant(rows["uid"], "quantity_outlier", cause, level, variant, rows["line_no"].to_numpy(), also_ok)


def wrong_quantity(rng: np.random.Generator, quantity: Floats, variant: str) -> Floats:
    """Return what was keyed in instead of ``quantity``."""
    if variant == "subtle":
        return nice(quantity * rng.uniform(4.0, 6.2, len(quantity)))
    if variant == "repeated_digit":
        return np.array([_stuttered(value) for value in quantity])
    return quantity * {"times_10": 10.0, "times_100": 100.0, "case_for_each": 12.0, "digit_dropped": 0.1}[variant]


def _stuttered(quantity: float) -> float:
    """Return the quantity with its last digit but zeros keyed twice: 5 becomes 55, 15 becomes 155, 20 becomes 220."""
    text = f"{quantity:.0f}"
    place = max(k for k, digit in enumerate(text) if digit != "0")
    return float(text[: place + 1] + text[place] + text[place + 1 :])
