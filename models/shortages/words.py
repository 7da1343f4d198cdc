"""The sentences of shortage findings: how a line is short, why, and what would have prevented it."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

HEADS = {
    "shipped_short": "Shipped {shipped:,.0f} of {quantity:,.0f}",
    "backordered": "On backorder, {short:,.0f} of {quantity:,.0f} missing",
    "cannot_promise": "Ordered {quantity:,.0f} when {free:,.0f} were free and {expected:,.0f} expected in time",
    "cannot_deliver": "Of {quantity:,.0f} ordered, {short:,.0f} are neither in stock nor expected in time",
    "waited": "Waited for stock, {short:,.0f} of {quantity:,.0f} missing",
}
"""The ways of being short."""

STORIES = {
    "under_forecast": "demand of {demand:,.0f} in {protection_days:.0f} days ran over a forecast of {forecast:,.0f}",
    "demand_spike": "outsized demand took {outsized:,.0f} beyond the usual",
    "late_supplier": "{late:,.0f} promised by suppliers had not come",
    "stock_record_error": "the book showed {record_error:,.0f} that were not on the shelf",
    "reorder_policy": (
        "{position:,.0f} in stock and on order were to last {protection_days:.0f} days that need {required:,.0f}"
    ),
    "not_ordered": "nobody ordered at {position:,.0f}, below the reorder point of {reorder_point:,.0f}",
    "lead_time": "{overdue_lead:,.0f} were ordered, but the supplier's lead time is longer than planned",
    "allocation": "{within_reach:,.0f} were in stock but went elsewhere",
    "unknown": "no single cause stands out",
}
"""The causes, ``reorder_policy`` told apart in three."""

REMEDIES = {
    "under_forecast": "With a forecast that met demand",
    "demand_spike": "Without the outsized demand",
    "late_supplier": "With the supplier on time",
    "stock_record_error": "With a correct stock record",
    "reorder_policy": "With a sufficient reorder point",
    "not_ordered": "With an order at the reorder point",
    "lead_time": "With the true lead time in the plan",
    "allocation": "With that stock",
}

SAVED = "{but_for:,.0f} of the {short:,.0f} missing would have shipped"

JOINTLY = "_jointly"
"""Ending of a variant whose main cause alone, had it been absent, would have saved nothing."""


def stories(found: pd.DataFrame) -> NDArray[np.object_]:
    """Return which story tells each short line's cause, from its figures."""
    cause = found["cause"].to_numpy(object)
    is_policy = cause == "reorder_policy"
    is_lead_time = is_policy & (found["overdue_lead"] > found["required"] - found["position"]).to_numpy()
    is_not_ordered = is_policy & (found["position"] < found["reorder_point"]).to_numpy()
    return np.where(is_lead_time, "lead_time", np.where(is_not_ordered, "not_ordered", cause))


def variants(found: pd.DataFrame) -> NDArray[np.object_]:
    """Return each short line's variant: the way it is short, its story, and whether its cause alone made it so."""
    ending = np.where(found["but_for"] < 0.5, JOINTLY, "")
    return np.asarray(found["variant"].to_numpy(object) + "_" + stories(found) + ending)


def counterfactuals() -> dict[str, str]:
    """Return what would have let every variant pass; whose absence alone would have, the reason says."""
    return dict.fromkeys(reasons(), "With {short:,.0f} more in stock in time this line would not be flagged.")


def reasons() -> dict[str, str]:
    """Return the sentence of every variant."""
    told = {}
    for way, head in HEADS.items():
        for story, why in STORIES.items():
            plain = f"{head}: {why}."
            told[f"{way}_{story}{JOINTLY}"] = plain
            told[f"{way}_{story}"] = f"{plain} {REMEDIES[story]}, {SAVED}." if story in REMEDIES else plain
    return told
