"""Products that will run out before they can be replenished, with the date, its end, and how likely it is."""

import json

import numpy as np
import pandas as pd

from models.detectors import DETECTORS
from models.findings import Context, Finder, Prior
from models.stock_book import StockBook
from models.stock_projection import Projection, expected_arrival, project

WORTH_TELLING = 0.15
"""Chances below this are what safety stock is for."""


def first_short_day(projection: Projection) -> np.ndarray:
    """Return the first day, counted from today, on which the expected balance is below zero; -1 if none is."""
    short = projection.balance < -0.5
    return np.where(short.any(axis=1), short.argmax(axis=1), -1)


def risks(book: StockBook, projection: Projection) -> pd.DataFrame:
    """Return each product's chance of running out within its lead time, with dates and units."""
    days = np.arange(projection.daily.shape[1])
    inside = days[None, :] < projection.lead_days[:, None]
    chance = np.where(inside, projection.chance_short, 0.0)
    balance = projection.balance
    first = first_short_day(projection)
    likeliest = chance.argmax(axis=1)
    day = np.where((first >= 0) & (first < projection.lead_days), first, likeliest)
    after = balance >= 0
    after[days[None, :] < day[:, None]] = False
    end = np.where(after.any(axis=1), after.argmax(axis=1), -1)
    worst = np.where(inside, balance, np.inf).min(axis=1)
    frame = pd.DataFrame(
        {
            "code": projection.codes,
            "probability": chance.max(axis=1),
            "day": day,
            "end_day": end,
            "short": np.maximum(-worst, 0.0),
            "on_hand": projection.on_hand,
            "owed": projection.owed,
            "daily_demand": projection.daily[:, :28].mean(axis=1),
            "expected_receipts": np.where(inside, projection.receipts, 0).sum(axis=1),
            "lead_days": projection.lead_days,
        }
    )
    frame["days_of_cover"] = (frame["on_hand"] - frame["owed"]).clip(lower=0) / frame["daily_demand"].clip(lower=1e-9)
    purchase = _next_receipt(book, frame)
    return pd.concat([frame, purchase], axis=1)


def _next_receipt(book: StockBook, frame: pd.DataFrame) -> pd.DataFrame:
    """Return for each product the first open purchase order that arrives after its first short day."""
    arrival = expected_arrival(book)
    open_lines = pd.DataFrame(
        {
            "code": book.supply_products,
            "arrival": arrival,
            "po_id": book.supply["po_id"],
            "po_quantity": book.supply["quantity"],
        }
    )
    open_lines = open_lines[arrival >= 0].merge(frame[["code", "day"]], on="code")
    later = open_lines[open_lines["arrival"] > open_lines["day"]].sort_values("arrival").drop_duplicates("code")
    return frame[["code"]].merge(later.drop(columns="day"), on="code", how="left").drop(columns="code")


def find(context: Context) -> str:
    """Find products about to run out; leave every projected product in the table ``stock_risks``."""
    book = StockBook.read(context.connection, context.now)
    frame = risks(book, project(book))
    products = book.products.iloc[frame["code"].to_numpy(int)].reset_index(drop=True)
    today = pd.Timestamp(context.now).normalize()
    frame["product_id"], frame["price"] = products["product_id"], products["price"].fillna(0.0)
    frame["runs_out_on"] = today + pd.to_timedelta(frame["day"], unit="D")
    frame["ends_on"] = (today + pd.to_timedelta(frame["end_day"], unit="D")).where(frame["end_day"] >= 0)
    frame["impact"] = frame["short"] * frame["price"]
    frame["variant"] = np.select(
        [frame["on_hand"] - frame["owed"] <= 0, frame["po_id"].notna()],
        ["out_now", "before_receipt"],
        "nothing_on_order",
    )
    chance = frame["probability"].clip(0.001, 0.999)
    frame["anomaly_score"] = np.log(chance / (1 - chance))
    _publish(context, frame)
    return "stockout_risk_found"


FIGURES = tuple(
    "probability short on_hand owed daily_demand days_of_cover expected_receipts lead_days po_id po_quantity".split()
)
"""The figures that go into a finding's evidence."""


def evidence(row: pd.Series) -> str:
    """Return the numbers behind a finding as JSON."""
    numbers = {name: row[name] for name in FIGURES if not pd.isna(row[name])}
    gap = int(row["arrival"] - row["day"]) if not pd.isna(row["arrival"]) else None
    return json.dumps(
        {
            **{
                name: round(float(value), 2) if not isinstance(value, str) else value for name, value in numbers.items()
            },
            "runs_out_on": f"{row['runs_out_on']:%Y-%m-%d}",
            "ends_on": None if pd.isna(row["ends_on"]) else f"{row['ends_on']:%Y-%m-%d}",
            "gap_days": gap,
        }
    )


def _publish(context: Context, frame: pd.DataFrame) -> None:
    """Write the findings and the table ``stock_risks``."""
    connection = context.connection
    found = frame[frame["probability"] >= WORTH_TELLING]
    findings = found[["variant", "product_id", "anomaly_score", "impact"]].assign(
        cause="unknown", evidence=[evidence(row) for _, row in found.iterrows()]
    )
    risks_table = frame.drop(columns=["code", "variant", "anomaly_score"])
    for name, given, select in (
        ("stock_risks", risks_table, "*"),
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
            "out_now": "Out of stock now, {owed:,.0f} units owed: {short:,.0f} units short within {lead_days:.0f} "
            "days.",
            "before_receipt": "Runs out on {runs_out_on}, {gap_days} days before the next receipt ({po_id}, "
            "{po_quantity:,.0f} units): {short:,.0f} units short.",
            "nothing_on_order": "Runs out on {runs_out_on} with nothing on order in time: {short:,.0f} units short "
            "within {lead_days:.0f} days.",
        },
        priors=dict.fromkeys(("out_now", "before_receipt", "nothing_on_order"), LOG_ODDS),
        needs=frozenset({"inventory", "demand_lines", "supply_lines", "stock_snapshots", "stock_products"}),
        find=find,
    )
)
