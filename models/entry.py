"""Check orders before they are entered: the same features, checks and detectors, on the history that concerns them.

Nothing is stored here. A quick check looks at the latest orders of the same customers and the latest lines of the same
products, and runs only the checks that these don't rule out (`models.entry_screen`); a thorough one also judges what
needs a longer history: whether stock will do, and whether the order as a whole is unlike its customer's others.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

import duckdb
import pandas as pd

from data.casebook import Actor, Casebook
from data.errors import InvalidFieldsError
from data.relations import Relation, build_all
from data.schema import TABLES
from data.settings import Settings
from data.vocabulary import KINDS
from data.warehouse import Warehouse
from models.checks import checks
from models.detect import (
    all_finders,
    build_features,
    data_clock,
    lacking,
    needed_features,
    present_tables,
    run_finder,
    with_inputs,
    wrong_lines,
)
from models.detectors import DETECTORS
from models.detectors.duplicate_order import find_new
from models.duplicates.probability import Model, restored, shipped_model
from models.entry_gates import DUPLICATES, SUSPECTS, Newcomer, Plans, shut
from models.entry_history import copy_long, copy_recent, entities, has_recent, known_by, pick_recent, related_customers
from models.entry_screen import holding, large_quantity, read_past
from models.findings import Context, Finder
from models.new_order import read_orders
from models.ranking import publish_exceptions

HOLD_SCORE = 0.5
"""An order is held when one of its findings is at least this likely to be confirmed."""

AFTER_ENTRY = frozenset({"delivery_delay", "system_fault", "stockout_risk"})
"""Kinds that can only be judged once the order runs."""

THOROUGH = frozenset({"stock_shortage", "unusual_order"})
"""Kinds that need a longer history than the quick check looks at."""

NEW_ORDER = "(new order)"

GIVEN_AT_ENTRY = frozenset({"order_number", "total_amount", "status", "promised_at", "payment_due_at"})
"""Fields that an order gets when it is entered, so that their absence says nothing before."""

NOTHING_FOUND = pd.DataFrame({name: pd.Series(dtype=object) for name in ("order_id", "kind", "score")})

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


@dataclass(frozen=True)
class Published:
    """What stays the same for all checks against one version of the analytics.

    Attributes
    ----------
    present : set of str
        The canonical tables that some source brought.
    clock : datetime
        The data's own clock.
    model : Model
        The model of duplicates that the latest run fitted; before any run, the shipped one.
    has_recent : bool
        Whether the latest orders of each customer are published, and none came in since.
    has_verdicts : bool
        Whether a run has judged them.
    large_quantity : float
        What the latest orders went up to.
    lacks : dict of str to tuple of str
        The tables for want of which each check or detector can't be run.
    """

    present: set[str]
    clock: datetime
    model: Model
    has_recent: bool
    has_verdicts: bool
    large_quantity: float
    lacks: dict[str, tuple[str, ...]]


@lru_cache(maxsize=2)
def _published(warehouse: Warehouse, version: int | None) -> Published:  # noqa: ARG001
    """Return what the checks against one version share, read once."""
    with warehouse.read() as source:
        tables = {row[0] for row in source.execute("select table_name from duckdb_tables()").fetchall()}
        present = present_tables(source)
        row = source.execute("select text from match_model").fetchone() if "match_model" in tables else None
        has_both = (is_recent := has_recent(source, tables)) and "exceptions" in tables
        return Published(
            present,
            data_clock(source, present),
            restored(row[0]) if row else shipped_model(),
            is_recent,
            "exceptions" in tables,
            large_quantity(source) if has_both else 0.0,
            {name: lacking(finder, present, {}) for name, finder in all_finders().items()},
        )


@lru_cache(maxsize=2)
def _plans(warehouse: Warehouse) -> Plans:
    """Return what is planned once for all checks."""
    return Plans(warehouse)


def _labels(casebook: Casebook) -> pd.DataFrame:
    return _labels_of(casebook, casebook.labels.generation())


@lru_cache(maxsize=2)
def _labels_of(casebook: Casebook, generation: int) -> pd.DataFrame:  # noqa: ARG001
    """Return the labels in force, read once as long as there is no new one."""
    return casebook.labels.current()


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


def _header(order: dict[str, Any], name: str, now: datetime) -> dict[str, Any]:
    """Return an order as it would stand in ``orders``."""
    header = {column: order[column] for column in TABLES["orders"].column_names}
    return header | {"order_id": name, "ordered_at": order["ordered_at"] or now, "status": order["status"] or "new"}


def _lines(order: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return an order's lines as they would stand in ``order_lines``."""
    columns = TABLES["order_lines"].column_names
    return [
        {column: line[column] for column in columns} | {"order_id": name, "line_no": line["line_no"] or number}
        for number, line in enumerate(order["lines"], 1)
    ]


def _insert(scratch: duckdb.DuckDBPyConnection, orders: list[dict[str, Any]], names: list[str], now: datetime) -> None:
    """Add orders to the history."""
    if not orders:
        return
    named = list(zip(orders, names, strict=True))
    rows = {
        "orders": [_header(order, name, now) for order, name in named],
        "order_lines": [line for order, name in named for line in _lines(order, name)],
    }
    for table, added in rows.items():
        marks = ", ".join(f"${column}" for column in TABLES[table].column_names)
        scratch.executemany(f'insert into "{table}" values ({marks})', added)
    if any(order["currency"] is None for order in orders):
        scratch.execute(USUAL_CURRENCY, {"new": names})


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


def _quick_finders(
    model: Model, customers: list[str], groups: Callable[[], pd.DataFrame], names: list[str]
) -> dict[str, Finder]:
    left_out = AFTER_ENTRY | THOROUGH
    chosen = {name: finder for name, finder in checks().items() if finder.kind not in left_out}
    chosen["customer_phone"] = DETECTORS["customer_phone"]
    duplicate = DETECTORS["duplicate_order"]
    find = lambda context: find_new(context, model, customers, groups(), names)  # noqa: E731
    return {**chosen, "duplicate_order": replace(duplicate, find=find)}


def _unsettled(
    source: duckdb.DuckDBPyConnection,
    published: Published,
    order: dict[str, Any],
    customers: list[str],
    now: datetime,
    finders: dict[str, Finder],
    labels: Callable[[], pd.DataFrame],
    plans: Plans,
) -> dict[str, Finder]:
    """Return the checks that neither a look at the customer's latest orders nor a gate rules out for a lone order."""
    past = read_past(source, order, customers, published.present, published.large_quantity, now)
    silent = holding(order, past)
    left = {name: finder for name, finder in finders.items() if finder.silent_if not in silent}
    wanted = {name for name in SUSPECTS for finder in left.values() if name in finder.needs}
    wanted |= {DUPLICATES} & left.keys()
    usual = order["currency"] or past.usual_currency(order)
    if not wanted or not usual:
        return left
    [name] = _names([order])
    new = Newcomer(
        [_header({**order, "currency": usual}, name, now)],
        _lines(order, name),
        known_by([order], customers),
        past.related,
        lambda: entities(source, customers),
        lambda: wrong_lines(labels()),
        now,
    )
    with plans.desk() as desk:
        closed = shut(desk, sorted(wanted), new, published.model, published.present)
    return {name: finder for name, finder in left.items() if not closed & {name, *finder.needs}}


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
    labels = partial(_labels, casebook)
    now = max([order["ordered_at"] for order in orders if order["ordered_at"]] or [published.clock])
    with warehouse.read() as source:
        _refuse_known(source, orders)
        if not published.has_recent:
            pick_recent(source, published.present)
        customers = related_customers(source, orders, now) if not is_thorough else []
        added = _entered(source, casebook, orders, customers)
        customers = sorted({*customers, *(order["customer_id"] for order in added)})
        finders = all_finders()
        if not is_thorough:
            finders = _quick_finders(published.model, customers, lambda: entities(source, customers), names)
        open_finders = finders
        if len(orders) == 1 and not (added or is_thorough) and published.has_recent and published.has_verdicts:
            open_finders = _unsettled(source, published, orders[0], customers, now, finders, labels, _plans(warehouse))
        found = NOTHING_FOUND
        pairs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
        if open_finders:
            with duckdb.connect(config={"threads": 1}) as scratch:
                scratch.execute("set enable_progress_bar = false")
                if is_thorough:
                    copy_long(source, scratch, orders, published.present, now)
                else:
                    copy_recent(source, scratch, orders, customers, published.present)
                _insert(scratch, added, [order["order_id"] for order in added], now)
                _insert(scratch, orders, names, now)
                context = Context(scratch, now, settings, labels())
                found, pairs = _judged(context, open_finders, names)
    missing = [(finder, published.lacks[finder.name]) for finder in finders.values()]
    return [
        {
            **_verdict(name, found[found["order_id"] == name], pairs[name], missing),
            "ordered_at": order["ordered_at"] or now,
        }
        for name, order in zip(names, orders, strict=True)
    ]


def _first_needs(finders: Iterable[Finder]) -> Iterator[str]:
    """Yield what finders read, for those of suspects the expectations alone."""
    for finder in finders:
        yield from {SUSPECTS[name][0] for name in finder.needs & SUSPECTS.keys()} or finder.needs


def _is_suspect(
    scratch: duckdb.DuckDBPyConnection,
    name: str,
    order_ids: list[str],
    built: Mapping[str, Relation],
    skipped: Mapping[str, set[str]],
) -> bool:
    """Return whether the suspects of some name may hold a line of the new orders."""
    source, condition = SUSPECTS[name]
    if source not in built or source in skipped:
        return True
    sql = f'select 1 from "{source}" where order_id in (select unnest($order_ids)) and {condition} limit 1'
    return bool(scratch.execute(sql, {"order_ids": order_ids}).fetchall())


def _judged(
    context: Context, finders: dict[str, Finder], names: list[str]
) -> tuple[pd.DataFrame, dict[str, list[dict[str, Any]]]]:
    """Return what was found in the new orders, and for each what it may repeat."""
    scratch = context.connection
    present = present_tables(scratch)
    built = with_inputs(_first_needs(finders.values()))
    skipped = build_features(context, present, built)
    unsuspected = {name for name in SUSPECTS if not _is_suspect(scratch, name, names, built, skipped)}
    finders = {name: finder for name, finder in finders.items() if not finder.needs & unsuspected}
    rest = {name: relation for name, relation in needed_features(finders).items() if name not in built}
    skipped |= build_all(scratch, rest, {"now": context.now}, present, temporary=True)
    if "order_blanks" in built and "order_blanks" not in skipped:
        scratch.execute(
            "delete from order_blanks where order_id in (select unnest($names)) and field in (select unnest($fields))",
            {"names": names, "fields": [*GIVEN_AT_ENTRY]},
        )
    for finder in finders.values():
        run_finder(context, finder, present, skipped)
    scratch.execute(
        "delete from raw_findings where order_id is null or order_id not in (select unnest($names))", {"names": names}
    )
    pairs = _pairs(scratch, names)
    [(count,)] = scratch.execute("select count(*) from raw_findings").fetchall()
    if not count:
        return NOTHING_FOUND, pairs
    publish_exceptions(scratch, finders, context.labels, pd.Timestamp(context.now))
    return scratch.execute("select * from exceptions order by rank").df(), pairs


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
