"""Check orders before they are entered: the same features, checks and detectors, on the history that concerns them.

Nothing is stored here. A quick check looks at the latest orders of the same customers and the latest lines of the same
products; a thorough one also judges what needs a longer history: whether stock will do, and whether the order as a
whole is unlike its customer's others.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import duckdb
import pandas as pd

from data.casebook import Actor, Casebook
from data.errors import InvalidFieldsError
from data.schema import TABLES
from data.settings import Settings
from data.vocabulary import KINDS
from data.warehouse import Warehouse
from models.checks import checks
from models.detect import CheckRun, all_finders, data_clock, find_all, present_tables
from models.detectors import DETECTORS
from models.detectors.duplicate_order import find_new
from models.duplicates.probability import Model, restored, shipped_model
from models.entry_history import copy_recent
from models.findings import Context, Finder
from models.new_order import read_orders
from models.ranking import publish_exceptions

HOLD_SCORE = 0.5
"""An order is held when one of its findings is at least this likely to be confirmed."""

HISTORY_ORDERS = 5000
"""How many of the latest orders of the same customers or products a thorough check looks at."""

AFTER_ENTRY = frozenset({"delivery_delay", "system_fault", "stockout_risk"})
"""Kinds that can only be judged once the order runs."""

THOROUGH = frozenset({"stock_shortage", "unusual_order"})
"""Kinds that need a longer history than the quick check looks at."""

NEW_ORDER = "(new order)"

HISTORY = """
    select order_id from orders
    where ordered_at <= $now and (customer_id in (select unnest($customers)) or order_id in (
        select order_id from order_lines where product_id in (select unnest($products))))
    order by (customer_id in (select unnest($customers))) desc, ordered_at desc limit $limit
"""

USUAL_CURRENCY = """
    update orders set currency = coalesce(
        (select mode(known.currency) from orders as known where known.customer_id = orders.customer_id),
        (select mode(known.currency) from orders as known)
    )
    where currency is null and order_id in (select unnest($new))
"""

WHAT_TO_DO = {
    "hold": "Clear up what is listed below before entering it.",
    "accept": "Nothing likely to be wrong was found.",
}


def _copy_history(
    source: duckdb.DuckDBPyConnection,
    scratch: duckdb.DuckDBPyConnection,
    orders: list[dict[str, Any]],
    present: set[str],
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


def _insert(scratch: duckdb.DuckDBPyConnection, orders: list[dict[str, Any]], now: datetime) -> list[str]:
    """Add orders to the history; return their identifiers, made up for those without."""
    names = [order["order_id"] or NEW_ORDER + (f" {place}" if place else "") for place, order in enumerate(orders)]
    known = scratch.execute(
        "select order_id from orders where order_id in (select unnest($names))", {"names": names}
    ).fetchall()
    if known:
        taken = {row[0] for row in known}
        prefix = [f"orders.{place}." if len(orders) > 1 else "" for place in range(len(orders))]
        faults = [
            (f"{before}order_id", f"the order {name!r} is in the history already")
            for before, name in zip(prefix, names, strict=True)
            if name in taken
        ]
        raise InvalidFieldsError("The order can't be checked", faults)
    for order, name in zip(orders, names, strict=True):
        header = {column: order[column] for column in TABLES["orders"].column_names}
        header |= {"order_id": name, "ordered_at": order["ordered_at"] or now, "status": order["status"] or "new"}
        lines = [
            {**line, "order_id": name, "line_no": line["line_no"] or number}
            for number, line in enumerate(order["lines"], 1)
        ]
        for table, rows in (("orders", [header]), ("order_lines", lines)):
            columns = TABLES[table].column_names
            marks = ", ".join("?" for _ in columns)
            scratch.executemany(
                f'insert into "{table}" values ({marks})', [[row[column] for column in columns] for row in rows]
            )
    scratch.execute(USUAL_CURRENCY, {"new": names})
    return names


def _add_entered(
    source: duckdb.DuckDBPyConnection,
    scratch: duckdb.DuckDBPyConnection,
    casebook: Casebook,
    orders: list[dict[str, Any]],
    customers: list[str],
    now: datetime,
) -> list[str]:
    """Add what was entered after a check and is not in the history yet; return the customers, theirs included."""
    entered = casebook.order_checks.entered()
    if not entered:
        return customers
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
    if added:
        _insert(scratch, read_orders(added), now)
    return sorted({*customers, *(order["customer_id"] for order in added)})


def _fitted_model(source: duckdb.DuckDBPyConnection) -> Model:
    """Return the model of duplicates that the latest run fitted; before any run, the shipped one."""
    has = source.execute("select count(*) from duckdb_tables() where table_name = 'match_model'").fetchone()
    row = source.execute("select text from match_model").fetchone() if has and has[0] else None
    return restored(row[0]) if row else shipped_model()


def _quick_finders(model: Model, customers: list[str], names: list[str]) -> dict[str, Finder]:
    left_out = AFTER_ENTRY | THOROUGH
    chosen = {name: finder for name, finder in checks().items() if finder.kind not in left_out}
    duplicate = DETECTORS["duplicate_order"]
    find = lambda context: find_new(context, model, customers, names)  # noqa: E731
    return {**chosen, "duplicate_order": replace(duplicate, find=find)}


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
    with duckdb.connect() as scratch:
        scratch.execute("set threads = 1; set enable_progress_bar = false")
        with warehouse.read() as source:
            present = present_tables(source)
            now = max([order["ordered_at"] for order in orders if order["ordered_at"]] or [data_clock(source, present)])
            customers = copy_recent(source, scratch, orders, present, now) if not is_thorough else []
            if is_thorough:
                _copy_history(source, scratch, orders, present, now)
            customers = _add_entered(source, scratch, casebook, orders, customers, now)
            model = _fitted_model(source)
        names = _insert(scratch, orders, now)
        context = Context(scratch, now, settings, casebook.labels.current())
        finders = all_finders() if is_thorough else _quick_finders(model, customers, names)
        runs = find_all(context, present_tables(scratch), finders)
        scratch.execute(
            "delete from raw_findings where order_id is null or order_id not in (select unnest($names))",
            {"names": names},
        )
        publish_exceptions(scratch, finders, context.labels, pd.Timestamp(now))
        found = scratch.execute("select * from exceptions order by rank").df()
        pairs = _pairs(scratch, names)
    return [
        {
            **_verdict(name, found[found["order_id"] == name], pairs[name], runs),
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


def _verdict(name: str, found: pd.DataFrame, pairs: list[dict[str, Any]], runs: list[CheckRun]) -> dict[str, Any]:
    found = found[~found["kind"].isin(AFTER_ENTRY)]
    verdict = "hold" if (found["score"] >= HOLD_SCORE).any() else "accept"
    return {
        "order_id": None if name.startswith(NEW_ORDER) else name,
        "verdict": verdict,
        "action": WHAT_TO_DO[verdict],
        "findings": [_finding(row) for row in found.to_dict("records")],
        "duplicates": pairs,
        "not_run": [
            {"check": run.name, "missing": list(run.missing)}
            for run in runs
            if run.status == "not_run" and run.kind not in AFTER_ENTRY
        ],
    }


def _pairs(scratch: duckdb.DuckDBPyConnection, names: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Return for each new order what it may repeat, the likeliest first."""
    pairs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    has_pairs = scratch.execute("select count(*) from duckdb_tables() where table_name = 'duplicates'").fetchone()
    if not has_pairs or not has_pairs[0]:
        return pairs
    rows = scratch.execute(
        """select order_id, duplicate_of, probability, reasons from duplicates
        where order_id in (select unnest($names)) order by probability desc""",
        {"names": names},
    ).fetchall()
    for name, other, probability, reasons in rows:
        pairs[name].append(
            {"duplicate_of": other, "probability": round(probability, 4), "reasons": json.loads(reasons)}
        )
    return pairs


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
