"""What of the history concerns a new order, copied into an empty database: some hundred orders instead of all.

The latest orders of each customer, the latest lines of each product and the latest orders of all are published with
every run, sorted so that one customer's or one product's are read without touching the others'.

Where orders came in since, they are picked from all orders instead: slower, and the same.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from data.relations import build_order, create_maybe_views, publish_table, read_folder
from data.schema import TABLES
from models.duplicates.customers import SURE, members

FOLDER = Path(str(files("features").joinpath("entry")))

HISTORY_ORDERS = 5000
"""How many of the latest orders of the same customers or products a thorough check looks at."""

RELATED_DAYS = 120
SHARED = ("customer_po", "ship_to_phone", "ship_to_address")
MOST_RELATED = 8
"""How many other customers are looked at who share a customer PO, phone or address with a new order."""

RELATED = """
    select customer_id from contact_customers
    where latest > $since and contact in ({contacts})
    group by customer_id order by max(latest) desc limit $most
"""

Seconds = Mapping[str, list[tuple[str, str]]]
"""By customer, the pairs of customers registered twice that it is one of."""

HISTORY = """
    select order_id from orders
    where ordered_at <= $now and (customer_id in (select unnest($customers)) or order_id in (
        select order_id from order_lines where product_id in (select unnest($products))))
    order by (customer_id in (select unnest($customers))) desc, ordered_at desc limit $limit
"""

MOST_SPELLED = 40
"""How many values are written out one by one; of more, a list is bound."""

SELECTED = {
    "recent_orders": "select * from recent_orders where customer_id in (select unnest($customers))",
    "recent_lines": "select * from recent_lines where customer_id in (select unnest($customers))",
    "recent_payments": "select * from recent_payments where customer_id in (select unnest($customers))",
    "recent_peers": "select * from recent_peers where product_id in (select unnest($products))",
    "own_customers": "select * from customers where customer_id in (select unnest($customers))",
    "customers": "select * from customers where customer_id in (select unnest($customers)) "
    "or customer_id in (select unnest($peers)) "
    "or name in (select unnest($names)) or address in (select unnest($addresses))",
    "products": "select * from products where product_id in (select unnest($products))",
    "prices": "select * from prices where product_id in (select unnest($products))",
    "promotions": "select * from promotions where product_id is null or product_id in (select unnest($products))",
}
"""The published rows that concern some orders."""

RESIDENT = {
    "latest_orders": "select * from latest_orders",
    "latest_lines": "select * from latest_lines",
    "latest_customers": "select * from customers where customer_id in (select customer_id from latest_orders)",
}
"""What concerns every order."""

PEERS = """head.customer_id not in (select unnest($customers))
    and order_id not in (select order_id from latest_orders)"""

# Of the peers' orders only the lines of the products in question are there, so their totals say nothing.
ROWS = {
    "orders": "select * from selected_recent_orders union all by name "
    "select * from latest_orders where customer_id not in (select unnest($customers)) union all by name "
    "select * replace (null as total_amount) from (select unnest(any_value(head)) from selected_recent_peers "
    f"where {PEERS} group by order_id)",
    "order_lines": "select * exclude (customer_id) from (select * from selected_recent_lines union all by name "
    "select * from latest_lines where customer_id not in (select unnest($customers))) "
    f"union all by name select * exclude (head) from selected_recent_peers where {PEERS}",
    "payments": "select * exclude (customer_id) from selected_recent_payments",
    "customers": "select * from selected_customers union select * from latest_customers",
    "products": "select * from selected_products",
    "prices": "select * from selected_prices",
    "promotions": "select * from selected_promotions",
}
"""The tables that a check sees, made from what was selected and what is resident."""

READ_BY = {
    "orders": ("recent_orders", "recent_peers"),
    "order_lines": ("recent_lines", "recent_peers"),
    "payments": ("recent_payments",),
    "customers": ("recent_peers",),
}
"""What is selected for a table, beside the table itself."""


def publish_recent(connection: duckdb.DuckDBPyConnection) -> None:
    """Store the latest orders of each customer and the latest lines of each product."""
    for relation in build_order(read_folder(FOLDER)):
        publish_table(connection, relation.name, relation.sql)


def has_recent(source: duckdb.DuckDBPyConnection, tables: set[str]) -> bool:
    """Return whether the latest orders are published, and no order came in since."""
    relations = read_folder(FOLDER)
    if not relations.keys() <= tables:
        return False
    states = f"select * from recent_clock union select * from ({relations['recent_clock'].sql})"
    return len(source.execute(states).fetchall()) == 1


def pick_recent(source: duckdb.DuckDBPyConnection, present: Collection[str]) -> None:
    """Let the latest orders be picked from all orders."""
    create_maybe_views(source, set(present))
    for relation in build_order(read_folder(FOLDER)):
        source.execute(f'create or replace temp view "{relation.name}" as {relation.sql}')


def spelled(sql: str, known: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """Write a few values of a list out one by one, so that DuckDB reads only where each of them may stand.

    Parameters
    ----------
    sql : str
        A statement with ``in (select unnest($name))``.
    known : dict of str to object
        What may be bound.

    Returns
    -------
    tuple of str and dict
        The statement and what it binds.
    """
    bound: dict[str, object] = {}
    for name, value in known.items():
        if isinstance(value, list) and 0 < len(value) <= MOST_SPELLED:
            marks = {f"{name}_{place}": each for place, each in enumerate(value)}
            written = sql.replace(f"select unnest(${name})", ", ".join(f"${mark}" for mark in marks))
            bound |= marks if written != sql else {}
            sql = written
        if re.search(rf"\${name}\b", sql):
            bound[name] = value
    return sql, bound


def _texts(orders: Iterable[Mapping[str, Any]], *columns: str) -> list[str]:
    """Return what some fields of the orders hold; never nothing, so that DuckDB knows it for text."""
    return [*{str(order[column]) for order in orders for column in columns if order[column]}, ""]


def related_customers(
    source: duckdb.DuckDBPyConnection, orders: list[dict[str, Any]], now: datetime, seconds: Seconds
) -> list[str]:
    """Return the customers of the orders, their second records, and who shares a PO, phone or address with them."""
    customers = sorted({order["customer_id"] for order in orders})
    given = {(field, str(order[field])) for field in SHARED for order in orders if order[field]}
    found = []
    if given:
        # Written out one by one, so that DuckDB reads only where each of them may stand.
        bound = {f"value{place}": value for place, (_, value) in enumerate(given)}
        contacts = ", ".join(f"hash('{field}', $value{place})" for place, (field, _) in enumerate(given))
        since = now - timedelta(days=RELATED_DAYS)
        sql = RELATED.format(contacts=contacts)
        found = source.execute(sql, {"since": since, "most": MOST_RELATED, **bound}).fetchall()
    names = {*customers, *(row[0] for row in found)}
    return sorted(names | {name for customer in customers for pair in seconds.get(customer, ()) for name in pair})


def second_records(source: duckdb.DuckDBPyConnection) -> Seconds:
    """Return who is surely registered twice, as the latest run found."""
    sql = "select customer_id, duplicate_of from duplicate_customers where probability >= $sure"
    seconds: dict[str, list[tuple[str, str]]] = {}
    for pair in source.execute(sql, {"sure": SURE}).fetchall():
        for name in pair:
            seconds.setdefault(name, []).append(pair)
    return seconds


def entities(seconds: Seconds, customers: Iterable[str]) -> pd.DataFrame:
    """Return ``customer_id`` and ``member_of`` of those among some customers who are surely registered twice."""
    pairs = sorted({pair for customer in customers for pair in seconds.get(customer, ())})
    return members(pd.DataFrame(pairs, columns=["customer_id", "duplicate_of"]))


def known_by(orders: list[dict[str, Any]], customers: list[str]) -> dict[str, list[str]]:
    """Return what picks the rows of `ROWS` that concern some orders."""
    return {
        "customers": customers,
        "products": [*{line["product_id"] for order in orders for line in order["lines"]}],
        "names": _texts(orders, "ship_to_name"),
        "addresses": _texts(orders, "ship_to_address"),
    }


class Copies:
    """What of the history concerns some orders, copied to a desk as far as it is asked for.

    Parameters
    ----------
    source : duckdb.DuckDBPyConnection
        The published analytics.
    desk : duckdb.DuckDBPyConnection
        Has the canonical tables, empty, and those of `RESIDENT`.
    known : dict of str to list of str
        As from `known_by`.
    present : collection of str
        The canonical tables that some source brought.
    """

    def __init__(
        self,
        source: duckdb.DuckDBPyConnection,
        desk: duckdb.DuckDBPyConnection,
        known: Mapping[str, list[str]],
        present: Collection[str],
    ) -> None:
        self._source, self._desk, self._known, self._present = source, desk, {**known, "peers": [""]}, present
        self._selected: set[str] = set()
        self._filled: set[str] = set()

    def select(self, names: Iterable[str]) -> None:
        """Let the desk have some of `SELECTED` as views ``selected_<name>``."""
        for name in names:
            if name not in self._selected:
                self._selected.add(name)
                sql, bound = spelled(SELECTED[name], self._known)
                self._desk.register(f"selected_{name}", self._source.sql(sql, params=bound).to_arrow_table())

    def rows(self, name: str) -> tuple[str, dict[str, object]]:
        """Return the ``select`` of what a canonical table has that concerns the orders, and what it binds."""
        self.select(READ_BY.get(name, ()))
        if name == "customers":
            heads = self._desk.execute("select distinct head.customer_id from selected_recent_peers").fetchall()
            self._known["peers"] = ["", *(row[0] for row in heads)]
        self.select({name} & SELECTED.keys())
        columns = ", ".join(f'"{column}"' for column in TABLES[name].column_names)
        return spelled(f"select {columns} from ({ROWS[name]})", self._known)

    def fill(self, tables: Collection[str]) -> None:
        """Fill some canonical tables of the desk, of those that are present."""
        for name in ROWS:
            if name in tables and name in self._present and name not in self._filled:
                sql, bound = self.rows(name)
                self._desk.execute(f'insert into "{name}" {sql}', bound)
                self._filled.add(name)


def copy_long(
    source: duckdb.DuckDBPyConnection,
    scratch: duckdb.DuckDBPyConnection,
    orders: list[dict[str, Any]],
    present: Collection[str],
    now: datetime,
) -> None:
    """Copy the longer history that a thorough check looks at into an empty database."""
    products = sorted({line["product_id"] for order in orders for line in order["lines"]})
    customers = sorted({order["customer_id"] for order in orders})
    keys = {"now": now, "customers": customers, "products": products, "limit": HISTORY_ORDERS}
    history = source.execute(HISTORY, keys).fetchnumpy()["order_id"].tolist()
    for name in sorted(present):
        columns = TABLES[name].column_names
        where, bound = "true", {}
        if "order_id" in columns:
            where, bound = "order_id in (select unnest($orders))", {"orders": [*history, ""]}
        elif name in ("prices", "inventory", "purchase_orders", "forecasts", "stock_counts"):
            where, bound = "product_id in (select unnest($products))", {"products": products}
        frame = source.sql(f'select * from "{name}" where {where}', params=bound).to_arrow_table()  # noqa: F841
        scratch.execute(f'create table "{name}" as select * from frame')
