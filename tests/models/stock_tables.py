"""Hand-made and simulated tables as a connection with the stock relations built, for tests of stock."""

from datetime import datetime
from importlib.resources import files
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from data.relations import build_all, create_maybe_views, read_folder
from data.schema import TABLES
from data.settings import Settings
from models.findings import Context
from models.shortages.stock_book import StockBook

RELATIONS = {
    name: relation
    for name, relation in read_folder(Path(str(files("features") / "sql"))).items()
    if name.startswith(("stock_", "demand_", "supply_")) or name == "line_facts"
}


def _quoted(name: str) -> str:
    return f'"{name}"'


def context_of(tables: dict[str, pd.DataFrame], now: datetime) -> Context:
    """Load canonical tables into DuckDB and build the stock relations; absent columns are null."""
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    present = {name for name, frame in tables.items() if len(frame)}
    for name in present:
        given = tables[name]
        columns = ", ".join(
            f"cast({f'given.{_quoted(column.name)}' if column.name in given else 'null'} as {column.sql_type})"
            f" as {_quoted(column.name)}"
            for column in TABLES[name].columns
        )
        connection.register("given", given)
        connection.execute(f"create table {name} as select {columns} from given")
        connection.unregister("given")
    create_maybe_views(connection, present)
    connection.execute("create temp table excluded_lines (order_id varchar, line_no integer)")
    build_all(connection, RELATIONS, {"now": now}, present, temporary=True)
    return Context(connection, now, Settings(), pd.DataFrame(columns=["kind", "order_id", "line_no", "label"]))


def book_of(tables: dict[str, pd.DataFrame], now: datetime) -> StockBook:
    """Return the stock book of canonical tables."""
    return StockBook.read(context_of(tables, now).connection, now)


def as_of(tables: dict[str, pd.DataFrame], now: datetime) -> dict[str, pd.DataFrame]:
    """Return what was known at a time."""
    orders = tables["orders"].query("ordered_at < @now").copy()
    is_later = ~(orders["shipped_at"] < now)
    orders.loc[is_later, "shipped_at"] = pd.NaT
    orders.loc[is_later, "status"] = "confirmed"
    lines = tables["order_lines"][tables["order_lines"]["order_id"].isin(orders["order_id"])].copy()
    later = lines["order_id"].isin(orders.loc[is_later, "order_id"])
    lines.loc[later, "shipped_quantity"] = np.nan
    supply = tables["purchase_orders"].query("ordered_at < @now").copy()
    is_open = ~(supply["received_at"] < now)
    supply.loc[is_open, "received_at"] = pd.NaT
    supply.loc[is_open, "received_quantity"] = np.nan
    return {
        **tables,
        "orders": orders,
        "order_lines": lines,
        "purchase_orders": supply,
        "inventory": tables["inventory"].query("as_of <= @now"),
        "stock_counts": tables["stock_counts"].query("counted_at < @now"),
        "forecasts": tables["forecasts"].query("made_at < @now"),
    }
