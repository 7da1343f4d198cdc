"""Check orders before they are entered: the same features, checks and detectors, on the history that concerns them.

Nothing is stored here. A quick check looks at the latest orders of the same customers and the latest lines of the same
products, and runs only the checks that these don't rule out (`models.entry_screen`); a thorough one also judges what
needs a longer history: whether stock will do, and whether the order as a whole is unlike its customer's others.
"""

import json
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

import duckdb
import pandas as pd

from data.casebook import Actor, Casebook
from data.errors import InvalidFieldsError
from data.settings import Settings
from data.vocabulary import KINDS
from data.warehouse import Warehouse
from models.detect import all_finders, data_clock, lacking, present_tables
from models.duplicates.probability import restored, shipped_model
from models.entry_desk import Desks
from models.entry_gates import AFTER_ENTRY
from models.entry_history import (
    Masters,
    entities,
    has_recent,
    pick_recent,
    read_masters,
    related_customers,
    second_records,
)
from models.entry_judging import Asked, Published, judge_quickly, judge_thoroughly, quick_finders
from models.entry_lessons import confirmed_lines, labels, lessons
from models.entry_past import Standing, read_standing
from models.findings import Finder
from models.new_order import NEW_ORDER, read_orders

HOLD_SCORE = 0.5
"""An order is held when one of its findings is at least this likely to be confirmed."""

WHAT_TO_DO = {
    "hold": "Clear up what is listed below before entering it.",
    "accept": "Nothing likely to be wrong was found.",
}


@lru_cache(maxsize=2)
def _published(warehouse: Warehouse, version: int | None) -> Published:
    """Return what the checks against one version share, read once."""
    with warehouse.read() as source:
        tables = {row[0] for row in source.execute("select table_name from duckdb_tables()").fetchall()}
        present = present_tables(source)
        row = source.execute("select text from match_model").fetchone() if "match_model" in tables else None
        has_both = (is_recent := has_recent(source, tables)) and "exceptions" in tables
        return Published(
            version,
            present,
            data_clock(source, present),
            restored(row[0]) if row else shipped_model(),
            is_recent,
            "exceptions" in tables,
            second_records(source) if "duplicate_customers" in tables else {},
            read_standing(source, present) if has_both else Standing(),
            read_masters(source) if "customers" in present else Masters(),
            {name: lacking(finder, present, {}) for name, finder in all_finders().items()},
        )


@lru_cache(maxsize=2)
def _desks(warehouse: Warehouse) -> Desks:  # noqa: ARG001
    """Return the desks of all checks against one warehouse."""
    return Desks()


def _names(orders: list[dict[str, Any]]) -> list[str]:
    """Return the orders' identifiers, made up for those without."""
    return [order["order_id"] or NEW_ORDER + (f" {place}" if place else "") for place, order in enumerate(orders)]


def _refuse_known(source: duckdb.DuckDBPyConnection, orders: list[dict[str, Any]]) -> None:
    """Raise `InvalidFieldsError` for orders that are in the history already."""
    given = {order["order_id"] for order in orders if order["order_id"]}
    if not given:
        return
    sql = "select order_id from orders where order_id in (select unnest($names))"
    taken = {row[0] for row in source.execute(sql, {"names": [*given]}).fetchall()}
    faults = [
        (f"orders.{place}.order_id" if len(orders) > 1 else "order_id", f"the order {name!r} is in the history already")
        for place, name in enumerate(_names(orders))
        if name in taken
    ]
    if faults:
        raise InvalidFieldsError("The order can't be checked", faults)


def _entered(
    source: duckdb.DuckDBPyConnection, casebook: Casebook, orders: list[dict[str, Any]], customers: list[str]
) -> list[dict[str, Any]]:
    """Return what was entered after a check, is not in the history yet, and shares customer or product with orders."""
    entered = casebook.order_checks.entered()
    if not entered:
        return []
    names = [order["order_id"] for order in entered]
    known = source.execute("select order_id from orders where order_id in (select unnest($names))", {"names": names})
    left = {row[0] for row in known.fetchall()} | {order["order_id"] for order in orders}
    products = {line["product_id"] for order in orders for line in order["lines"]}
    near = {*customers, *(order["customer_id"] for order in orders)}
    added = [
        {key: value for key, value in order.items() if key != "checked_at"}
        for order in entered
        if order["order_id"] not in left
        and (order["customer_id"] in near or products & {line["product_id"] for line in order["lines"]})
    ]
    return read_orders(added) if added else []


def check_orders(
    warehouse: Warehouse, casebook: Casebook, settings: Settings, given: object, is_thorough: bool = False
) -> list[dict[str, Any]]:
    """Judge one or several orders before they are entered; those of one call are known to each other.

    Parameters
    ----------
    warehouse : Warehouse
        The history to judge against; it is only read.
    casebook : Casebook
        The labels that scores learn from, and the orders that were entered after a check.
    settings : Settings
        The settings in force.
    given : object
        As JSON gives it: an ``orders`` row with ``lines``, a list of such, or ``{"orders": [...]}``; ``order_id`` and
        ``ordered_at`` may be absent, and without ``currency`` the customer's usual one is meant.
    is_thorough : bool, default False
        Whether what needs a long history is judged too: stock, and the order as a whole.

    Returns
    -------
    list of dict
        For each order ``order_id``, ``ordered_at``, ``verdict`` ("hold" or "accept"), ``action``, ``findings``
        (kind, line_no, score, impact, cause, reason, action, evidence), ``duplicates`` (duplicate_of, probability,
        reasons) and ``not_run`` (the checks that a missing table prevented).

    Raises
    ------
    InvalidFieldsError
        If an order lacks or garbles a field; each is named.
    NotReadyError
        If nothing was ingested yet.
    """
    orders = read_orders(given)
    names = _names(orders)
    published = _published(warehouse, warehouse.version())
    now = max([order["ordered_at"] for order in orders if order["ordered_at"]] or [published.clock])
    with warehouse.read() as source:
        _refuse_known(source, orders)
        if not published.has_recent:
            pick_recent(source, published.present)
        customers = related_customers(source, orders, now, published.seconds) if not is_thorough else []
        added = _entered(source, casebook, orders, customers)
        customers = sorted({*customers, *(order["customer_id"] for order in added)})
        asked = Asked(
            orders,
            added,
            names,
            customers,
            now,
            partial(labels, casebook),
            partial(confirmed_lines, casebook),
            partial(lessons, warehouse, casebook, published.version if published.has_verdicts else None),
        )
        finders = all_finders()
        if is_thorough:
            found, pairs = judge_thoroughly(source, published, asked, settings)
        else:
            finders = quick_finders(published.model, customers, lambda: entities(published.seconds, customers), names)
            found, pairs = judge_quickly(source, _desks(warehouse), published, asked, settings, finders)
    missing = [(finder, published.lacks[finder.name]) for finder in finders.values()]
    return [
        {
            **_verdict(name, found[found["order_id"] == name], pairs[name], missing),
            "ordered_at": order["ordered_at"] or now,
        }
        for name, order in zip(names, orders, strict=True)
    ]


def keep_checked(casebook: Casebook, actor: Actor, given: object, verdicts: list[dict[str, Any]]) -> None:
    """Keep checked orders, so that they can be entered; each verdict gets its ``check_id``."""
    orders = [
        {**order, "ordered_at": verdict["ordered_at"]}
        for order, verdict in zip(read_orders(given), verdicts, strict=True)
    ]
    for verdict, check_id in zip(verdicts, casebook.order_checks.add_many(actor, orders, verdicts), strict=True):
        verdict["check_id"] = check_id


def check_order(
    warehouse: Warehouse, casebook: Casebook, settings: Settings, order: object, is_thorough: bool = True
) -> dict[str, Any]:
    """Judge one order as `check_orders` does, by default thoroughly."""
    return check_orders(warehouse, casebook, settings, order, is_thorough)[0]


def _verdict(
    name: str, found: pd.DataFrame, pairs: list[dict[str, Any]], lacks: list[tuple[Finder, tuple[str, ...]]]
) -> dict[str, Any]:
    found = found[~found["kind"].isin(AFTER_ENTRY)]
    verdict = "hold" if (found["score"] >= HOLD_SCORE).any() else "accept"
    return {
        "order_id": None if name.startswith(NEW_ORDER) else name,
        "verdict": verdict,
        "action": WHAT_TO_DO[verdict],
        "findings": [_finding(row) for row in found.to_dict("records")],
        "duplicates": pairs,
        "not_run": [
            {"check": finder.name, "missing": list(missing)}
            for finder, missing in lacks
            if missing and finder.kind not in AFTER_ENTRY
        ],
    }


def _finding(row: Mapping[Any, Any]) -> dict[str, Any]:
    line = row["line_no"]
    return {
        "kind": row["kind"],
        "line_no": None if pd.isna(line) else int(line),
        "score": float(row["score"]),
        "impact": round(float(row["impact"]), 2),
        "cause": row["cause"],
        "source": row["source"],
        "variant": row["variant"],
        "reason": row["reason"],
        "action": KINDS[row["kind"]].action,
        "evidence": json.loads(row["evidence"]),
    }
