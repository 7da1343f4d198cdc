"""Run the checks and detectors on new orders, in a small database with the history that concerns them.

A quick check looks at the latest orders of the same customers and the latest lines of the same products, and runs
only what a look at them (`models.entry_screen`) and gates (`models.entry_gates`) don't settle; a thorough one looks
at a longer history.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any

import duckdb
import pandas as pd

from data.relations import MAYBE, Relation, build_all, create_maybe_views
from data.schema import TABLES
from data.settings import Settings
from models.checks import checks
from models.detect import all_finders, build_on_views, needed_features, run_finder, with_inputs
from models.detectors import DETECTORS
from models.detectors.duplicate_order import find_compared, find_new
from models.duplicates.probability import Model
from models.entry_desk import Desks
from models.entry_gates import (
    AFTER_ENTRY,
    GIVEN_AT_ENTRY,
    SUSPECTS,
    THOROUGH,
    Newcomer,
    behind_gates,
)
from models.entry_history import Copies, Masters, Seconds, copy_long, entities, known_by
from models.entry_pairs import comparisons
from models.entry_past import Past, Standing, read_past
from models.entry_screen import holding
from models.feedback import Lessons
from models.findings import Context, Finder, Found, add_found
from models.ranking import in_order, to_exceptions

DUPLICATES = "duplicate_order"
COMPARED = frozenset({"orders", "order_lines", "payments", "customers"})
"""The detector of duplicates, and the tables in which it compares several new orders."""

NOTHING_FOUND = pd.DataFrame({name: pd.Series(dtype=object) for name in ("order_id", "kind", "score")})

USUAL_CURRENCY = """
    update orders set currency = coalesce(
        (select mode(known.currency) from orders as known where known.customer_id = orders.customer_id),
        (select mode(known.currency) from orders as known)
    )
    where currency is null and order_id in (select unnest($new))
"""


@dataclass(frozen=True)
class Published:
    """What stays the same for all checks against one version of the analytics.

    Attributes
    ----------
    version : int or None
        Which version it is.
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
    seconds : dict of str to list of tuple
        The customers registered twice.
    standing : Standing
        What the latest run left of every customer and product.
    masters : Masters
        The customers.
    lacks : dict of str to tuple of str
        The tables for want of which each check or detector can't be run.
    """

    version: int | None
    present: set[str]
    clock: datetime
    model: Model
    has_recent: bool
    has_verdicts: bool
    seconds: Seconds
    standing: Standing
    masters: Masters
    lacks: dict[str, tuple[str, ...]]


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


def quick_finders(
    model: Model, customers: list[str], groups: Callable[[], pd.DataFrame], names: list[str]
) -> dict[str, Finder]:
    """Return the checks and detectors of a quick check; duplicates are looked for among some customers' orders."""
    left_out = AFTER_ENTRY | THOROUGH
    chosen = {name: finder for name, finder in checks().items() if finder.kind not in left_out}
    chosen["customer_phone"] = DETECTORS["customer_phone"]
    duplicate = DETECTORS[DUPLICATES]
    find = lambda context: find_new(context, model, customers, groups(), names)  # noqa: E731
    return {**chosen, DUPLICATES: replace(duplicate, find=find)}


@cache
def _tables_of(names: frozenset[str]) -> frozenset[str]:
    """Return the canonical tables that some features and tables are made from."""
    read = names | {table for relation in with_inputs(names).values() for table in relation.tables}
    return frozenset(name.removeprefix(MAYBE) for name in read) & TABLES.keys()


def _tables_read(finders: Mapping[str, Finder]) -> frozenset[str]:
    """Return the canonical tables that some checks and detectors read."""
    names = {"orders", "order_lines"}.union(*(finder.needs for finder in finders.values()))
    return _tables_of(frozenset(names))


@dataclass(frozen=True)
class Asked:
    """What is asked about, and what is known of it before anything is judged.

    Attributes
    ----------
    orders, added : list of dict
        The new orders, and those that were entered after a check and are not in the history yet.
    names : list of str
        What the new orders are called.
    customers : list of str
        The customers whose orders may be repeated.
    now : datetime
        When they are judged.
    labels : callable
        Gives the labels in force.
    wrong_lines : callable
        Gives order and line of what was confirmed to be entered wrongly, as JSON.
    lessons : callable
        Gives what the labels teach.
    """

    orders: list[dict[str, Any]]
    added: list[dict[str, Any]]
    names: list[str]
    customers: list[str]
    now: datetime
    labels: Callable[[], pd.DataFrame]
    wrong_lines: Callable[[], str]
    lessons: Callable[[], Lessons]


Judgement = tuple[pd.DataFrame, dict[str, list[dict[str, Any]]]]
"""What was found in the new orders, and for each what it may repeat."""


def judge_quickly(
    source: duckdb.DuckDBPyConnection,
    desks: Desks,
    published: Published,
    asked: Asked,
    settings: Settings,
    finders: dict[str, Finder],
) -> Judgement:
    """Judge against the latest orders; of a lone order, only what neither a look at them nor a gate rules out."""
    past: Past | None = None
    if len(asked.orders) == 1 and not asked.added and published.has_recent and published.has_verdicts:
        [order] = asked.orders
        twice = dict[str, str]()
        if not published.seconds.keys().isdisjoint(asked.customers):
            groups = entities(published.seconds, asked.customers)
            twice = dict(zip(groups["customer_id"], groups["member_of"], strict=True))
        past = read_past(
            source, order, asked.customers, published.present, published.standing, twice, published.model, asked.now
        )
        silent = holding(order, past)
        finders = {name: finder for name, finder in finders.items() if finder.silent_if not in silent}
        if DUPLICATES in finders:
            pairs = comparisons(order, past)
            found = lambda context: find_compared(context, published.model, pairs)  # noqa: E731
            finders[DUPLICATES] = replace(finders[DUPLICATES], find=found)
    nothing: Judgement = NOTHING_FOUND, {name: [] for name in asked.names}
    if not finders:
        return nothing
    told: list[Found] = []
    with desks.take(source, published.version, published.present) as desk:
        own = {"orders": past.related, "order_lines": [*chain(*past.lines.values())]} if past else {}
        known = known_by(asked.orders, asked.customers)
        copies = Copies(source, desk.resident, known, published.present, published.masters, own)
        usual = asked.orders[0]["currency"] or (past and past.usual_currency(asked.orders[0]))
        if past is not None and usual:
            header = _header({**asked.orders[0], "currency": usual}, asked.names[0], asked.now)
            new = Newcomer([header], _lines(asked.orders[0], asked.names[0]), asked.wrong_lines, asked.now)
            finders, told = behind_gates(desk, copies, finders, new, published.lacks)
        if not finders and not told:
            return nothing
        if past is None or finders.keys() - {DUPLICATES}:
            copies.fill(desk.connection, _tables_read(finders) | (COMPARED if past is None else frozenset()))
        return _judged(desk.connection, asked, settings, finders, published.present, told)


def judge_thoroughly(
    source: duckdb.DuckDBPyConnection, published: Published, asked: Asked, settings: Settings
) -> Judgement:
    """Judge by every check and detector, against a longer history."""
    with duckdb.connect(config={"threads": 1}) as scratch:
        scratch.execute("set enable_progress_bar = false")
        copy_long(source, scratch, asked.orders, published.present, asked.now)
        create_maybe_views(scratch, published.present)
        return _judged(scratch, asked, settings, all_finders(), published.present)


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
    scratch: duckdb.DuckDBPyConnection,
    asked: Asked,
    settings: Settings,
    finders: dict[str, Finder],
    present: set[str],
    told: Iterable[Found] = (),
) -> Judgement:
    """Judge by some checks and detectors, in a database that has what concerns the new orders, but not them.

    What other checks found is given.
    """
    _insert(scratch, asked.added, [order["order_id"] for order in asked.added], asked.now)
    _insert(scratch, asked.orders, asked.names, asked.now)
    context, names = Context(scratch, asked.now, settings, asked.labels()), asked.names
    built = with_inputs(_first_needs(finders.values()))
    skipped = build_on_views(context, present, built)
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
    add_found(scratch, told)
    scratch.execute(
        "delete from raw_findings where order_id is null or order_id not in (select unnest($names))", {"names": names}
    )
    pairs = _pairs(scratch, names)
    [(count,)] = scratch.execute("select count(*) from raw_findings").fetchall()
    if not count:
        return NOTHING_FOUND, pairs
    finders |= {found.finder.name: found.finder for found in told}
    learned = asked.lessons()
    rank = lambda findings: in_order(findings, learned.scores(findings))  # noqa: E731
    return to_exceptions(scratch, finders, rank, pd.Timestamp(context.now)), pairs


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
