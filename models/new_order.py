"""The shape of an order before it is entered: its fields and their types, every fault by name, its JSON schema."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from data.errors import InvalidFieldsError
from data.schema import TABLES, Table

MOST_ORDERS = 100
"""How many orders one call may ask about."""

NEW_ORDER = "(new order)"
"""What an order without an identifier is called."""

PYTHON_TYPES: dict[str, Any] = {"text": str, "timestamp": datetime, "number": float, "integer": int}


def _model(name: str, table: Table, optional: frozenset[str], **extra: Any) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for column in table.columns:
        type_ = PYTHON_TYPES[column.type]
        is_needed = column.is_required and column.name not in optional
        fields[column.name] = (type_, ...) if is_needed else (type_ | None, None)
    config = ConfigDict(extra="forbid", coerce_numbers_to_str=True, allow_inf_nan=False)
    return create_model(name, __config__=config, **{**fields, **extra})


OrderLine = _model("OrderLine", TABLES["order_lines"], frozenset({"order_id", "line_no"}))
NewOrder = _model(
    "NewOrder",
    TABLES["orders"],
    frozenset({"order_id", "ordered_at"}),
    lines=(list[OrderLine], Field(min_length=1)),  # type: ignore[valid-type]
)


def is_batch(given: object) -> bool:
    """Return whether several orders are asked about: a list, or an object with ``orders``."""
    return isinstance(given, list) or (isinstance(given, Mapping) and "orders" in given)


def _faults(order: object, prefix: str) -> tuple[dict[str, Any] | None, list[tuple[str, str]]]:
    """Return the order with typed fields, or what is wrong with it."""
    try:
        return NewOrder.model_validate(order).model_dump(), []
    except ValidationError as wrong:
        named = [(".".join(str(part) for part in fault["loc"]), fault["msg"]) for fault in wrong.errors()]
        return None, [(prefix + path or "order", text) for path, text in named]


def read_orders(given: object) -> list[dict[str, Any]]:
    """Return one or several orders with typed fields.

    Parameters
    ----------
    given : object
        As JSON gives it: an order, a list of orders, or ``{"orders": [...]}``.

    Returns
    -------
    list of dict
        The orders, each with ``lines``.

    Raises
    ------
    InvalidFieldsError
        If a field is missing, garbled or unknown; each is named by its path, such as ``lines.0.quantity``.
    """
    if not is_batch(given):
        order, faults = _faults(given, "")
        orders = [order]
    else:
        asked = given["orders"] if isinstance(given, Mapping) else given
        if not isinstance(asked, list) or not 1 <= len(asked) <= MOST_ORDERS:
            raise InvalidFieldsError(
                "The orders can't be checked", [("orders", f"a list of 1 to {MOST_ORDERS} orders is asked for")]
            )
        read = [_faults(order, f"orders.{number}.") for number, order in enumerate(asked)]
        orders = [order for order, _ in read]
        faults = [fault for _, found in read for fault in found] + _repeated(orders)
    if faults:
        raise InvalidFieldsError(f"The order{'s' if is_batch(given) else ''} can't be checked", faults)
    return [order for order in orders if order is not None]


def _repeated(orders: list[dict[str, Any] | None]) -> list[tuple[str, str]]:
    """Name the orders of a batch whose identifier another one has."""
    seen: set[str] = set()
    faults = []
    for number, order in enumerate(orders):
        name = order["order_id"] if order else None
        if name is not None and name in seen:
            faults.append((f"orders.{number}.order_id", f"the order {name!r} is in this call already"))
        seen.add(name or "")
    return faults


def order_schema() -> dict[str, Any]:
    """Return the JSON schema of a new order."""
    return NewOrder.model_json_schema(ref_template="#/components/schemas/{model}")
