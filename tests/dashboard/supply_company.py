"""A small simulated company, judged by the run's own code: what the planners' pages show of it is known."""

from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd

from dashboard.workspace import Workspace
from data.relations import build_all, create_maybe_views
from data.schema import TABLES
from data.settings import Settings
from data.warehouse import Warehouse
from models.detect import DetectReport, all_finders, keep_live_causes, publish_details
from models.detectors import DETECTORS
from models.findings import RAW_FINDINGS, Context, gather
from models.planning.plan import plan
from models.ranking import publish_exceptions
from tests.dashboard.conftest import make_workspace
from tests.models.stock_simulator import DAYS, START, World, simulate
from tests.models.stock_tables import RELATIONS

NOW = START + timedelta(days=DAYS)
CAUSES = ("late_supplier", "stock_record_error", "demand_spike", "under_forecast")


def _waiting(product_id: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return three open orders for more of a product than there is."""
    orders = [
        {
            "order_id": f"OPEN{k}",
            "customer_id": f"C{k}",
            "ordered_at": NOW - timedelta(days=2, hours=k),
            "status": "confirmed",
            "promised_at": NOW + timedelta(days=1 + k),
            "updated_at": NOW,
        }
        for k in range(3)
    ]
    lines = [
        {"order_id": f"OPEN{k}", "line_no": 1, "product_id": product_id, "quantity": units, "unit_price": 10.0}
        for k, units in enumerate((9.0, 4.0, 3.0))
    ]
    return pd.DataFrame(orders), pd.DataFrame(lines)


def company(without: tuple[str, ...] = ()) -> dict[str, pd.DataFrame]:
    """Return the canonical tables, some of them left out."""
    tables, _ = simulate(World(n_products=4, causes=CAUSES), seed=905)
    is_open = tables["orders"]["status"].ne("shipped") & tables["orders"]["order_id"].str.startswith("P0000-")
    gone = set(tables["orders"].loc[is_open, "order_id"])
    tables = {
        name: frame[~frame["order_id"].isin(gone)] if "order_id" in frame else frame for name, frame in tables.items()
    }
    orders, lines = _waiting("P0000")
    tables["orders"] = pd.concat([tables["orders"], orders], ignore_index=True)
    tables["order_lines"] = pd.concat([tables["order_lines"], lines], ignore_index=True)
    tables["products"]["category"] = "parts"
    stock, supply = tables["inventory"], tables["purchase_orders"]
    last = (stock["product_id"] == "P0000") & (stock["as_of"] == stock["as_of"].max())
    day = {"product_id": "P0000", "as_of": NOW, "warehouse_id": "W1", "on_hand": 8.0}
    tables["inventory"] = pd.concat([stock[~last], pd.DataFrame([day])], ignore_index=True)
    tables["purchase_orders"] = supply[~((supply["product_id"] == "P0000") & supply["received_at"].isna())]
    late = {
        "po_id": "LATE1",
        "product_id": "P0000",
        "supplier_id": "S1",
        "quantity": 40.0,
        "ordered_at": NOW - timedelta(days=30),
        "promised_at": NOW - timedelta(days=6),
    }
    tables["purchase_orders"] = pd.concat([tables["purchase_orders"], pd.DataFrame([late])], ignore_index=True)
    return {name: frame for name, frame in tables.items() if name not in without}


def spread(tables: dict[str, pd.DataFrame]) -> None:
    """Have a second warehouse sell every other line of P0001; the first has hardly any left, the second plenty."""
    lines, stock = tables["order_lines"], tables["inventory"]
    of_it = lines["product_id"].eq("P0001")
    lines.loc[of_it & of_it.cumsum().mod(2).eq(0), "warehouse_id"] = "W2"
    rest = stock[~(stock["product_id"].eq("P0001") & (stock["as_of"] == stock["as_of"].max()))]
    held = [
        {"product_id": "P0001", "as_of": NOW, "warehouse_id": name, "on_hand": n}
        for name, n in (("W1", 2), ("W2", 900))
    ]
    tables["inventory"] = pd.concat([rest, pd.DataFrame(held)], ignore_index=True)


def _keep_live_causes(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep the live causes of this run, and of an earlier one that took the earliest short line for late supply."""
    keep_live_causes(connection, DetectReport(as_of=NOW, version=2))
    connection.execute(
        """insert into live_causes select order_id, line_no, 'late_supplier', 0.9, ordered_at + interval 1 day, 1
        from stockouts where cause <> 'late_supplier' order by ordered_at, order_id limit 1"""
    )


def supply_workspace(home: Path, without: tuple[str, ...] = (), is_spread: bool = False) -> Workspace:
    """Return a home folder with the company, its shortages and plans; with one warehouse, or a second one."""
    tables = company(without)
    if is_spread:
        spread(tables)
    now: datetime = NOW
    with Warehouse(home, Settings()).build() as build:
        connection = build.connection
        for name, given in tables.items():
            columns = ", ".join(f'"{column.name}" {column.sql_type}' for column in TABLES[name].columns)
            connection.execute(f'create table "{name}" ({columns})')
            connection.register("given", given)
            connection.execute(f'insert into "{name}" by name select * from given')
            connection.unregister("given")
        present = set(tables)
        create_maybe_views(connection, present)
        connection.execute("create or replace temp table excluded_lines (order_id varchar, line_no integer)")
        build_all(connection, RELATIONS, {"now": now}, present, temporary=True)
        labels = pd.DataFrame(columns=["exception_id", "kind", "order_id", "line_no", "product_id", "label"])
        context = Context(connection, now, Settings(), labels)
        connection.execute(RAW_FINDINGS)
        for name in ("stock_shortage", "stockout_risk"):
            if name == "stock_shortage" or "inventory" in present:
                gather(context, DETECTORS[name])
        plan(context, present)
        publish_exceptions(connection, all_finders(), labels, pd.Timestamp(now))
        publish_details(connection)
        _keep_live_causes(connection)
    return make_workspace(home, has_orders=False)
