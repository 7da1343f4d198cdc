"""Order-entry errors as training needs: who errs in which form field more than colleagues on the same channel do.

For training, not for blame: small numbers are left out, a difference must be more than chance after every pair of
operator and field was looked at, and what everybody gets wrong is a topic for all, ahead of any one person.
"""

import hashlib

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, poisson

SMALL = 5
"""Fewer errors than these are not shown of one operator."""

MIN_ORDERS = 30
"""Operators with fewer orders stand together as one."""

FALSE_SHARE = 0.1
"""At most this share of the topics named for one operator is there by chance."""

OTHERS = ""
"""The name under which operators with few orders stand together."""

ENTRY_CAUSES = ("data_entry", "unit_of_measure", "resubmission", "unauthorised_discount")
"""Causes that lie with whoever entered the order."""

FIELDS = {
    "price_currency": "currency",
    "price_discount": "discount",
    "order_total": "total_amount",
    "order_dates": "requested_at",
    "order_line_list": "line_no",
    "order_number_form": "order_number",
    "order_references": "product_id",
    "order_status": "status",
    "customer_phone": "ship_to_phone",
    "customer_other_name": "ship_to_name",
    "customer_old_address": "ship_to_address",
    "duplicate_order": "order_id",
}
"""The form field that a check's finding is about, where the finding does not name it itself."""

FAMILIES = {"price": "unit_price", "quantity": "quantity", "payment": "total_amount", "customer": "ship_to_address"}
"""The form field of the other checks, by the beginning of their names."""


def field_of(source: str, variant: str | None, named: str | None) -> str:
    """Return the form field that a finding is about, as the schema calls it."""
    if named:
        return named.replace(" ", "_")
    if source == "customer_contradiction" and variant:
        return f"ship_to_{variant}".replace(" ", "_")
    return FIELDS.get(source) or FAMILIES.get(source.partition("_")[0], "order_id")


def automatic_channels(orders: pd.DataFrame) -> set[str]:
    """Return the channels in which one account enters nearly everything: a shop or an interface, nobody to train.

    Parameters
    ----------
    orders : pandas.DataFrame
        Columns ``operator, channel, order_count``.

    Returns
    -------
    set of str
        Channels whose largest account enters at least 95 % of the orders.
    """
    largest = orders.groupby("channel")["order_count"].agg(["max", "sum"])
    return set(largest.index[largest["max"] >= 0.95 * largest["sum"]])


def profile(errors: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """Compare each operator's errors in each field with those of the colleagues on the same channels.

    Parameters
    ----------
    errors : pandas.DataFrame
        Columns ``operator, channel, field, error_count``.
    orders : pandas.DataFrame
        Columns ``operator, channel, order_count``: all orders, those without errors included.

    Returns
    -------
    pandas.DataFrame
        One row per operator and field with errors: ``operator, field, order_count, error_count, rate`` (errors per
        1,000 orders), ``expected_count`` (what colleagues' rates on the same channels would give), ``ratio``,
        ``chance`` (of so many errors or more if there were no difference, corrected for the number of comparisons),
        ``is_hidden`` (fewer than `SMALL` errors), ``is_topic``.
    """
    few = orders.groupby("operator")["order_count"].sum().loc[lambda total: total < MIN_ORDERS].index
    errors = _together(errors, few, ["operator", "channel", "field"], "error_count")
    orders = _together(orders, few, ["operator", "channel"], "order_count")
    pairs = errors[["operator", "field"]].drop_duplicates()
    cells = pairs.merge(orders, on="operator").merge(errors, on=["operator", "channel", "field"], how="left")
    cells["error_count"] = cells["error_count"].fillna(0)
    in_channel = orders.groupby("channel")["order_count"].sum().rename("channel_orders").reset_index()
    in_field = errors.groupby(["channel", "field"])["error_count"].sum().rename("field_errors").reset_index()
    cells = cells.merge(in_channel, on="channel").merge(in_field, on=["channel", "field"], how="left").fillna(0)
    others = (cells["channel_orders"] - cells["order_count"]).clip(lower=1)
    cells["expected_count"] = (cells["field_errors"] - cells["error_count"]) / others * cells["order_count"]
    sums = ["order_count", "error_count", "expected_count"]
    found = cells.groupby(["operator", "field"], as_index=False)[sums].sum()
    # One error more among the colleagues than there were: their rate is known from finitely many orders.
    expected = found["expected_count"] + found["order_count"] / max(int(orders["order_count"].sum()), 1)
    found["rate"] = found["error_count"] / found["order_count"] * 1000
    found["ratio"] = found["error_count"] / expected
    found["is_hidden"] = found["error_count"] < SMALL
    chance = poisson.sf(found["error_count"] - 1, expected)
    found["chance"] = false_discovery_control(np.clip(chance, 0, 1)) if len(found) else chance
    found["is_topic"] = ~found["is_hidden"] & (found["chance"] <= FALSE_SHARE) & found["operator"].ne(OTHERS)
    return found.sort_values(["chance", "error_count"], ascending=[True, False], ignore_index=True)


def shared_topics(errors: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """Return what goes wrong most, whoever enters: one row per field, most errors first; small numbers left out.

    Parameters
    ----------
    errors, orders : pandas.DataFrame
        As in `profile`.

    Returns
    -------
    pandas.DataFrame
        ``field, error_count, rate`` (per 1,000 orders), ``operator_count`` (how many operators made one),
        ``channel`` (where it happens most).
    """
    total = max(int(orders["order_count"].sum()), 1)
    by_channel = errors.groupby(["field", "channel"])["error_count"].sum().reset_index()
    most = by_channel.sort_values("error_count").groupby("field")["channel"].last()
    found = errors.groupby("field").agg(error_count=("error_count", "sum"), operator_count=("operator", "nunique"))
    found = found[found["error_count"] >= SMALL].assign(channel=most).reset_index()
    found["rate"] = found["error_count"] / total * 1000
    return found.sort_values("error_count", ascending=False, ignore_index=True)


def masked_name(operator: str) -> str:
    """Return a number that stands for an operator's name, always the same one."""
    return str(int(hashlib.sha256(operator.encode()).hexdigest()[:8], 16) % 9000 + 1000)


def _together(frame: pd.DataFrame, few: pd.Index, keys: list[str], count: str) -> pd.DataFrame:
    named = frame.assign(operator=frame["operator"].where(~frame["operator"].isin(few), OTHERS))
    return named.groupby(keys)[[count]].sum().reset_index()
