"""Products that will run out before they can be replenished, with the date, its end, and how likely it is."""

import json

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.detectors import DETECTORS
from models.findings import Context, Finder, Prior
from models.shortages.calibration import projection_of
from models.shortages.projection import Projection, open_receipts
from models.shortages.stock_book import StockBook

WORTH_TELLING = 0.15
"""Chances below this are what safety stock is for."""

ORDERS_UNKNOWN = 1.0
"""By how much the log odds are lower where the purchase orders are not known."""

FIGURES = tuple(
    "probability short on_hand owed daily_demand days_of_cover expected_receipts lead_days day po_id po_quantity "
    "gap_days status_today status_ahead".split()
)
"""The figures that go into a finding's evidence."""


def worst_day(projection: Projection, inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the day, counted from today, on which each product most likely runs out first.

    The first day within the lead time with an expected balance below zero; without one, the likeliest.
    """
    is_short = (projection.balance < -0.5) & inside
    likeliest = np.where(inside, projection.chance_short, -1.0).argmax(axis=1)
    return np.asarray(np.where(is_short.any(axis=1), is_short.argmax(axis=1), likeliest))


def status(units: NDArray[np.float64], safety: NDArray[np.float64]) -> NDArray[np.str_]:
    """Return ``out``, ``low`` (below the safety stock) or ``enough``."""
    return np.where(units <= 0, "out", np.where(units < safety, "low", "enough"))


def risks(book: StockBook, projection: Projection) -> pd.DataFrame:
    """Return each product's chance of running out within its lead time, with dates, units and status.

    Parameters
    ----------
    book : StockBook
        Supply and products.
    projection : Projection
        What stock will do.

    Returns
    -------
    pandas.DataFrame
        One row per projected product.
    """
    days = np.arange(projection.daily.shape[1])
    inside = days[None, :] < projection.lead_days[:, None]
    balance = projection.balance
    day = worst_day(projection, inside)
    is_over = (balance >= 0) & (days[None, :] > day[:, None])
    lowest = np.where(inside, balance, np.inf).min(axis=1)
    daily = projection.daily[:, :28].mean(axis=1)
    free = projection.on_hand - projection.owed
    safety = np.nan_to_num(book.products["safety_stock"].to_numpy(float)[projection.codes])
    frame = pd.DataFrame(
        {
            "code": projection.codes,
            "product_id": book.product_index[projection.codes],
            "probability": np.where(inside, projection.chance_short, 0.0).max(axis=1),
            "day": day,
            "end_day": np.where(is_over.any(axis=1), is_over.argmax(axis=1), -1),
            "short": np.maximum(-lowest, 0.0),
            "on_hand": projection.on_hand,
            "owed": projection.owed,
            "daily_demand": daily,
            "days_of_cover": np.maximum(free, 0.0) / np.maximum(daily, 1e-9),
            "expected_receipts": np.where(inside, projection.receipts, 0.0).max(axis=1),
            "lead_days": projection.lead_days,
            "status_today": status(free, safety),
            "status_ahead": status(lowest, safety),
        }
    )
    return pd.concat([frame, _next_receipt(book, frame)], axis=1)


def _next_receipt(book: StockBook, frame: pd.DataFrame) -> pd.DataFrame:
    """Return for each product the first open purchase order likely to arrive after it runs out."""
    receipts, _ = open_receipts(book)
    receipts = receipts.rename(columns={"quantity": "po_quantity", "likely_in": "arrival"})
    receipts = receipts.merge(frame[["code", "day"]], on="code")
    later = receipts[receipts["arrival"] > receipts["day"]].sort_values(["arrival", "po_id"]).drop_duplicates("code")
    later = later.assign(gap_days=later["arrival"] - later["day"])
    wanted = ["code", "po_id", "po_quantity", "gap_days"]
    return frame[["code"]].merge(later[wanted], on="code", how="left").drop(columns="code")


def dated(book: StockBook, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the risks with their days and the money they put at risk."""
    today = pd.Timestamp(book.now).normalize()
    price = book.products["price"].fillna(0.0).to_numpy(float)[frame["code"].to_numpy(int)]
    return frame.assign(
        price=price,
        runs_out_on=today + pd.to_timedelta(frame["day"], unit="D"),
        ends_on=(today + pd.to_timedelta(frame["end_day"], unit="D")).where(frame["end_day"] >= 0),
        impact=frame["short"] * price,
    )


def find(context: Context) -> str:
    """Find products about to run out; leave every projected product in the table ``stock_risks``."""
    book = StockBook.of(context)
    frame = dated(book, risks(book, projection_of(context))).drop(columns="code")
    is_out = (frame["status_today"] == "out") & (frame["short"] > 0)
    knows_orders = len(book.supply) > 0
    frame["variant"] = np.select(
        [is_out, frame["short"] < 0.5, frame["po_id"].notna()],
        ["out_now", "may_run_out", "before_receipt"],
        "nothing_on_order" if knows_orders else "orders_unknown",
    )
    # What may be on order nobody told; it would help where stock is not gone already.
    chance = frame["probability"].clip(0.001, 0.999)
    frame["anomaly_score"] = np.log(chance / (1 - chance)) - (~is_out & (not knows_orders)) * ORDERS_UNKNOWN
    _publish(context, frame)
    return "stockout_risk_found"


def evidence(found: pd.DataFrame) -> list[str]:
    """Return the numbers behind each finding as JSON."""
    dates = found[["runs_out_on", "ends_on"]].apply(lambda column: column.dt.strftime("%Y-%m-%d"))
    rows = pd.concat([found[list(FIGURES)].round(3), dates], axis=1).to_dict("records")
    return [json.dumps({name: value for name, value in row.items() if not pd.isna(value)}) for row in rows]


def _publish(context: Context, frame: pd.DataFrame) -> None:
    """Write the findings and the table ``stock_risks``."""
    connection = context.connection
    found = frame[frame["probability"] >= WORTH_TELLING]
    findings = found[["variant", "product_id", "anomaly_score", "impact"]].assign(
        cause="unknown", evidence=evidence(found)
    )
    for name, given, select in (
        ("stock_risks", frame.drop(columns=["variant", "anomaly_score"]), "*"),
        ("stockout_risk_found", findings, "* replace (evidence::json as evidence)"),
    ):
        connection.register("given", given)
        connection.execute(f"create or replace temp table {name} as select {select} from given")
        connection.unregister("given")


LOG_ODDS = Prior((0.5, 0.0), (0.952574, 3.0))
"""The anomaly score is already the log odds of running out."""

DETECTORS.register("stockout_risk")(
    Finder(
        name="stockout_risk",
        kind="stockout_risk",
        grain="product",
        title="Products that run out before they can be replenished",
        reasons={
            "out_now": "Nothing left to promise: {on_hand:,.0f} on hand, {owed:,.0f} owed, {short:,.0f} short within "
            "{lead_days:.0f} days.",
            "before_receipt": "Runs out on {runs_out_on}, {gap_days:.0f} days before the next receipt ({po_id}, "
            "{po_quantity:,.0f} units): {short:,.0f} units short.",
            "nothing_on_order": "Runs out on {runs_out_on} and nothing on order comes later: {short:,.0f} units short "
            "within {lead_days:.0f} days.",
            "orders_unknown": "Runs out on {runs_out_on} unless purchase orders that are not known come first: "
            "{short:,.0f} units short within {lead_days:.0f} days.",
            "may_run_out": "May run out by {runs_out_on}, a chance of {probability:.0%}: {on_hand:,.0f} on hand, "
            "{expected_receipts:,.0f} expected, {daily_demand:,.1f} needed a day.",
        },
        priors=dict.fromkeys(
            ("out_now", "before_receipt", "nothing_on_order", "orders_unknown", "may_run_out"), LOG_ODDS
        ),
        needs=frozenset({"inventory", "demand_lines", "supply_lines", "supply_lateness", "stock_snapshots"})
        | {"stock_count_differences", "stock_products"},
        find=find,
        counterfactuals={
            "may_run_out": "With stock for the days on which demand runs high it would not be flagged.",
            "before_receipt": "With the receipt of {po_quantity:,.0f} units {gap_days:.0f} days sooner, or "
            "{short:,.0f} units more on hand, it would not be flagged.",
        }
        | dict.fromkeys(
            ("out_now", "nothing_on_order", "orders_unknown"),
            "With {short:,.0f} units more on hand, or due by {runs_out_on}, it would not be flagged.",
        ),
    )
)
