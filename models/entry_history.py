"""What of the history concerns a new order, copied into an empty database: some hundred orders instead of all.

The latest orders of each customer, the latest lines of each product and the latest orders of all are published with
every run, sorted so that one customer's or one product's are read without touching the others'.

Where orders came in since, they are picked from all orders instead: slower, and the same.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
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


def _as_json(table: str, rows: str = "chosen", unknown: Collection[str] = ()) -> str:
    """Return the expression that writes a row as JSON, with some of its columns null."""
    names = TABLES[table].column_names
    fields = (f"'{name}': " + ("null" if name in unknown else f'{rows}."{name}"') for name in names)
    return f"to_json({{{', '.join(fields)}}})::varchar"


# Of the peers' orders only the lines of the products in question are there, so their totals say nothing.
SELECTED = {
    "own_orders": f"select {_as_json('orders')} from recent_orders as chosen "
    "where customer_id in (select unnest($customers))",
    "own_order_lines": f"select {_as_json('order_lines')} from recent_lines as chosen "
    "where customer_id in (select unnest($customers))",
    "own_payments": f"select {_as_json('payments')} from recent_payments as chosen "
    "where customer_id in (select unnest($customers))",
    "peers": f"select order_id, head.customer_id, {_as_json('orders', 'head', ['total_amount'])}, "
    f"{_as_json('order_lines')} from recent_peers as chosen where product_id in (select unnest($products))",
    "products": f"select {_as_json('products')} from products as chosen where product_id in (select unnest($products))",
    "prices": f"select {_as_json('prices')} from prices as chosen where product_id in (select unnest($products))",
    "promotions": f"select {_as_json('promotions')} from promotions as chosen where product_id is null "
    "or product_id in (select unnest($products))",
}
"""The published rows that concern some orders, each written as JSON: only so does a prepared statement take them."""

RESIDENT = {
    "orders": f"select customer_id, {_as_json('orders')}, order_id from latest_orders as chosen",
    "order_lines": f"select customer_id, {_as_json('order_lines')} from latest_lines as chosen",
}
"""What concerns every order: of some tables the customer and the row, of orders their name too."""

MASTERS = f"select customer_id, {_as_json('customers')}, name, address from customers as chosen"

CONCERNING = ("orders", "order_lines", "payments", "customers", "products", "prices", "promotions")
"""The tables that a check sees."""


def row_structure(table: str, columns: Iterable[str]) -> str:
    """Return what ``from_json`` needs to know to read rows of a table, or some columns of them."""
    types = {column.name: column.sql_type for column in TABLES[table].columns}
    return json.dumps([{name: types[name] for name in columns}])


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


@dataclass(frozen=True)
class Masters:
    """The customers, read once for all checks.

    Attributes
    ----------
    rows : dict of str to str
        By customer the row of ``customers``, written as JSON.
    called : dict of str to list of str
        By name or address as written the customers who have it.
    """

    rows: Mapping[str, str] = field(default_factory=dict)
    called: Mapping[str, list[str]] = field(default_factory=dict)


def read_masters(source: duckdb.DuckDBPyConnection) -> Masters:
    """Read ``customers``."""
    rows: dict[str, str] = {}
    called: dict[str, list[str]] = {}
    for customer, row, *texts in source.execute(MASTERS).fetchall():
        rows[customer] = row
        for text in {*texts} - {None, ""}:
            called.setdefault(text, []).append(customer)
    return Masters(rows, called)


def known_by(orders: list[dict[str, Any]], customers: list[str]) -> dict[str, list[str]]:
    """Return what picks the rows that concern some orders."""
    return {
        "customers": customers,
        "products": [*{line["product_id"] for order in orders for line in order["lines"]}],
        "called": [*{order[name] for order in orders for name in ("ship_to_name", "ship_to_address")}],
    }


class Copies:
    """What of the history concerns some orders, as far as it is asked for.

    Parameters
    ----------
    source : duckdb.DuckDBPyConnection
        The published analytics.
    resident : mapping of str to list of tuple
        What the statements of `RESIDENT` find.
    known : dict of str to list of str
        As from `known_by`.
    present : collection of str
        The canonical tables that some source brought.
    masters : Masters
        The customers.
    own : mapping of str to list of dict
        By table the customers' own rows, where they have been read already.
    """

    def __init__(
        self,
        source: duckdb.DuckDBPyConnection,
        resident: Mapping[str, list[tuple[str, ...]]],
        known: Mapping[str, list[str]],
        present: Collection[str],
        masters: Masters,
        own: Mapping[str, Iterable[Mapping[str, Any]]],
    ) -> None:
        self._source, self._resident, self._known, self._present = source, resident, {**known}, present
        self._masters, self._own = masters, own
        self._selected: dict[str, list[tuple[str, ...]]] = {}

    def _select(self, name: str) -> list[tuple[str, ...]]:
        """Return what one of `SELECTED` finds, asked once."""
        table = name.removeprefix("own_")
        if name not in self._selected and table in self._own:
            self._selected[name] = [(json.dumps(row, default=str),) for row in self._own[table]]
        elif name not in self._selected:
            self._selected[name] = self._source.execute(*spelled(SELECTED[name], self._known)).fetchall()
        return self._selected[name]

    def _others(self, table: str) -> list[tuple[str, ...]]:
        """Return what is resident of a table and not the customers' own."""
        own = {None, *self._known["customers"]}
        return [row for row in self._resident[table] if row[0] not in own]

    def _peers(self) -> list[tuple[str, ...]]:
        """Return the latest lines of the products that are neither the customers' own nor resident."""
        left_out, latest = {None, *self._known["customers"]}, {row[2] for row in self._resident["orders"]}
        return [row for row in self._select("peers") if row[1] not in left_out and row[0] not in latest]

    def _masters_of(self, customers: Iterable[str]) -> list[str]:
        """Return the rows of some customers, each once."""
        return [self._masters.rows[name] for name in dict.fromkeys(customers) if name in self._masters.rows]

    def own(self, table: str) -> list[str]:
        """Return the rows of a table that are the customers' own."""
        if table == "customers":
            return self._masters_of(self._known["customers"])
        return [row for (row,) in self._select(f"own_{table}")] if table in self._present else []

    def rows(self, table: str) -> list[str]:
        """Return the rows of a canonical table that concern the orders; none where no source brought it."""
        if table not in self._present or table not in CONCERNING:
            return []
        if table == "payments":
            return self.own(table)
        if table == "customers":
            named = (customer for text in self._known["called"] for customer in self._masters.called.get(text, ()))
            peers = (row[1] for row in self._select("peers"))
            latest = (row[0] for row in self._resident["orders"])
            return self._masters_of([*self._known["customers"], *named, *peers, *latest])
        if table == "orders":
            heads = {name: head for name, _, head, _ in self._peers()}
            return [*self.own(table), *(row[1] for row in self._others(table)), *heads.values()]
        if table == "order_lines":
            return [*self.own(table), *(row[1] for row in self._others(table)), *(row[3] for row in self._peers())]
        return [row for (row,) in self._select(table)]

    def fill(self, desk: duckdb.DuckDBPyConnection, tables: Collection[str]) -> None:
        """Fill some canonical tables, empty as yet."""
        for name in tables:
            if rows := self.rows(name):
                structure = row_structure(name, TABLES[name].column_names)
                sql = f"insert into \"{name}\" select unnest(from_json($rows, '{structure}'), recursive := true)"
                desk.execute(sql, {"rows": written(rows)})


def written(rows: Iterable[str]) -> str:
    """Return rows, each written as JSON, as one text."""
    return f"[{','.join(rows)}]"


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
