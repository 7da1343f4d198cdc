"""The canonical tables: the contract's input, in code."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from data.errors import UnknownNameError

Type = Literal["text", "timestamp", "number", "integer"]

SQL_TYPES: dict[Type, str] = {"text": "varchar", "timestamp": "timestamp", "number": "double", "integer": "integer"}


@dataclass(frozen=True)
class Column:
    """One column of a canonical table; timestamps are stored in the configured time zone, without offset."""

    name: str
    type: Type
    is_required: bool

    @property
    def sql_type(self) -> str:
        """The DuckDB type."""
        return SQL_TYPES[self.type]


@dataclass(frozen=True)
class Table:
    """One canonical table.

    Attributes
    ----------
    name : str
        The contract's name; also the file's stem in a source.
    columns : tuple of Column
        All columns, in the contract's order.
    key : tuple of str
        The columns that make a row unique; some may be null.
    is_required : bool
        Whether a source must have it.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    is_required: bool = False

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        """All column names, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def required_columns(self) -> tuple[str, ...]:
        """The columns that must not be null."""
        return tuple(column.name for column in self.columns if column.is_required)

    def column(self, name: str) -> Column:
        """Return one column; raise `UnknownNameError` if there is none of that name."""
        for column in self.columns:
            if column.name == name:
                return column
        raise UnknownNameError(f"column of {self.name}", name, self.column_names)


TIMESTAMPS = frozenset(
    "created_at valid_from valid_to ordered_at requested_at promised_at shipped_at delivered_at payment_due_at "
    "updated_at at ended_at paid_at as_of counted_at received_at period_start made_at".split()
)
NUMBERS = frozenset(
    "credit_limit list_price unit_cost unit_price discount quantity shipped_quantity total_amount amount on_hand "
    "reserved recorded counted received_quantity reorder_point safety_stock".split()
)
INTEGERS = frozenset("line_no payment_terms_days lead_time_days period_days".split())


def _type_of(name: str) -> Type:
    if name in TIMESTAMPS:
        return "timestamp"
    if name in NUMBERS:
        return "number"
    return "integer" if name in INTEGERS else "text"


def _table(name: str, key: str, columns: str, is_required: bool = False) -> Table:
    """Read a table from the contract's own notation: ``*`` marks a required column."""
    made = tuple(
        Column(word.rstrip("*"), _type_of(word.rstrip("*")), word.endswith("*"))
        for word in columns.replace(",", "").split()
    )
    return Table(name, made, tuple(key.split()), is_required)


TABLES = {
    table.name: table
    for table in (
        _table(
            "customers",
            "customer_id",
            "customer_id*, name*, contact_name, phone, email, address, city, region, postal_code, country, "
            "credit_limit, credit_rating, payment_terms_days, segment, created_at",
        ),
        _table(
            "products",
            "product_id",
            "product_id*, name*, specification, category, unit, list_price, unit_cost, supplier_id, lead_time_days, "
            "reorder_point, safety_stock",
        ),
        _table(
            "prices",
            "product_id customer_id valid_from",
            "product_id*, customer_id, valid_from*, valid_to, unit_price*",
        ),
        _table(
            "promotions",
            "promotion_id product_id customer_id valid_from",
            "promotion_id*, product_id, customer_id, valid_from*, valid_to*, discount*",
        ),
        _table(
            "orders",
            "order_id",
            "order_id*, order_number, customer_id*, ordered_at*, channel, entered_by, status, customer_po, currency, "
            "ship_to_name, ship_to_phone, ship_to_address, ship_to_city, ship_to_region, ship_to_postal_code, "
            "ship_to_country, requested_at, promised_at, shipped_at, delivered_at, total_amount, "
            "payment_due_at, updated_at",
            is_required=True,
        ),
        _table(
            "order_lines",
            "order_id line_no",
            "order_id*, line_no*, product_id*, quantity*, unit_price*, discount, shipped_quantity, warehouse_id",
            is_required=True,
        ),
        _table("order_events", "order_id at status", "order_id*, at*, status*, by"),
        _table("payments", "payment_id", "payment_id*, order_id*, paid_at*, amount*, method, status"),
        _table("inventory", "product_id warehouse_id as_of", "product_id*, warehouse_id, as_of*, on_hand*, reserved"),
        _table(
            "stock_counts",
            "product_id warehouse_id counted_at",
            "product_id*, warehouse_id, counted_at*, recorded*, counted*",
        ),
        _table(
            "purchase_orders",
            "po_id product_id",
            "po_id*, product_id*, supplier_id, quantity*, ordered_at*, promised_at, received_at, received_quantity",
        ),
        _table(
            "forecasts",
            "product_id period_start period_days made_at",
            "product_id*, period_start*, period_days, quantity*, made_at",
        ),
        _table("system_events", "at system kind", "at*, system*, kind*, ended_at, detail"),
    )
}


def table(name: str) -> Table:
    """Return a canonical table; raise `UnknownNameError` if there is none of that name."""
    if name not in TABLES:
        raise UnknownNameError("table", name, TABLES)
    return TABLES[name]
