"""Making one order, or one customer, of two: what conflicts, what has to be asked, and what would have to change.

Pure functions over both originals. Nothing is changed here: a merge is stored by `data.casebook.merges`, and handed to
the ERP as a list of changes.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb

from data.errors import InvalidInputError
from data.plain_values import plain_value
from data.warehouse import Warehouse

ORDER_FIELDS = (
    "customer_id customer_po currency ship_to_name ship_to_phone ship_to_address ship_to_city ship_to_region "
    "ship_to_postal_code ship_to_country requested_at promised_at payment_due_at"
).split()
"""What of a header may differ and has to be decided; the rest belongs to its own order."""

CUSTOMER_FIELDS = (
    "name contact_name phone email address city region postal_code country credit_limit credit_rating "
    "payment_terms_days segment"
).split()

LINE_FIELDS = "line_no product_id quantity unit_price discount shipped_quantity warehouse_id".split()
OUT_OF_THE_HOUSE = frozenset({"shipped", "delivered", "invoiced", "closed", "returned"})

HEADER_ANSWERS = ("kept", "merged")
LINE_ANSWERS = ("kept", "merged", "sum", "largest")
SHIPPED_ANSWERS = ("take_back", "count_as_delivery")
PAID_ANSWERS = ("transfer", "refund")


@dataclass(frozen=True)
class Original:
    """An order or a customer as it is stored.

    Attributes
    ----------
    name : str
        Its identifier.
    fields : dict
        Its own columns, as JSON takes them.
    lines : list of dict
        An order's lines.
    payments : list of dict
        An order's payments that count: ``payment_id``, ``amount``.
    order_count : int
        A customer's orders.
    """

    name: str
    fields: dict[str, Any]
    lines: list[dict[str, Any]]
    payments: list[dict[str, Any]]
    order_count: int = 0

    @property
    def has_shipped(self) -> bool:
        """Whether goods have left the house."""
        moved = any((line.get("shipped_quantity") or 0) > 0 for line in self.lines)
        return moved or bool(self.fields.get("shipped_at")) or self.fields.get("status") in OUT_OF_THE_HOUSE

    @property
    def paid_amount(self) -> float:
        """What was paid for it."""
        return float(sum(payment["amount"] for payment in self.payments))


@dataclass(frozen=True)
class LinePair:
    """A product in both orders; a side without it is None."""

    product_id: str
    kept: dict[str, Any] | None
    merged: dict[str, Any] | None

    @property
    def is_equal(self) -> bool:
        """Whether both orders say the same about it."""
        if self.kept is None or self.merged is None:
            return False
        return all(self.kept[name] == self.merged[name] for name in ("quantity", "unit_price", "discount"))


@dataclass(frozen=True)
class Questions:
    """What has to be answered before two become one.

    Attributes
    ----------
    fields : dict of str to (value, value)
        The fields on which both say something else: of the kept one, of the other.
    has_lines : bool
        Whether the lists of lines differ.
    shipped : tuple of str
        The answers there are to "the other order has shipped"; empty if it has not.
    paid : tuple of str
        The answers there are to "the other order was paid"; empty if it was not.
    """

    fields: dict[str, tuple[Any, Any]]
    has_lines: bool = False
    shipped: tuple[str, ...] = ()
    paid: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choices:
    """The answers: for each field in conflict ``kept`` or ``merged``; for lines, shipment and payment one of each's."""

    fields: Mapping[str, str]
    lines: str | None = None
    shipped: str | None = None
    paid: str | None = None


# -- reading both originals


def read_order(warehouse: Warehouse, order_id: str) -> Original:
    """Return an order as it is stored; raise `InvalidInputError` if there is none of that number."""
    with warehouse.read() as connection:
        fields = _one(connection, "orders", "order_id", order_id)
        lines = _rows(connection, "order_lines", "order_id", order_id, LINE_FIELDS, "line_no")
        payments = _rows(connection, "payments", "order_id", order_id, ["payment_id", "amount", "status"], "payment_id")
    counted = [row for row in payments if (row["status"] or "") not in ("failed", "cancelled", "refunded")]
    return Original(order_id, fields, lines, counted)


def read_customer(warehouse: Warehouse, customer_id: str) -> Original:
    """Return a customer as it is stored; raise `InvalidInputError` if there is none of that number."""
    with warehouse.read() as connection:
        fields = _one(connection, "customers", "customer_id", customer_id)
        counted = connection.execute("select count(*) from orders where customer_id = ?", [customer_id]).fetchone()
    return Original(customer_id, fields, [], [], int(counted[0]) if counted else 0)


def _one(connection: duckdb.DuckDBPyConnection, table: str, key: str, name: str) -> dict[str, Any]:
    found = _rows(connection, table, key, name, ["*"], key)
    if not found:
        raise InvalidInputError(f"There is no {table.removesuffix('s')} {name!r}.")
    return found[0]


def _rows(
    connection: duckdb.DuckDBPyConnection, table: str, key: str, name: str, columns: list[str], order: str
) -> list[dict[str, Any]]:
    known = {row[0] for row in connection.execute("select table_name from duckdb_tables()").fetchall()}
    if table not in known:
        return []
    sql = f"select {', '.join(columns)} from {table} where {key} = ? order by {order}"
    result = connection.execute(sql, [name])
    names = [column[0] for column in result.description]
    return [dict(zip(names, map(_json_value, row), strict=True)) for row in result.fetchall()]


def _json_value(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else plain_value(value)


# -- what conflicts


def order_to_keep(first: Original, second: Original) -> tuple[Original, Original]:
    """Return the order that should stay, and the other: what has shipped stays, else what was paid, else the first."""

    def claim(order: Original) -> tuple[bool, bool]:
        return order.has_shipped, order.paid_amount > 0

    if claim(first) != claim(second):
        return (first, second) if claim(first) > claim(second) else (second, first)
    is_later = str(second.fields.get("ordered_at")) < str(first.fields.get("ordered_at"))
    return (second, first) if is_later else (first, second)


def order_questions(kept: Original, merged: Original) -> Questions:
    """Return what has to be answered to merge two orders."""
    shipped: tuple[str, ...] = ()
    if merged.has_shipped:
        shipped = ("take_back",) if kept.has_shipped else SHIPPED_ANSWERS
    return Questions(
        fields=_conflicts(kept, merged, ORDER_FIELDS),
        has_lines=not all(pair.is_equal for pair in line_pairs(kept, merged)),
        shipped=shipped,
        paid=PAID_ANSWERS if merged.paid_amount > 0 else (),
    )


def customer_questions(kept: Original, merged: Original) -> Questions:
    """Return what has to be answered to merge two customers."""
    return Questions(fields=_conflicts(kept, merged, CUSTOMER_FIELDS))


def line_pairs(kept: Original, merged: Original) -> list[LinePair]:
    """Return the lines of both orders product by product; a product that is listed twice is paired in order."""
    left, right = _by_place(kept), _by_place(merged)
    return [LinePair(key[0], left.get(key), right.get(key)) for key in dict.fromkeys([*left, *right])]


def _by_place(order: Original) -> dict[tuple[str, int], dict[str, Any]]:
    seen: dict[str, int] = {}
    placed = {}
    for line in order.lines:
        product = str(line["product_id"])
        seen[product] = seen.get(product, 0) + 1
        placed[product, seen[product]] = line
    return placed


def _conflicts(kept: Original, merged: Original, names: list[str]) -> dict[str, tuple[Any, Any]]:
    both = {name: (kept.fields.get(name), merged.fields.get(name)) for name in names}
    return {
        name: pair
        for name, pair in both.items()
        if not (_is_blank(pair[0]) or _is_blank(pair[1])) and _folded(pair[0]) != _folded(pair[1])
    }


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _folded(value: Any) -> Any:
    return " ".join(value.split()).casefold() if isinstance(value, str) else value


# -- the result


def merge_orders(kept: Original, merged: Original, choices: Choices) -> dict[str, Any]:
    """Return what merging two orders would make of them.

    Parameters
    ----------
    kept, merged : Original
        The order that stays, and the one that goes up in it.
    choices : Choices
        An answer to every question of `order_questions`.

    Returns
    -------
    dict
        ``fields`` and ``lines`` of the kept order as they would be, ``total_amount``, and ``changes``: each field that
        has to change in the ERP, with its value before and after.

    Raises
    ------
    InvalidInputError
        If a question is open, or answered by what is no answer to it.
    """
    questions = order_questions(kept, merged)
    _check(questions, choices)
    fields = _merged_fields(kept, merged, choices, ORDER_FIELDS)
    if choices.lines in ("sum", "largest", "merged") and _conflicts(kept, merged, ["currency"]):
        raise InvalidInputError("The orders are in two currencies: their lines can't be taken together.")
    lines = _merged_lines(line_pairs(kept, merged), choices.lines or "kept")
    changes = [_change("orders", kept.name, None, name, kept.fields.get(name), value) for name, value in fields.items()]
    changes += _line_changes(kept, lines)
    total = round(sum(_value(line) for line in lines), 2)
    if any(change["record"] == "order_lines" for change in changes):
        changes.append(_change("orders", kept.name, None, "total_amount", kept.fields.get("total_amount"), total))
    if choices.shipped == "count_as_delivery":
        for name in ("status", "shipped_at", "delivered_at"):
            changes.append(_change("orders", kept.name, None, name, kept.fields.get(name), merged.fields.get(name)))
    changes.append(_ending(kept, merged, choices))
    changes += _payment_changes(kept, merged, choices)
    return {
        "fields": fields,
        "lines": lines,
        "total_amount": total,
        "changes": [change for change in changes if change["before"] != change["after"]],
    }


def merge_customers(kept: Original, merged: Original, choices: Choices) -> dict[str, Any]:
    """Return what merging two customers would make of them; see `merge_orders`."""
    _check(customer_questions(kept, merged), choices)
    fields = _merged_fields(kept, merged, choices, CUSTOMER_FIELDS)
    changes = [
        _change("customers", kept.name, None, name, kept.fields.get(name), value) for name, value in fields.items()
    ]
    changes.append(_change("customers", merged.name, None, "merged_into", None, kept.name))
    if merged.order_count:
        moved = _change("orders", f"{merged.order_count} orders", None, "customer_id", merged.name, kept.name)
        changes.append(moved)
    return {
        "fields": fields,
        "order_count": kept.order_count + merged.order_count,
        "changes": [change for change in changes if change["before"] != change["after"]],
    }


def as_stored(kept: Original, merged: Original) -> dict[str, Any]:
    """Return both originals as the casebook keeps them."""
    return {"kept": asdict(kept), "merged": asdict(merged)}


def _check(questions: Questions, choices: Choices) -> None:
    open_fields = [name for name in questions.fields if choices.fields.get(name) not in HEADER_ANSWERS]
    if open_fields:
        raise InvalidInputError(f"Say which value to keep of: {', '.join(open_fields)}.")
    for title, is_asked, answer, answers in (
        ("lines to keep", questions.has_lines, choices.lines, LINE_ANSWERS),
        ("happens to the goods that have shipped", bool(questions.shipped), choices.shipped, questions.shipped),
        ("happens to what was paid", bool(questions.paid), choices.paid, questions.paid),
    ):
        if is_asked and answer not in answers:
            raise InvalidInputError(f"Say what {title} (got {answer!r}). Allowed: {', '.join(answers)}.")


def _merged_fields(kept: Original, merged: Original, choices: Choices, names: list[str]) -> dict[str, Any]:
    """Return the fields as they would be: what is blank on one side comes from the other."""
    fields = {}
    for name in names:
        own, other = kept.fields.get(name), merged.fields.get(name)
        fields[name] = other if choices.fields.get(name) == "merged" or _is_blank(own) else own
    return fields


def _merged_lines(pairs: list[LinePair], answer: str) -> list[dict[str, Any]]:
    lines = []
    for pair in pairs:
        own, other = pair.kept, pair.merged
        if answer == "kept" or (answer != "merged" and other is None):
            line = own
        elif answer == "merged" or own is None:
            line = None if other is None else {**other, "line_no": own["line_no"] if own else None}
        else:
            assert other is not None  # noqa: S101  # told the type checker above, by the answer
            quantities = (own["quantity"], other["quantity"])
            line = {**own, "quantity": sum(quantities) if answer == "sum" else max(quantities)}
        if line is not None:
            lines.append(dict(line))
    last = max((line["line_no"] or 0 for line in lines), default=0)
    for line in lines:
        if line["line_no"] is None:
            last = line["line_no"] = last + 1
    return lines


def _line_changes(kept: Original, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    before = {line["line_no"]: line for line in kept.lines}
    after = {line["line_no"]: line for line in lines}
    changes = []
    for line_no in dict.fromkeys([*before, *after]):
        for name in ("product_id", "quantity", "unit_price", "discount"):
            own, new = before.get(line_no, {}).get(name), after.get(line_no, {}).get(name)
            changes.append(_change("order_lines", kept.name, line_no, name, own, new))
    return [change for change in changes if change["before"] != change["after"]]


def _ending(kept: Original, merged: Original, choices: Choices) -> dict[str, Any]:
    ending = "returned" if choices.shipped == "take_back" else "cancelled"
    return {
        **_change("orders", merged.name, None, "status", merged.fields.get("status"), ending),
        "note": f"merged into {kept.name}",
    }


def _payment_changes(kept: Original, merged: Original, choices: Choices) -> list[dict[str, Any]]:
    if choices.paid == "transfer":
        return [
            _change("payments", row["payment_id"], None, "order_id", merged.name, kept.name) for row in merged.payments
        ]
    if choices.paid == "refund":
        return [_change("payments", row["payment_id"], None, "refund", None, row["amount"]) for row in merged.payments]
    return []


def _change(record: str, record_id: str, line_no: int | None, field: str, before: Any, after: Any) -> dict[str, Any]:
    return {
        "record": record, "record_id": record_id, "line_no": line_no, "field": field, "before": before, "after": after,
    }  # fmt: skip


def _value(line: Mapping[str, Any]) -> float:
    return float(line["quantity"] or 0) * float(line["unit_price"] or 0) * (1 - float(line["discount"] or 0))
