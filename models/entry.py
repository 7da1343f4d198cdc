"""Check one order before it is entered: the same features, checks and detectors, on the history that concerns it."""

import json
from datetime import datetime
from typing import Any

import duckdb
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from data.casebook import Casebook
from data.errors import InvalidInputError
from data.schema import TABLES, Table
from data.settings import Settings
from data.vocabulary import KINDS
from data.warehouse import Warehouse
from models.detect import all_finders, data_clock, find_all, present_tables
from models.findings import Context
from models.ranking import publish_exceptions

HOLD_SCORE = 0.5
"""An order is held when one of its findings is at least this likely to be confirmed."""

HISTORY_ORDERS = 5000
"""How many of the latest orders of the same customer or products are looked at."""

AFTER_ENTRY = frozenset({"delivery_delay", "system_fault", "stockout_risk"})
"""Kinds that can only be judged once the order runs."""

NEW_ORDER = "(new order)"

PYTHON_TYPES: dict[str, Any] = {"text": str, "timestamp": datetime, "number": float, "integer": int}


def _model(table: Table, optional: frozenset[str], **extra: Any) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for column in table.columns:
        type_ = PYTHON_TYPES[column.type]
        is_needed = column.is_required and column.name not in optional
        fields[column.name] = (type_, ...) if is_needed else (type_ | None, None)
    config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)
    return create_model(f"{table.name}_row", __config__=config, **{**fields, **extra})


OrderLine = _model(TABLES["order_lines"], frozenset({"order_id", "line_no"}))
NewOrder = _model(
    TABLES["orders"],
    frozenset({"order_id", "ordered_at"}),
    lines=(list[OrderLine], Field(min_length=1)),  # type: ignore[valid-type]
)


def read_order(order: object) -> dict[str, Any]:
    """Return the order with typed fields; raise `InvalidInputError` that names every wrong field."""
    try:
        return NewOrder.model_validate(order).model_dump()
    except ValidationError as wrong:
        faults = [
            f"{'.'.join(str(part) for part in error['loc']) or 'order'}: {error['msg']}" for error in wrong.errors()
        ]
        raise InvalidInputError("The order can't be checked: " + "; ".join(faults) + ".") from None


HISTORY = """
    select order_id from orders
    where ordered_at <= $now and (customer_id = $customer_id or order_id in (
        select order_id from order_lines where product_id in (select unnest($products))))
    order by (customer_id = $customer_id) desc, ordered_at desc limit $limit
"""


def _copy_history(warehouse: Warehouse, scratch: duckdb.DuckDBPyConnection, order: dict[str, Any]) -> datetime:
    """Copy what concerns the order into an empty database; return the data's clock."""
    products = [line["product_id"] for line in order["lines"]]
    with warehouse.read() as source:
        present = present_tables(source)
        now = data_clock(source, present)
        given = order["ordered_at"] or now
        keys = {"now": given, "customer_id": order["customer_id"], "products": products, "limit": HISTORY_ORDERS}
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
    return given


def _insert(scratch: duckdb.DuckDBPyConnection, order: dict[str, Any], now: datetime) -> str:
    order_id = order["order_id"] or NEW_ORDER
    known = scratch.execute("select count(*) from orders where order_id = ?", [order_id]).fetchone()
    if known and known[0]:
        raise InvalidInputError(f"order_id: the order {order_id!r} is in the history already.")
    header = {name: order[name] for name in TABLES["orders"].column_names}
    header |= {"order_id": order_id, "ordered_at": now, "status": order["status"] or "new"}
    lines = [
        {**line, "order_id": order_id, "line_no": line["line_no"] or number}
        for number, line in enumerate(order["lines"], 1)
    ]
    for name, rows in (("orders", [header]), ("order_lines", lines)):
        columns = TABLES[name].column_names
        marks = ", ".join("?" for _ in columns)
        scratch.executemany(
            f'insert into "{name}" values ({marks})', [[row[column] for column in columns] for row in rows]
        )
    return str(order_id)


def check_order(warehouse: Warehouse, casebook: Casebook, settings: Settings, order: object) -> dict[str, Any]:
    """Judge one order before it is entered.

    Parameters
    ----------
    warehouse : Warehouse
        The history to judge against; it is only read.
    casebook : Casebook
        The labels that scores learn from.
    settings : Settings
        The settings in force.
    order : object
        An ``orders`` row with ``lines``, as JSON gives it; ``order_id`` and ``ordered_at`` may be absent.

    Returns
    -------
    dict
        ``verdict`` ("hold" or "accept"), ``findings`` (kind, line_no, score, impact, cause, reason, action, evidence),
        ``duplicates`` (duplicate_of, probability) and ``not_run`` (the checks that a missing table prevented).

    Raises
    ------
    InvalidInputError
        If the order lacks or garbles a field; the text names each.
    NotReadyError
        If nothing was ingested yet.
    """
    typed = read_order(order)
    with duckdb.connect() as scratch:
        scratch.execute("set threads = 1")
        given = _copy_history(warehouse, scratch, typed)
        order_id = _insert(scratch, typed, given)
        context = Context(scratch, given, settings, casebook.labels.current())
        runs = find_all(context, present_tables(scratch))
        scratch.execute("delete from raw_findings where order_id is distinct from $id", {"id": order_id})
        publish_exceptions(scratch, all_finders(), context.labels, pd.Timestamp(given))
        found = scratch.execute("select * from exceptions order by rank").df()
        pairs = _pairs(scratch, order_id)
    found = found[~found["kind"].isin(AFTER_ENTRY)]
    return {
        "verdict": "hold" if (found["score"] >= HOLD_SCORE).any() else "accept",
        "findings": [_finding(row) for row in found.to_dict("records")],
        "duplicates": pairs,
        "not_run": [
            {"check": run.name, "missing": list(run.missing)}
            for run in runs
            if run.status == "not_run" and run.kind not in AFTER_ENTRY
        ],
    }


def _pairs(scratch: duckdb.DuckDBPyConnection, order_id: str) -> list[dict[str, Any]]:
    has_pairs = scratch.execute("select count(*) from duckdb_tables() where table_name = 'duplicates'").fetchone()
    if not has_pairs or not has_pairs[0]:
        return []
    rows = scratch.execute(
        "select duplicate_of, probability from duplicates where order_id = $id order by probability desc",
        {"id": order_id},
    ).fetchall()
    return [{"duplicate_of": other, "probability": round(probability, 4)} for other, probability in rows]


def _finding(row: dict[Any, Any]) -> dict[str, Any]:
    line = row["line_no"]
    return {
        "kind": row["kind"],
        "line_no": None if pd.isna(line) else int(line),
        "score": float(row["score"]),
        "impact": round(float(row["impact"]), 2),
        "cause": row["cause"],
        "reason": row["reason"],
        "action": KINDS[row["kind"]].action,
        "evidence": json.loads(row["evidence"]),
    }
