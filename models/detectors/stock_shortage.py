"""Short lines, each with its cause: what was missing, why, and what would have prevented it."""

import json

import pandas as pd

from data.vocabulary import SHORTAGE_CAUSES
from models.detectors import DETECTORS
from models.findings import Context, Finder, Prior
from models.shortages.attribution import attribute, not_judged
from models.shortages.ledger import DAY
from models.shortages.lines import short_lines
from models.shortages.stock_book import StockBook
from models.shortages.words import counterfactuals, reasons, variants

TOLD_AS_STOCKOUT = 0.0
"""Log odds from which a short line counts as a stock-out and enters the table ``stockouts``."""

FIGURES = tuple(
    "quantity shipped short free expected elsewhere within_reach left position required reorder_point overdue_lead "
    "late record_error demand forecast outsized protection_days residual but_for certainty".split()
)
"""The figures that go into a finding's evidence."""

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

STORY_COLUMNS = (
    "order_id",
    "line_no",
    "product_id",
    "variant",
    "short_at",
    "certainty",
    "is_provisional",
    "not_judged",
    *FIGURES,
    *"decided_at on_hand_then persistent ordinary slightly_late written_off early buffer".split(),
)
"""What the table ``shortage_stories`` holds of each short line: the identity's terms, as `Bridge` names them."""

HINDSIGHT_DAYS = 28
"""A cause is provisional until so many days of later demand are known."""


def evidence(found: pd.DataFrame, missing: list[str]) -> list[str]:
    """Return the numbers behind each finding as JSON; causes that can't be judged have no share."""
    figures = found[list(FIGURES)].round(2).to_dict("records")
    judged = [cause for cause in (*SHORTAGE_CAUSES, "unknown") if cause not in missing]
    shares = found[[f"share_{cause}" for cause in judged]].round(3).set_axis(judged, axis=1).to_dict("records")
    return [
        json.dumps(
            {
                **{name: value for name, value in figure.items() if value == value},
                "shares": share,
                "not_judged": missing,
            }
        )
        for figure, share in zip(figures, shares, strict=True)
    ]


def find(context: Context) -> str:
    """Find short lines and their causes; leave the causes in the table ``stockouts``."""
    book = StockBook.of(context)
    found = short_lines(book)
    attributed = pd.concat([found, attribute(book, found)], axis=1)
    rows = found["row"].to_numpy(int)
    for name in ("order_id", "line_no", "product_id", "ordered_at", "quantity", "unit_price", "discount"):
        attributed[name] = book.lines[name].to_numpy()[rows]
    attributed["shipped"] = book.lines["shipped_quantity"].to_numpy(float)[rows]
    attributed["short"] = attributed["short_quantity"]
    attributed["impact"] = attributed["short_quantity"] * attributed["unit_price"] * (1 - attributed["discount"])
    attributed["variant"] = variants(attributed)
    attributed["evidence"] = evidence(attributed, not_judged(_present(book)))
    attributed["short_at"] = pd.to_datetime(attributed["at"], unit="s")
    attributed["is_provisional"] = book.clock - attributed["at"] < HINDSIGHT_DAYS * DAY
    attributed["not_judged"] = ",".join(not_judged(_present(book)))
    _publish(context, attributed)
    return "stock_shortage_found"


def _present(book: StockBook) -> set[str]:
    frames = {"purchase_orders": book.supply, "stock_counts": book.counts, "inventory": book.snapshots}
    return {name for name, frame in frames.items() if len(frame)}


def _publish(context: Context, found: pd.DataFrame) -> None:
    """Write the findings and the tables ``stockouts`` and ``shortage_stories``."""
    connection = context.connection
    told = found[found["anomaly_score"] >= TOLD_AS_STOCKOUT]
    columns = ["variant", "order_id", "line_no", "product_id", "anomaly_score", "impact", "cause", "evidence"]
    for name, frame, select in (
        ("stockouts", told[list(STOCKOUT_COLUMNS)], "*"),
        ("shortage_stories", told[list(STORY_COLUMNS)], "*"),
        ("stock_shortage_found", found[columns], "* replace (evidence::json as evidence)"),
    ):
        connection.register("given", frame)
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
        reasons=reasons(),
        priors=dict.fromkeys(reasons(), LOG_ODDS),
        needs=frozenset({"demand_lines", "supply_lines", "supply_lateness", "stock_snapshots"})
        | {"stock_count_differences", "stock_products"},
        find=find,
        counterfactuals=counterfactuals(),
    )
)
