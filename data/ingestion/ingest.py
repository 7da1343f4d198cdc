"""Reading a source into the analytics: every row read ends loaded, updated, unchanged or quarantined.

The source is read, mapped and typed in a staging database first, so that the writer's lock is held for the merge alone.
Then the rows are merged into the next version of the analytics, which is audited and published. A source that brings
nothing new publishes nothing; an error or a crash leaves everything as it was.
"""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from pathlib import Path

import duckdb

from data.audits import run_audits
from data.errors import SourceError
from data.ingestion.column_styles import decide_styles
from data.ingestion.load_records import (
    LoadReport,
    TableCounts,
    create_tables,
    has_new_entries,
    next_load_id,
    resolve,
    store,
)
from data.ingestion.mapping import Mapping, TableMapping, read_mapping, shipped_mappings
from data.ingestion.mapping_sql import columns_named, tables_used
from data.ingestion.merging import STAGING, Incoming, find_stale_orders, merge
from data.ingestion.picked_rows import PickedTable, pick_rows
from data.ingestion.staging import Staging, open_staging
from data.ingestion.typed_rows import create_quarantine, type_rows
from data.schema import TABLES
from data.settings import Settings
from data.sources import ROW, ReadOptions, Source, open_source
from data.sql_text import identifier, literal, one_row
from data.warehouse import Warehouse

Progress = Callable[[str], None]


def ingest(
    warehouse: Warehouse,
    settings: Settings,
    path: str,
    mapping: Path | str | None = None,
    progress: Progress = lambda step: None,
) -> LoadReport:
    """Load a source and publish what changed.

    Parameters
    ----------
    warehouse : Warehouse
        Where the rows go.
    settings : Settings
        Time zone, memory and threads.
    path : str
        A folder, a file or a database URL.
    mapping : Path or str, optional
        A mapping file or the name of a shipped mapping; without it, tables and columns bear the canonical names.
    progress : callable, optional
        Told the step that begins.

    Returns
    -------
    LoadReport
        What became of every row; ``published_version`` is None if nothing changed.

    Raises
    ------
    SourceError
        If the source cannot be read, or lacks a required table or column.
    MappingError
        If the mapping does not fit the schema or the source.
    AuditError
        If a blocking audit fails.
    BusyError
        If somebody else is writing.
    """
    chosen = read_mapping(mapping) if mapping else Mapping()
    source = open_source(str(path))
    with open_staging(warehouse.home, settings) as staging:
        (started,) = one_row(staging.connection, "select cast(current_timestamp as timestamp)")
        report = LoadReport(source.description, str(mapping or ""), started)
        incoming = _stage(staging, source, chosen, report, progress)
        staging.connection.close()
        with warehouse.build(progress) as build:
            connection = build.connection
            connection.execute(f"attach {literal(str(staging.path))} as {STAGING} (read_only)")
            connection.execute("begin")
            progress("merge")
            load_id = _merge_all(connection, incoming, report)
            if load_id is not None:
                progress("audit")
                report.audits = run_audits(connection, load_id)
            connection.execute("commit")
            connection.execute(f"detach {STAGING}")
            if load_id is None:
                build.abandon()
            version = build.version
        if load_id is not None:
            report.load_id, report.published_version = load_id, version
    return report


def _stage(
    staging: Staging, source: Source, mapping: Mapping, report: LoadReport, progress: Progress
) -> list[Incoming]:
    """Read, map and type the source's rows; return what is ready, orders before their lines."""
    connection = staging.connection
    canonical = {table.lower(): table for table in source.tables if table.lower() in TABLES}
    wanted = tables_used(connection, mapping, source.tables) if mapping.tables else set(canonical.values())
    _require_tables(source, mapping, canonical)
    report.notes += [f"{name} is of no known sort and was left out" for name in source.ignored]
    report.notes += [f"{source.tables[name].origin} was not needed" for name in sorted(source.tables.keys() - wanted)]
    progress("read")
    options = ReadOptions(staging.folder, mapping.encoding, mapping.separator)
    report.notes += staging.load_raw([source.tables[name] for name in sorted(wanted)], options)
    if not mapping.tables:
        mapping = mapping.model_copy(update={"tables": _by_name(staging, canonical)})
    report.ignored_columns = _ignored(staging, mapping, wanted)
    progress("map")
    create_quarantine(connection)
    picked = [pick_rows(connection, mapping, name) for name in TABLES if name in mapping.tables]
    progress("type")
    styles = decide_styles(connection, picked, mapping)
    for table in picked:
        type_rows(connection, table, styles, mapping)
    _require_rows(connection, picked)
    return [Incoming(table.table, tuple(table.types), table.read_count) for table in picked]


def _require_tables(source: Source, mapping: Mapping, canonical: Iterable[str]) -> None:
    has = set(mapping.tables or canonical)
    missing = [table.name for table in TABLES.values() if table.is_required and table.name not in has]
    if not missing:
        return
    where = "The mapping" if mapping.tables else source.description
    found = ", ".join(sorted(mapping.tables or source.tables))
    raise SourceError(
        f"{where} has no table {' and no table '.join(missing)}. Found: {found}. "
        f"Name the files after the canonical tables, or give --mapping FILE (shipped: {', '.join(shipped_mappings())})."
    )


def _by_name(staging: Staging, canonical: dict[str, str]) -> dict[str, TableMapping]:
    """Return the mapping of a source that has the canonical names."""
    tables = {}
    for name, raw in canonical.items():
        columns = {column.lower(): column for column in staging.columns(raw)}
        missing = [column for column in TABLES[name].required_columns if column not in columns]
        if missing:
            known = ", ".join(column for column in columns if column != ROW)
            near = get_close_matches(missing[0], columns, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise SourceError(f"Table {raw} lacks the required column {missing[0]!r}.{hint} Found: {known}.")
        found = {column: identifier(columns[column]) for column in TABLES[name].column_names if column in columns}
        tables[name] = TableMapping.model_validate({"from": identifier(raw), "columns": found})
    return tables


def _ignored(staging: Staging, mapping: Mapping, tables: Iterable[str]) -> dict[str, list[str]]:
    """Return the columns of the source's tables that nothing in the mapping names."""
    named = columns_named(staging.connection, mapping) | {ROW}
    ignored = {
        table: [name for name in staging.columns(table) if name.lower() not in named] for table in sorted(tables)
    }
    return {table: columns for table, columns in ignored.items() if columns}


def _require_rows(connection: duckdb.DuckDBPyConnection, picked: Iterable[PickedTable]) -> None:
    """Raise `SourceError` if a required table has rows but none of them is ready: the source is not what it seems."""
    for table in picked:
        name = table.table.name
        if not table.table.is_required or connection.execute(f"select 1 from work.ready_{name} limit 1").fetchall():
            continue
        faults = connection.execute(
            "select column_name, reason, any_value(value) as value, count(*) as row_count from ("
            "select column_name, reason, value from work.quarantine where table_name = $name and not is_row_loaded "
            "union all select 'line', reason, value from work.rejects"
            ") group by column_name, reason order by row_count desc limit 1",
            {"name": name},
        ).fetchall()
        for column, reason, value, count in faults:
            shown = f" (such as {value[:60]!r})" if value else ""
            raise SourceError(f"No row of {name} can be loaded; {count} of them: {column or 'row'}{shown}: {reason}.")


def _collect_quarantine(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Create ``incoming_quarantine`` from what staging found; return how many rows of raw tables were unreadable."""
    connection.execute(
        f"""
        create or replace temp table incoming_quarantine as
        select * from {STAGING}.work.quarantine
        union all
        select source_table, row_number, null, null, value, reason, false from {STAGING}.work.rejects
        """
    )
    connection.execute(
        "update incoming_quarantine set table_name = lower(table_name) where lower(table_name) in $names",
        {"names": list(TABLES)},
    )
    return dict(
        connection.execute(
            "select table_name, count(*) from incoming_quarantine where key is null and not is_row_loaded "
            f"and (row_number, reason) in (select (row_number, reason) from {STAGING}.work.rejects) group by all"
        ).fetchall()
    )


def _merge_all(connection: duckdb.DuckDBPyConnection, incoming: list[Incoming], report: LoadReport) -> int | None:
    """Merge every table and write down what happened; return the load's number, None if nothing changed."""
    create_tables(connection)
    load_id = next_load_id(connection)
    unreadable = _collect_quarantine(connection)
    orders = next(table for table in incoming if table.table.name == "orders")
    stale_count = find_stale_orders(connection, orders)
    if stale_count:
        report.notes.append(f"{stale_count} orders are older than their stored version and were left as they were")
    report.tables += [merge(connection, table, load_id) for table in incoming]
    for name, count in unreadable.items():
        _add_unreadable(report, name, count)
    is_change = any(counts.is_change for counts in report.tables) or has_new_entries(connection)
    if is_change:
        store(connection, report, load_id)
        for table in incoming:
            resolve(connection, table.table, table.relation, load_id)
    return load_id if is_change else None


def _add_unreadable(report: LoadReport, name: str, count: int) -> None:
    """Count rows of a raw table that no table got, because they could not be read at all."""
    counts = next((counts for counts in report.tables if counts.table == name), None)
    if counts is None:
        counts = TableCounts(name)
        report.tables.append(counts)
    counts.read += count
    counts.quarantined += count
