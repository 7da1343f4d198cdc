"""What of the history concerns a new order, copied into an empty database: some hundred orders instead of all.

The latest orders of each customer, the latest lines of each product and the latest orders of all are published with
every run, sorted so that one customer's or one product's are read without touching the others'.

Where orders came in since, they are picked from all orders instead: slower, and the same.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from data.relations import build_order, create_maybe_views, publish_table, read_folder
from data.schema import TABLES

FOLDER = Path(str(files("features").joinpath("entry")))

RELATED_DAYS = 120
MOST_RELATED = 8
"""How many other customers are looked at who share a customer PO, phone or address with a new order."""

BY_PRODUCT = frozenset({"prices", "promotions"})
LEFT_OUT = frozenset({"order_events", "inventory", "stock_counts", "purchase_orders", "forecasts", "system_events"})
"""What says nothing about an order before it is entered, or is looked at by the thorough check only."""

RELATED = """
    select customer_id from (
        select customer_id, max(ordered_at) as latest from orders
        where ordered_at > $since
            and (customer_po in (select unnest($pos)) or ship_to_phone in (select unnest($phones))
                or ship_to_address in (select unnest($addresses)))
        group by customer_id order by latest desc limit $most
    )
"""

SECOND_RECORDS = """
    select customer_id from duplicate_customers where duplicate_of in (select unnest($customers)) and probability >= 0.9
    union
    select duplicate_of from duplicate_customers where customer_id in (select unnest($customers)) and probability >= 0.9
"""

PEERS = """product_id in (select unnest($products)) and head.customer_id not in (select unnest($customers))
    and order_id not in (select order_id from latest_orders)"""

# Of the peers' orders only the lines of the products in question are there, so their totals say nothing.
ROWS = {
    "orders": "select * from recent_orders where customer_id in (select unnest($customers)) union all by name "
    "select * from latest_orders where customer_id not in (select unnest($customers)) union all by name "
    "select * replace (null as total_amount) from (select unnest(any_value(head)) from recent_peers "
    f"where {PEERS} group by order_id)",
    "order_lines": "select * exclude (customer_id) from (select * from recent_lines "
    "where customer_id in (select unnest($customers)) union all by name select * from latest_lines "
    "where customer_id not in (select unnest($customers))) "
    f"union all by name select * exclude (head) from recent_peers where {PEERS}",
    "payments": "select * exclude (customer_id) from recent_payments where customer_id in (select unnest($customers))",
    "customers": "select * from customers where customer_id in (select unnest($customers)) "
    "or customer_id in (select customer_id from latest_orders) "
    "or customer_id in (select head.customer_id from recent_peers where product_id in (select unnest($products))) "
    "or name in (select unnest($names)) or address in (select unnest($addresses))",
    "products": "select * from products where product_id in (select unnest($products))",
    "prices": "select * from prices where product_id in (select unnest($products))",
    "promotions": "select * from promotions where product_id is null or product_id in (select unnest($products))",
}


def publish_recent(connection: duckdb.DuckDBPyConnection) -> None:
    """Store the latest orders of each customer and the latest lines of each product."""
    for relation in build_order(read_folder(FOLDER)):
        publish_table(connection, relation.name, relation.sql)


def _tables(source: duckdb.DuckDBPyConnection) -> set[str]:
    return {row[0] for row in source.execute("select table_name from duckdb_tables()").fetchall()}


def _use_recent(source: duckdb.DuckDBPyConnection, present: set[str]) -> None:
    """Let the published latest orders be read; where orders came in since, pick them from all orders."""
    relations = read_folder(FOLDER)
    if relations.keys() <= _tables(source):
        states = f"select * from recent_clock union select * from ({relations['recent_clock'].sql})"
        if len(source.execute(states).fetchall()) == 1:
            return
    create_maybe_views(source, present)
    for relation in build_order(relations):
        source.execute(f'create or replace temp view "{relation.name}" as {relation.sql}')


def _texts(orders: Iterable[Mapping[str, Any]], *columns: str) -> list[str]:
    """Return what some fields of the orders hold; never nothing, so that DuckDB knows it for text."""
    return [*{str(order[column]) for order in orders for column in columns if order[column]}, ""]


def related_customers(source: duckdb.DuckDBPyConnection, orders: list[dict[str, Any]], since: datetime) -> list[str]:
    """Return the customers of the orders, their second records, and who shares a PO, phone or address with them."""
    customers = _texts(orders, "customer_id")
    found = source.execute(
        RELATED,
        {
            "since": since,
            "pos": [text for text in _texts(orders, "customer_po") if text],
            "phones": [text for text in _texts(orders, "ship_to_phone") if text],
            "addresses": [text for text in _texts(orders, "ship_to_address") if text],
            "most": MOST_RELATED,
        },
    ).fetchall()
    names = {*customers, *(row[0] for row in found)}
    if "duplicate_customers" in _tables(source):
        names |= {row[0] for row in source.execute(SECOND_RECORDS, {"customers": customers}).fetchall()}
    return sorted(names)


def copy_recent(
    source: duckdb.DuckDBPyConnection,
    scratch: duckdb.DuckDBPyConnection,
    orders: list[dict[str, Any]],
    present: set[str],
    now: datetime,
) -> list[str]:
    """Copy what concerns the orders into an empty database.

    Parameters
    ----------
    source : duckdb.DuckDBPyConnection
        The published analytics.
    scratch : duckdb.DuckDBPyConnection
        Gets every table that is present, some of them empty.
    orders : list of dict
        The new orders, as from `models.new_order.read_orders`.
    present : set of str
        The canonical tables that some source brought.
    now : datetime
        The time to judge at.

    Returns
    -------
    list of str
        The customers whose orders were copied whole.
    """
    _use_recent(source, present)
    customers = related_customers(source, orders, now - timedelta(days=RELATED_DAYS))
    products = [*{line["product_id"] for order in orders for line in order["lines"]}]
    known = {
        "customers": customers,
        "products": products,
        "names": _texts(orders, "ship_to_name"),
        "addresses": _texts(orders, "ship_to_address"),
    }
    for name in sorted(present):
        sql = ROWS.get(name, f'select * from "{name}" where false')
        bound = {key: value for key, value in known.items() if f"${key}" in sql}
        frame = source.sql(sql, params=bound).to_arrow_table()  # noqa: F841
        columns = ", ".join(f'"{column}"' for column in TABLES[name].column_names)
        scratch.execute(f'create table "{name}" as select {columns} from frame')
    return customers
