"""One run of detection: features, checks, detectors, ranking, and the published result."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import duckdb
import pandas as pd

from data.casebook import Casebook
from data.errors import NotReadyError
from data.relations import (
    Relation,
    build_all,
    create_maybe_views,
    missing_tables,
    publish_table,
    read_folder,
    stored_schema,
)
from data.schema import TABLES
from data.settings import Settings
from data.vocabulary import SHORTAGE_CAUSES
from data.warehouse import Warehouse
from models.checks import checks
from models.detectors import DETECTORS
from models.entry_history import publish_recent
from models.findings import RAW_FINDINGS, Context, Finder, gather
from models.order_flow.publish import publish_flow
from models.planning.plan import BY_WAREHOUSE, PUBLISHED, plan
from models.ranking import finders_by_name, publish_exceptions
from models.root_causes.publish import publish_causes

FEATURES = read_folder(Path(str(files("features") / "sql")))

KNOWN_BY = {
    "orders": "ordered_at",
    "order_events": "at",
    "payments": "paid_at",
    "inventory": "as_of",
    "stock_counts": "counted_at",
    "purchase_orders": "ordered_at",
    "forecasts": "coalesce(made_at, period_start)",
    "system_events": "at",
}
"""The column that says since when a row is known, for runs as of an earlier time."""

LATER = ("shipped_at", "delivered_at", "received_at", "ended_at")
"""Timestamps that were still unknown if they lie after the time of the run."""


WRONG_LINES = ("price_error", "quantity_outlier")
"""Kinds whose confirmed lines were entered wrongly and must not shape what is usual; a short line was real demand."""


@dataclass(frozen=True)
class CheckRun:
    """How one check or detector went.

    Attributes
    ----------
    name, kind, status : str
        Its name, its kind, and ``ran`` or ``not_run``.
    missing : tuple of str
        The tables for want of which it was not run.
    finding_count : int
        How many raw findings it made.
    seconds : float
        How long it took.
    """

    name: str
    kind: str
    status: str
    missing: tuple[str, ...] = ()
    finding_count: int = 0
    seconds: float = 0.0


@dataclass
class DetectReport:
    """What a run did."""

    as_of: datetime
    version: int
    exception_count: int = 0
    alert_count: int = 0
    seconds: float = 0.0
    check_runs: list[CheckRun] = field(default_factory=list)

    @property
    def not_run(self) -> list[CheckRun]:
        """The checks that could not run."""
        return [run for run in self.check_runs if run.status == "not_run"]


def present_tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Return the canonical tables that some source brought."""
    rows = connection.execute("select table_name from duckdb_tables() where schema_name = 'main'").fetchall()
    return {row[0] for row in rows} & TABLES.keys()


def data_clock(connection: duckdb.DuckDBPyConnection, present: set[str]) -> datetime:
    """Return *now* as the contract defines it: the latest ``updated_at``, else the latest event or order."""
    later = 'union all select max("at") from order_events' if "order_events" in present else ""
    row = connection.execute(
        f"""select coalesce((select max(updated_at) from orders),
            (select max(latest) from (select max(ordered_at) as latest from orders {later})))"""
    ).fetchone()
    if row is None or row[0] is None:
        raise NotReadyError("There are no orders yet. Run 'orderlens ingest PATH' first.")
    now: datetime = row[0]
    return now


def all_finders() -> dict[str, Finder]:
    """Return every check and every detector by name, checks first: detectors may look at what checks found."""
    return finders_by_name([*checks().values(), *DETECTORS.values()])


def hide_later_rows(connection: duckdb.DuckDBPyConnection, present: set[str], as_of: datetime) -> None:
    """Shadow the tables by views of what was known at ``as_of``; a status is taken from the last event by then."""
    moment = f"timestamp '{as_of:%Y-%m-%d %H:%M:%S}'"
    stored = stored_schema(connection)
    for name in sorted(present & KNOWN_BY.keys()):
        known = KNOWN_BY[name] if "(" in KNOWN_BY[name] else f'"{KNOWN_BY[name]}"'
        replaced = [
            f"case when {column} <= {moment} then {column} end as {column}"
            for column in TABLES[name].column_names
            if column in LATER
        ]
        if name == "orders" and "order_events" in present:
            replaced.append(
                f"""(select arg_max(events.status, events."at") from {stored}.order_events as events
                where events.order_id = orders.order_id and events."at" <= {moment}) as status"""
            )
        star = f"* replace ({', '.join(replaced)})" if replaced else "*"
        connection.execute(
            f'create or replace temp view "{name}" as select {star} from {stored}."{name}" where {known} <= {moment}'
        )


def detect(
    warehouse: Warehouse,
    casebook: Casebook,
    settings: Settings,
    as_of: datetime | None = None,
    progress: Callable[[str], None] = lambda step: None,
) -> DetectReport:
    """Find, rank and publish the exceptions in what was ingested.

    Parameters
    ----------
    warehouse : Warehouse
        The analytics store; a new version of it is published.
    casebook : Casebook
        The labels that scores learn from.
    settings : Settings
        The settings in force.
    as_of : datetime, optional
        The time to judge at, in the configured time zone; by default the data's own clock.
    progress : callable, optional
        Told in words what is being done.

    Returns
    -------
    DetectReport
        Counts, and which checks were not run for want of which table.

    Raises
    ------
    NotReadyError
        If nothing was ingested yet.
    BusyError
        If another process is writing the analytics.
    """
    if warehouse.version() is None:
        raise NotReadyError("There are no orders yet. Run 'orderlens ingest PATH' first.")
    labels = casebook.labels.current()
    started = datetime.now(UTC).replace(tzinfo=None)
    clock = time.perf_counter()
    with warehouse.build(progress) as build:
        present = present_tables(build.connection)
        now = as_of or data_clock(build.connection, present)
        if as_of:
            hide_later_rows(build.connection, present, as_of)
        context = Context(build.connection, now, settings, labels, progress)
        report = DetectReport(as_of=now, version=build.version)
        report.check_runs = find_all(context, present)
        plan(context, present)
        progress("ranking")
        report.exception_count = publish_exceptions(build.connection, all_finders(), labels, pd.Timestamp(now))
        publish_details(build.connection)
        progress("root causes")
        publish_causes(build.connection, now, labels)
        publish_recent(build.connection)
        publish_flow(build.connection, now)
        keep_first_found(build.connection, report)
        keep_live_causes(build.connection, report)
        report.alert_count = _count(build.connection, "alerts")
        report.seconds = time.perf_counter() - clock
        record_run(build.connection, report, started)
    return report


def find_all(context: Context, present: set[str], finders: Mapping[str, Finder] | None = None) -> list[CheckRun]:
    """Build the features and run checks and detectors, by default all; the result is the table ``raw_findings``."""
    chosen = all_finders() if finders is None else finders
    features = FEATURES if finders is None else needed_features(finders)
    kept = {name for finder in chosen.values() for name in finder.needs}
    skipped = build_features(context, present, features, kept)
    return [run_finder(context, finder, present, skipped) for finder in chosen.values()]


def build_features(
    context: Context, present: set[str], features: Mapping[str, Relation], kept: Collection[str] | None = None
) -> dict[str, set[str]]:
    """Build features and what all of them rest on, keep all or those named; return what misses tables, and which."""
    create_maybe_views(context.connection, present)
    return build_on_views(context, present, features, kept)


def build_on_views(
    context: Context, present: set[str], features: Mapping[str, Relation], kept: Collection[str] | None = None
) -> dict[str, set[str]]:
    """Do as `build_features` where the ``maybe_*`` views are there already."""
    connection = context.connection
    connection.execute("create or replace temp table excluded_lines (order_id varchar, line_no integer)")
    wrong = wrong_lines(context.labels)
    if len(wrong):
        connection.register("wrong_lines", wrong)
        connection.execute("insert into excluded_lines select distinct order_id, line_no::integer from wrong_lines")
        connection.unregister("wrong_lines")
    skipped = build_all(connection, features, {"now": context.now}, present, context.progress, True, kept)
    connection.execute(RAW_FINDINGS)
    return skipped


def wrong_lines(labels: pd.DataFrame) -> pd.DataFrame:
    """Return ``order_id, line_no`` of the lines that were confirmed to be entered wrongly."""
    is_wrong = labels["label"].eq("confirmed") & labels["line_no"].notna() & labels["kind"].isin(WRONG_LINES)
    return labels.loc[is_wrong, ["order_id", "line_no"]]


def needed_features(finders: Mapping[str, Finder]) -> dict[str, Relation]:
    """Return the features that some finders read, themselves or through others."""
    return with_inputs(name for finder in finders.values() for name in finder.needs)


def with_inputs(names: Iterable[str]) -> dict[str, Relation]:
    """Return the features among some relations, and those that they read."""
    found: dict[str, Relation] = {}
    wanted = set(names)
    while wanted:
        name = wanted.pop()
        if name in FEATURES and name not in found:
            found[name] = FEATURES[name]
            wanted |= FEATURES[name].tables
    return found


def lacking(finder: Finder, present: set[str], skipped: Mapping[str, set[str]]) -> tuple[str, ...]:
    """Return the tables for want of which a check or detector can't be run."""
    missing: set[str] = set()
    for name in finder.needs:
        missing |= skipped.get(name, set())
        if name in TABLES and name not in present:
            missing.add(name)
        elif name in FEATURES:
            missing |= missing_tables(FEATURES[name], FEATURES, present)
    return tuple(sorted(missing))


def run_finder(context: Context, finder: Finder, present: set[str], skipped: Mapping[str, set[str]]) -> CheckRun:
    """Run one check or detector, unless a table it needs is missing."""
    missing = lacking(finder, present, skipped)
    if missing:
        return CheckRun(finder.name, finder.kind, "not_run", missing)
    context.progress(finder.name)
    clock = time.perf_counter()
    count = gather(context, finder)
    return CheckRun(finder.name, finder.kind, "ran", (), count, time.perf_counter() - clock)


DETAILS = {
    "duplicates": """
        select pairs.*, exceptions.exception_id
        from temp.duplicates as pairs
        left join exceptions on exceptions.order_id = pairs.order_id and exceptions.kind = 'duplicate_order'
        order by pairs.probability desc, pairs.order_id, pairs.duplicate_of
    """,
    "duplicate_customers": "select * from temp.duplicate_customers",
    "duplicate_rates": "select * from temp.duplicate_rates",
    "pair_blocking": "select * from temp.pair_blocking",
    "planted_recall": "select * from temp.planted_recall",
    "match_model": "select * from temp.match_model",
    "stockouts": "select * from temp.stockouts",
    "stock_risks": "select * from temp.stock_risks",
    "shortage_stories": "select * from temp.shortage_stories",
    **{name: f"select * from temp.{name}" for name in (*PUBLISHED, *BY_WAREHOUSE)},
}
"""What detectors and planning leave beside the findings: duplicate pairs and customers, what blocking reached and the
match model, causes of shortages, projected balances, purchases to make."""


def publish_details(connection: duckdb.DuckDBPyConnection) -> None:
    """Publish what detectors leave beside their findings, where they ran."""
    rows = connection.execute("select table_name from duckdb_tables() where temporary").fetchall()
    left = {row[0] for row in rows}
    for name in DETAILS.keys() & left:
        publish_table(connection, name, DETAILS[name])


def keep_first_found(connection: duckdb.DuckDBPyConnection, report: DetectReport) -> None:
    """Add to ``first_found`` what this run is the first to find; it says what is new, and how soon it was told."""
    connection.execute(
        """create table if not exists first_found (exception_id varchar, kind varchar, ordered_at timestamp,
        found_as_of timestamp, run_id integer)"""
    )
    connection.execute(
        """insert into first_found
        select exception_id, kind, ordered_at, ?, ? from exceptions
        where exception_id not in (select exception_id from first_found)""",
        [report.as_of, report.version],
    )


def keep_live_causes(connection: duckdb.DuckDBPyConnection, report: DetectReport) -> None:
    """Add to ``live_causes`` what this run is the first to tell of a short line before hindsight is in.

    Later runs judge such a line again; what was told first stays, so that both can be shown and compared.
    """
    connection.execute(
        """create table if not exists live_causes (order_id varchar, line_no integer, cause varchar, share double,
        told_as_of timestamp, run_id integer)"""
    )
    left = connection.execute("select table_name from duckdb_tables() where temporary").fetchall()
    if not {"stockouts", "shortage_stories"} <= {row[0] for row in left}:
        return
    shares = ", ".join(f"share_{cause}" for cause in (*SHORTAGE_CAUSES, "unknown"))
    connection.execute(
        f"""insert into live_causes
        select order_id, line_no, stockouts.cause, greatest({shares}), ?, ?
        from temp.stockouts as stockouts
        inner join temp.shortage_stories as stories using (order_id, line_no)
        where stories.is_provisional and (order_id, line_no) not in (select (order_id, line_no) from live_causes)""",
        [report.as_of, report.version],
    )


def _count(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    row = connection.execute(f"select count(*) from {name}").fetchone()
    return int(row[0]) if row else 0


def record_run(connection: duckdb.DuckDBPyConnection, report: DetectReport, started: datetime) -> None:
    """Add the run to ``detect_runs`` and ``check_runs``, which keep all runs."""
    connection.execute(
        """create table if not exists detect_runs (run_id integer, as_of timestamp, started_at timestamp,
        seconds double, exception_count integer, alert_count integer)"""
    )
    connection.execute(
        """create table if not exists check_runs (run_id integer, name varchar, kind varchar, status varchar,
        missing varchar, finding_count integer, seconds double)"""
    )
    connection.execute(
        "insert into detect_runs values (?, ?, ?, ?, ?, ?)",
        [report.version, report.as_of, started, report.seconds, report.exception_count, report.alert_count],
    )
    connection.execute(
        "insert into check_runs select unnest($runs, recursive := true)",
        {
            "runs": [
                {
                    "run_id": report.version,
                    "name": run.name,
                    "kind": run.kind,
                    "status": run.status,
                    "missing": ", ".join(run.missing),
                    "finding_count": run.finding_count,
                    "seconds": run.seconds,
                }
                for run in report.check_runs
            ]
        },
    )
