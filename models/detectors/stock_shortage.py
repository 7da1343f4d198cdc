"""Short lines, each with its cause: what was missing, why, and what would have prevented it."""

import json

import pandas as pd

from data.vocabulary import SHORTAGE_CAUSES
from models.detectors import DETECTORS
from models.findings import Context, Finder, Prior
from models.promise import promise
from models.shortage import attribute, not_judged
from models.shortage_lines import short_lines
from models.stock_book import StockBook

TOLD_AS_STOCKOUT = 0.0
"""Log odds from which a short line counts as a stock-out and enters the table ``stockouts``."""

STORIES = {
    "under_forecast": "demand ran {missed:,.0f} over the forecast of {forecast:,.0f}",
    "demand_spike": "outsized orders took {outsized:,.0f} beyond the usual",
    "late_supplier": "{late:,.0f} promised by suppliers had not come",
    "stock_record_error": "the book showed {record_error:,.0f} that were not on the shelf",
    "reorder_policy": "replenishment was planned for too little: {position:,.0f} where {required:,.0f} were needed",
    "allocation": "{within_reach:,.0f} were in stock but went elsewhere",
    "unknown": "no single cause stands out",
}

REMEDIES = {
    "under_forecast": "With a forecast that met demand",
    "demand_spike": "Without the outsized demand",
    "late_supplier": "With the supplier on time",
    "stock_record_error": "With a correct stock record",
    "reorder_policy": "With a sufficient reorder point",
    "allocation": "With the stock given to this line",
}


FIGURES = tuple(
    "quantity shipped short free expected elsewhere left position required reorder_point late record_error demand "
    "forecast outsized protection_days residual but_for certainty".split()
)
"""The figures that go into a finding's evidence."""


def story(row: pd.Series) -> str:
    """Return a clause that says why the line was short."""
    return STORIES[row["cause"]].format(**{**row, "missed": max(row["demand"] - row["forecast"], 0)})


def but_for(row: pd.Series) -> str:
    """Return the sentence that says what would have shipped without the main cause."""
    if row["cause"] not in REMEDIES or row["but_for"] < 0.5:
        return ""
    return f"{REMEDIES[row['cause']]} {row['but_for']:,.0f} of {row['short_quantity']:,.0f} would not have been short."


def evidence(row: pd.Series, missing: list[str]) -> str:
    """Return the numbers behind a finding as JSON; causes that can't be judged have no share."""
    numbers = {name: row[name] for name in FIGURES if name in row and not pd.isna(row[name])}
    shares = {cause: round(float(row[f"share_{cause}"]), 3) for cause in SHORTAGE_CAUSES if cause not in missing}
    told = {
        **{name: round(value, 2) if isinstance(value, float) else value for name, value in numbers.items()},
        "shares": {**shares, "unknown": round(float(row["share_unknown"]), 3)},
        "not_judged": missing,
        "why": story(row),
        "but_for_sentence": but_for(row),
    }
    return json.dumps(told, default=float)


STOCKOUT_COLUMNS = (
    "order_id",
    "line_no",
    "product_id",
    "ordered_at",
    "quantity",
    "short_quantity",
    "cause",
    *(f"share_{cause}" for cause in SHORTAGE_CAUSES),
    "share_unknown",
)


def find(context: Context) -> str:
    """Find short lines and their causes; leave the causes in the table ``stockouts``."""
    connection = context.connection
    book = StockBook.read(connection, context.now)
    found = short_lines(book, promise(book))
    attributed = pd.concat([found, attribute(book, found)], axis=1)
    rows = found["row"].to_numpy(int)
    for name in ("order_id", "line_no", "product_id", "ordered_at", "quantity", "unit_price", "discount"):
        attributed[name] = book.lines[name].to_numpy()[rows]
    attributed["shipped"] = book.lines["shipped_quantity"].to_numpy(float)[rows]
    attributed["short"] = attributed["short_quantity"]
    attributed["impact"] = attributed["short_quantity"] * attributed["unit_price"] * (1 - attributed["discount"])
    missing = not_judged(_present(book))
    attributed["evidence"] = [evidence(row, missing) for _, row in attributed.iterrows()]
    _publish(context, attributed)
    return "stock_shortage_found"


def _present(book: StockBook) -> set[str]:
    frames = {"purchase_orders": book.supply, "stock_counts": book.counts, "inventory": book.snapshots}
    return {name for name, frame in frames.items() if len(frame)}


def _publish(context: Context, found: pd.DataFrame) -> None:
    """Write the findings and the table ``stockouts``."""
    connection = context.connection
    told = found[found["anomaly_score"] >= TOLD_AS_STOCKOUT][list(STOCKOUT_COLUMNS)]
    columns = ["variant", "order_id", "line_no", "product_id", "anomaly_score", "impact", "cause"]
    findings = found[[*columns, "evidence"]]
    for name, frame in (("stockouts", told), ("stock_shortage_found", findings)):
        connection.register("given", frame)
        select = "* replace (evidence::json as evidence)" if name == "stock_shortage_found" else "*"
        connection.execute(f"create or replace temp table {name} as select {select} from given")
        connection.unregister("given")


LOG_ODDS = Prior((0.5, 0.0), (0.952574, 3.0))
"""The anomaly score is already the log odds of being short."""

DETECTORS.register("stock_shortage")(
    Finder(
        name="stock_shortage",
        kind="stock_shortage",
        grain="line",
        title="Lines that shipped short or that stock and expected receipts cannot cover",
        reasons={
            "shipped_short": "Shipped {shipped:,.0f} of {quantity:,.0f}: {why}. {but_for_sentence}",
            "backordered": "On backorder, {short:,.0f} of {quantity:,.0f} missing: {why}. {but_for_sentence}",
            "cannot_promise": "Ordered {quantity:,.0f} when {free:,.0f} were free and {expected:,.0f} expected in time: "
            "{why}.",
        },
        priors=dict.fromkeys(("shipped_short", "backordered", "cannot_promise"), LOG_ODDS),
        needs=frozenset(
            {"demand_lines", "supply_lines", "stock_snapshots", "stock_count_differences", "stock_products"}
        ),
        find=find,
    )
)
