"""What is known of the customer of a new order: the latest orders, and what the latest run left."""

from collections import Counter
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import duckdb

from data.schema import TABLES
from models.duplicates.probability import Model
from models.entry_history import spelled

Row = Mapping[str, Any]

SHIP_TO = tuple(f"ship_to_{part}" for part in "name phone address city region postal_code country".split())
OWN = "select {columns} from {published} where customer_id in (select unnest($customers))"

NUMBERED = "select order_id from orders where order_number = $number limit 1"

LARGE = """
    select quantity
    from latest_lines
    semi join (select order_id from latest_orders where coalesce(status, 'new') <> 'cancelled') as alive
        using (order_id)
    anti join (select order_id, line_no from exceptions where kind in ('quantity_outlier', 'price_error')) as wrong
        using (order_id, line_no)
    order by quantity desc limit 1 offset 3
"""

MAIN_CURRENCY = """
    select currency from latest_orders
    group by currency having count(*) >= 0.9 * (select count(*) from latest_orders)
"""

TERMS = {
    "prices": """
        select product_id, valid_from, valid_to, customer_id, unit_price from prices
        where product_id in (select unnest($products)) and coalesce(customer_id, $customer) = $customer
    """,
    "promotions": """
        select product_id, valid_from, valid_to, customer_id, null as unit_price from promotions
        where coalesce(customer_id, $customer) = $customer
            and (product_id is null or product_id in (select unnest($products)))
    """,
}

MASTER = """
    select customer_id, credit_limit, coalesce(owed, 0), segment, name, address, phone
    from customers left join customer_balances using (customer_id)
"""


EVERYONE = object()
"""The key under which what is usual of a product stands for customers of segments that seldom order it."""


class Home(NamedTuple):
    """A customer's own name, address and phone, where an order gives no other."""

    name: str | None
    address: str | None
    phone: str | None


@dataclass(frozen=True)
class Standing:
    """What the latest run left of every customer and product, read once.

    Attributes
    ----------
    flagged : dict of str to set of tuple
        By customer kind, order and line (or None) of what was found.
    credit : dict of str to tuple
        By customer the credit limit, or None, and what its orders come to that is not paid; None without a master.
    segments : dict of str to str or None
        By customer the segment.
    homes : dict of str to Home
        By customer what the master says of it.
    quantities : dict of str to dict
        By product what is usually ordered of it, in logs: by the segment that orders, and by all under `EVERYONE`.
    products : set of str or None
        The products of the master, if there is one.
    main_currency : frozenset of str or None
        The currency of nearly all latest orders, or None where they name none; empty where they have several.
    large_quantity : float
        The fourth largest quantity of the company's latest orders that nothing was found wrong with, or 0.
    """

    flagged: Mapping[str, set[tuple[str, str, int | None]]] = field(default_factory=dict)
    credit: Mapping[str, tuple[float | None, float]] | None = None
    segments: Mapping[str, str | None] = field(default_factory=dict)
    homes: Mapping[str, Home] = field(default_factory=dict)
    quantities: Mapping[str, Mapping[object, float]] = field(default_factory=dict)
    products: Set[str] | None = None
    main_currency: frozenset[str | None] = frozenset()
    large_quantity: float = 0.0


def read_standing(source: duckdb.DuckDBPyConnection, present: Collection[str]) -> Standing:
    """Read what the latest run left, with the canonical tables that are present."""
    flagged: dict[str, set[tuple[str, str, int | None]]] = {}
    found = source.execute("select customer_id, kind, order_id, line_no from exceptions where customer_id is not null")
    for customer, *finding in found.fetchall():
        flagged.setdefault(customer, set()).add((*finding,))
    masters = source.execute(MASTER).fetchall() if "customers" in present else []
    products = source.execute("select product_id from products").fetchall() if "products" in present else []
    large = source.execute(LARGE).fetchone()
    quantities: dict[str, dict[object, float]] = {}
    for product, segment, usual, usual_of_all in source.execute("select * from product_quantities").fetchall():
        quantities.setdefault(product, {EVERYONE: usual_of_all})[segment] = usual
    return Standing(
        flagged,
        {customer: (limit, owed) for customer, limit, owed, *_ in masters} if "customers" in present else None,
        {customer: segment for customer, _, _, segment, *_ in masters},
        {customer: Home(*home) for customer, _, _, _, *home in masters},
        quantities,
        {row[0] for row in products} if "products" in present else None,
        frozenset(row[0] for row in source.execute(MAIN_CURRENCY).fetchall()),
        float(large[0]) if large else 0.0,
    )


@dataclass(frozen=True)
class Past:
    """What is known of the customer of a new order, and of those who share a PO, phone or address with it.

    Attributes
    ----------
    related : list of dict
        The latest orders of all of them, the latest first.
    lines : dict of str to list of dict
        Their lines by order.
    flagged : set of tuple
        Kind, order and line (or None) of what the latest run found.
    terms : list of dict
        Product (None = all), first and last day, customer and price of the prices and promotions that
        concern the order.
    credit_limit : float or None
        The customer's.
    owed : float
        What the customer's orders come to that is not paid yet.
    is_number_used : bool
        Whether an earlier order has the same order number.
    is_known : bool
        Whether customer and products are in the master data, as far as there is any.
    standing : Standing
        What the latest run left of all customers and products.
    homes : dict of str to Home
        What the master says of these customers.
    entities : dict of str to str
        Who each of them is that is registered twice.
    model : Model
        The model of duplicates in force.
    now : datetime
        When the order is judged.
    """

    related: list[dict[str, Any]]
    lines: dict[str, list[dict[str, Any]]]
    flagged: set[tuple[str, str, int | None]]
    terms: list[dict[str, Any]]
    credit_limit: float | None
    owed: float
    is_number_used: bool
    is_known: bool
    standing: Standing
    homes: Mapping[str, Home]
    entities: Mapping[str, str]
    model: Model
    now: datetime

    def usual_quantity(self, customer: str, product: str) -> float | None:
        """Return how much customers of the same segment usually order of a product, in logs, if that is known."""
        known = self.standing.quantities.get(product)
        return known.get(self.standing.segments.get(customer), known[EVERYONE]) if known else None

    def own(self, order: Row) -> list[dict[str, Any]]:
        """Return the earlier orders of the same customer, the latest first."""
        at = order["ordered_at"] or self.now
        return [row for row in self.related if row["customer_id"] == order["customer_id"] and row["ordered_at"] <= at]

    def usual_currency(self, order: Row) -> str | None:
        """Return the currency of most of the customer's orders."""
        known = Counter(row["currency"] for row in self.own(order) if row["currency"])
        return known.most_common(1)[0][0] if known else None

    def own_lines(self, order: Row, product: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Return the customer's earlier orders of a product with the line, the latest first."""
        return [
            (row, line)
            for row in self.own(order)
            for line in self.lines.get(row["order_id"], ())
            if line["product_id"] == product
        ]


def _rows(cursor: duckdb.DuckDBPyConnection, sql: str, **known: object) -> list[dict[str, Any]]:
    """Return what a query finds."""
    found = cursor.execute(*spelled(sql, known))
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def read_past(
    source: duckdb.DuckDBPyConnection,
    order: Row,
    customers: list[str],
    present: Collection[str],
    standing: Standing,
    entities: Mapping[str, str],
    model: Model,
    now: datetime,
) -> Past:
    """Read what is known of a new order's customer and of those related.

    Parameters
    ----------
    source : duckdb.DuckDBPyConnection
        The published analytics, with the latest orders of each customer.
    order : mapping
        The new order, as from `models.new_order.read_orders`.
    customers : list of str
        The customers whose orders may be repeated by it.
    present : collection of str
        The canonical tables that some source brought.
    standing : Standing
        What the latest run left.
    entities : dict of str to str
        Who those of the customers are that are registered twice.
    model : Model
        The model of duplicates in force.
    now : datetime
        The time to judge at.

    Returns
    -------
    Past
        What the conditions look at.
    """
    products = [*{line["product_id"] for line in order["lines"]}]
    related, own_lines = (
        _rows(
            source, OWN.format(columns=", ".join(TABLES[table].column_names), published=published), customers=customers
        )
        for table, published in (("orders", "recent_orders"), ("order_lines", "recent_lines"))
    )
    lines: dict[str, list[dict[str, Any]]] = {}
    for line in own_lines:
        lines.setdefault(line["order_id"], []).append(line)
    terms = [
        row
        for name, sql in TERMS.items()
        if name in present
        for row in _rows(
            source,
            sql,
            products=products,
            customer=order["customer_id"],
        )
    ]
    is_known = standing.products is None or set(products) <= standing.products
    if standing.credit is not None:
        is_known = is_known and order["customer_id"] in standing.credit
    limit, owed = (standing.credit or {}).get(order["customer_id"], (None, 0.0))
    return Past(
        related=sorted(related, key=lambda row: (row["ordered_at"], row["order_id"]), reverse=True),
        lines=lines,
        flagged={finding for customer in customers for finding in standing.flagged.get(customer, ())},
        terms=terms,
        credit_limit=limit,
        owed=owed,
        is_number_used=bool(_rows(source, NUMBERED, number=order["order_number"])) if order["order_number"] else False,
        is_known=is_known,
        standing=standing,
        homes={customer: standing.homes[customer] for customer in customers if customer in standing.homes},
        entities=entities,
        model=model,
        now=now,
    )
