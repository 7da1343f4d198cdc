"""One run of planning, after the detectors: what the planners' pages show, left in temporary tables."""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from data.relations import build_all, read_folder
from models.findings import Context
from models.forecasts.health import forecast_health
from models.planning.by_warehouse import named, place_plans
from models.planning.reorders import reorders
from models.shortages.calibration import projection_of
from models.shortages.ledger import DAY
from models.shortages.places import warehouses_of
from models.shortages.projection import Projection
from models.shortages.stock_book import StockBook

FOLDER = Path(__file__).parent
WORTH_REPLACING = 0.5
"""From this chance of running out on a product needs a substitute."""

WORTH_DRAWING = 0.05
"""From this chance of running out on a product's stock to come is kept day by day."""

DRAWN_DAYS = 14
"""How many days beyond its lead time."""

PUBLISHED = (
    "reorders",
    "stock_course",
    "demand_health",
    "demand_course",
    "expedites",
    "scarce_lines",
    "substitutes",
    "supplier_months",
    "supplier_reliability",
    "count_accuracy",
    "count_months",
    "supply_coverage",
    "out_of_stock_runs",
    "product_warehouses",
)
"""The tables that planning leaves."""

BY_WAREHOUSE = ("place_risks", "place_stock_course", "place_health", "place_course", "transfers")
"""Those that it leaves as well where several warehouses sell or keep the same product."""


def plan(context: Context, present: set[str]) -> None:
    """Make the planners' tables from the features; what a missing table would tell stays empty.

    Parameters
    ----------
    context : Context
        The analytics being built, with the features.
    present : set of str
        The canonical tables there are.
    """
    context.progress("planning")
    connection, book, ahead = context.connection, StockBook.of(context), projection_of(context)
    relations = read_folder(FOLDER)
    _give(connection, "stock_now", stock_now(book, ahead))
    build_all(connection, relations, {"now": context.now}, present, temporary=True)
    packs = connection.execute("select * from purchase_packs").df()
    ordering = reorders(book, ahead, packs).assign(warehouse_id=None)
    _give(connection, "stock_course", stock_course(book, ahead))
    warehouses = warehouses_of(book)
    _give(connection, "product_warehouses", warehouses)
    if warehouses["is_told_apart"].any():
        there = place_plans(context, warehouses, packs)
        ordering = _for_warehouses(ordering, there.reorders, warehouses.loc[warehouses["is_told_apart"], "product_id"])
        _give(connection, "place_risks", there.risks)
        _give(connection, "place_stock_course", named(there.book, stock_course(there.book, there.ahead)))
        _give(connection, "place_health", there.health)
        _give(connection, "place_course", there.course)
        _give(connection, "transfers", there.transfers)
    if warehouses["warehouse_id"].nunique() > 1:
        ordering = _with_only_warehouse(ordering, warehouses)
    _give(connection, "reorders", ordering)
    health, course = forecast_health(book)
    _give(connection, "demand_health", health)
    _give(connection, "demand_course", course)


def _for_warehouses(ordering: pd.DataFrame, parts: pd.DataFrame, told_apart: "pd.Series[str]") -> pd.DataFrame:
    """Return the proposals, those of products told apart by warehouse."""
    both = pd.concat([ordering[~ordering["product_id"].isin(told_apart)], parts], ignore_index=True)
    return pd.DataFrame(both.sort_values(["order_by", "position"], kind="stable", ignore_index=True))


def _with_only_warehouse(ordering: pd.DataFrame, warehouses: pd.DataFrame) -> pd.DataFrame:
    """Return the proposals with the warehouse of those products that one warehouse keeps."""
    only = warehouses[~warehouses["is_told_apart"]].sort_values("share").drop_duplicates("product_id", keep="last")
    name = ordering["product_id"].map(only.set_index("product_id")["warehouse_id"])
    return ordering.assign(warehouse_id=ordering["warehouse_id"].fillna(name))


def stock_now(book: StockBook, ahead: Projection) -> pd.DataFrame:
    """Return what is there of each product with a known stock, and whether it is likely to run out.

    The columns are ``product_id, on_hand, owed, price, is_wanted``.
    """
    codes = np.arange(len(book.products), dtype=np.int64)
    now = np.full(len(codes), book.clock, np.int64)
    on_hand = book.on_hand(codes, now)
    chance = np.zeros(len(codes))
    inside = np.arange(ahead.daily.shape[1])[None, :] < ahead.lead_days[:, None]
    chance[ahead.codes] = np.where(inside, ahead.chance_short, 0.0).max(axis=1)
    frame = pd.DataFrame(
        {
            "product_id": book.product_index,
            "on_hand": on_hand,
            "owed": book.owed(codes, now),
            "price": book.products["price"].to_numpy(float),
            "is_wanted": chance >= WORTH_REPLACING,
        }
    )
    return frame[~np.isnan(on_hand)].reset_index(drop=True)


def stock_course(book: StockBook, ahead: Projection) -> pd.DataFrame:
    """Return stock to come by day, without new orders, of the products that may run out.

    The columns are ``product_id, day, balance`` (expected units at its end), ``receipts`` (units expected on it),
    ``chance`` (of having run out by its end) and ``is_beyond_lead`` (a new order can help).
    """
    days = np.arange(ahead.daily.shape[1])
    inside = days[None, :] < ahead.lead_days[:, None]
    is_drawn = np.where(inside, ahead.chance_short, 0.0).max(axis=1, initial=0.0) >= WORTH_DRAWING
    row, day = np.nonzero(is_drawn[:, None] & (days[None, :] < ahead.lead_days[:, None] + DRAWN_DAYS))
    today = pd.Timestamp(book.clock - book.clock % DAY, unit="s")
    return pd.DataFrame(
        {
            "product_id": book.product_index[ahead.codes[row]],
            "day": today + pd.to_timedelta(day, unit="D"),
            "balance": ahead.balance[row, day],
            "receipts": np.diff(ahead.receipts, axis=1, prepend=0.0)[row, day],
            "chance": ahead.chance_short[row, day],
            "is_beyond_lead": day >= ahead.lead_days[row],
        }
    )


def _give(connection: duckdb.DuckDBPyConnection, name: str, frame: pd.DataFrame) -> None:
    # Not-a-number would sort and compare as the largest of all: what is not known is null.
    floats = dict.fromkeys(frame.select_dtypes("float64"), "Float64")
    connection.register("given", frame.astype(floats))
    connection.execute(f"create or replace temp table {name} as select * from given")
    connection.unregister("given")
