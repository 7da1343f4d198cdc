"""Which open order to fill first when there is not enough for all: a ranked list, each place with its reason."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

PLACE_REASONS = {
    "paid": "Paid already: {paid_percent:.0f} % of the order.",
    "late": "Late by {late_days:.0f} days, and it can be filled completely.",
    "complete": "Completes the order: {short_lines:.0f} line was short.",
    "due": "Due in {days_left:.0f} days.",
    "value": "Worth {value:,.0f} for {quantity:,.0f} units: the most per unit among what is left.",
    "waits": "Waits: {free:,.0f} of {quantity:,.0f} units are left after those before it.",
}
"""Why an order has its place; translated on screen."""

USUAL_DAYS = 7.0
LEAST_VALUE = 1e-9


@dataclass(frozen=True)
class Weights:
    """How much each reason to be filled first counts, as shares of one.

    Attributes
    ----------
    urgency : float
        Promised early, or late already.
    value : float
        Money per scarce unit.
    customer : float
        Rank of the customer.
    paid : float
        Share that was paid.
    complete : float
        The line is the last thing the order waits for.
    """

    urgency: float = 0.35
    value: float = 0.25
    customer: float = 0.15
    paid: float = 0.15
    complete: float = 0.10


def rank_orders(
    demand: pd.DataFrame, supply: pd.Series, now: pd.Timestamp, weights: Weights | None = None
) -> pd.DataFrame:
    """Rank the open lines of scarce products, and say how far the supply reaches.

    Parameters
    ----------
    demand : pandas.DataFrame
        One row per open line: ``order_id, line_no, product_id, quantity`` (units still to ship, above 0),
        ``unit_price``, ``needed_at`` (may be missing), ``paid_share`` (0..1), ``customer_share`` (0..1, how much this
        customer buys beside the others), ``other_short_lines`` (further lines that the order waits for).
    supply : pandas.Series
        Units that can be given away now, by ``product_id``; what is not named has none.
    now : pandas.Timestamp
        The data's own clock.
    weights : Weights, optional
        What counts how much.

    Returns
    -------
    pandas.DataFrame
        The rows of ``demand`` with ``place`` (1 = fill first, per product), ``priority`` (0..1), ``filled_quantity``,
        ``short_quantity`` and ``reason`` (a key of `PLACE_REASONS`) with its numbers in columns of their own:
        ``paid_percent, late_days, days_left, short_lines, value, free``. Ties go to the earlier need, then by number.

    Notes
    -----
    Each product's supply is given away from the top. Priority is a weighted mean of five shares between 0 and 1:
    urgency falls by half every week before the need and is 1 from the need on; value per unit is taken relative to
    the product's dearest line.
    """
    given = weights or Weights()
    if demand.empty:
        empty = ["place", "priority", "filled_quantity", "short_quantity", "reason", "free", *_numbers(demand, now)]
        return demand.reindex(columns=[*demand.columns, *empty])
    numbers = pd.DataFrame(_numbers(demand, now), index=demand.index)
    urgency = np.power(0.5, numbers["days_left"].clip(lower=0) / USUAL_DAYS)
    dearest = demand.groupby("product_id")["unit_price"].transform("max").clip(lower=LEAST_VALUE)
    shares = pd.DataFrame(
        {
            "urgency": urgency,
            "value": (demand["unit_price"] / dearest).fillna(0.0),
            "customer": demand["customer_share"].fillna(0.0),
            "paid": demand["paid_share"].fillna(0.0).clip(0, 1),
            "complete": demand["other_short_lines"].eq(0).astype(float),
        }
    ).clip(0, 1)
    counted = pd.Series(given.__dict__)
    parts = shares * counted / counted.sum()
    ranked = pd.concat([demand, numbers], axis=1).assign(priority=parts.sum(axis=1), main=_main(parts, numbers))
    keys = ["product_id", "priority", "needed_at", "order_id", "line_no"]
    ranked = ranked.sort_values(keys, ascending=[True, False, True, True, True], na_position="last", kind="stable")
    by_product = ranked.groupby("product_id", sort=False)
    taken = by_product["quantity"].cumsum() - ranked["quantity"]
    stock = ranked["product_id"].map(supply).astype(float).fillna(0.0)
    ranked["free"] = (stock - taken).clip(lower=0.0)
    ranked["place"] = by_product.cumcount() + 1
    ranked["filled_quantity"] = np.minimum(ranked["free"], ranked["quantity"])
    ranked["short_quantity"] = ranked["quantity"] - ranked["filled_quantity"]
    ranked["reason"] = ranked["main"].where(ranked["short_quantity"].le(0), "waits")
    return ranked.drop(columns="main").reset_index(drop=True)


def _numbers(demand: pd.DataFrame, now: pd.Timestamp) -> dict[str, pd.Series]:
    """Return the numbers that a reason names."""
    days = (pd.to_datetime(demand["needed_at"]) - now).dt.total_seconds() / 86_400
    days = days.fillna(USUAL_DAYS)
    return {
        "paid_percent": demand["paid_share"].fillna(0.0) * 100,
        "late_days": (-days).clip(lower=0),
        "days_left": days,
        "short_lines": demand["other_short_lines"].fillna(0) + 1,
        "value": demand["quantity"] * demand["unit_price"],
    }


def _main(parts: pd.DataFrame, numbers: pd.DataFrame) -> pd.Series:
    """Return which reason lifts a line most above the middle of its competitors."""
    above = parts[["urgency", "value", "paid", "complete"]] - parts[["urgency", "value", "paid", "complete"]].median()
    main = above.idxmax(axis=1).map(lambda name: "due" if name == "urgency" else name)
    return main.mask(main.eq("due") & numbers["late_days"].gt(0), "late")
