"""What is kept about each load: counts, quarantine, ignored columns, and which load wrote each order and line."""

from dataclasses import dataclass, field
from datetime import datetime

import duckdb

from data.audits import AuditResult
from data.ingestion.typed_rows import key_text
from data.schema import Table
from data.sql_text import one_row

TABLES = {
    "loads": "load_id integer, started_at timestamp, finished_at timestamp, source varchar, mapping varchar, "
    "status varchar, notes varchar",
    "load_counts": "load_id integer, table_name varchar, read_count bigint, loaded_count bigint, updated_count bigint, "
    "unchanged_count bigint, quarantined_count bigint, removed_count bigint",
    "quarantine": "load_id integer, table_name varchar, row_number bigint, key varchar, column_name varchar, "
    "value varchar, reason varchar, is_row_loaded boolean, quarantined_at timestamp, resolved_load_id integer",
    "ignored_columns": "load_id integer, table_name varchar, column_name varchar",
    "order_loads": "order_id varchar, load_id integer",
    "order_line_loads": "order_id varchar, line_no integer, load_id integer",
}


@dataclass
class TableCounts:
    """What became of the rows read for one table; ``read`` is the sum of the next four.

    ``removed`` counts stored lines that a later version of their order lacks; they were not read, so stand apart.
    """

    table: str
    read: int = 0
    loaded: int = 0
    updated: int = 0
    unchanged: int = 0
    quarantined: int = 0
    removed: int = 0

    @property
    def is_change(self) -> bool:
        """Whether any stored row changed."""
        return bool(self.loaded or self.updated or self.removed)


@dataclass
class LoadReport:
    """What a load did.

    Attributes
    ----------
    source : str
        Where the rows came from, without secrets.
    mapping : str
        The mapping's name, empty for canonical names.
    started_at : datetime
        When it began.
    tables : list of TableCounts
        What became of the rows, by table.
    ignored_columns : dict of str to list of str
        The columns of the source's tables that nothing reads, by table.
    notes : list of str
        What was decided on the way: encodings, separators, files left out.
    audits : list of AuditResult
        How the audits went; empty if nothing changed.
    load_id : int, optional
        The load's number, None if nothing changed and nothing was stored.
    published_version : int, optional
        The analytics version that holds it, None if nothing changed.
    """

    source: str
    mapping: str
    started_at: datetime
    tables: list[TableCounts] = field(default_factory=list)
    ignored_columns: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    audits: list[AuditResult] = field(default_factory=list)
    load_id: int | None = None
    published_version: int | None = None


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables that are not there yet."""
    for name, columns in TABLES.items():
        connection.execute(f"create table if not exists {name} ({columns})")


def next_load_id(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the number of the load to come."""
    return int(one_row(connection, "select coalesce(max(load_id), 0) + 1 from loads")[0])


def has_new_entries(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether ``incoming_quarantine`` has an entry that no earlier load left."""
    columns = "table_name, key, column_name, value, reason, is_row_loaded"
    new = f"select {columns} from incoming_quarantine except select {columns} from quarantine"
    return bool(one_row(connection, f"select count(*) from ({new})")[0])


def store(connection: duckdb.DuckDBPyConnection, report: LoadReport, load_id: int) -> None:
    """Write down what a load did."""
    connection.execute(
        "insert into loads "
        "values ($id, $started, cast(current_timestamp as timestamp), $source, $mapping, 'loaded', $notes)",
        {
            "id": load_id,
            "started": report.started_at,
            "source": report.source,
            "mapping": report.mapping,
            "notes": "\n".join(report.notes),
        },
    )
    for counts in report.tables:
        connection.execute(
            "insert into load_counts values (?, ?, ?, ?, ?, ?, ?, ?)",
            [load_id, counts.table, counts.read, counts.loaded, counts.updated, counts.unchanged, counts.quarantined,
             counts.removed],
        )  # fmt: skip
    for table, columns in report.ignored_columns.items():
        for column in columns:
            connection.execute("insert into ignored_columns values (?, ?, ?)", [load_id, table, column])
    connection.execute(
        "insert into quarantine select $id, *, cast(current_timestamp as timestamp), null from incoming_quarantine",
        {"id": load_id},
    )


def resolve(connection: duckdb.DuckDBPyConnection, table: Table, ready: str, load_id: int) -> None:
    """Close the quarantine entries of earlier loads whose row now came without that fault.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The build.
    table : Table
        The table whose rows came.
    ready : str
        The relation of its rows that were fit to load.
    load_id : int
        The load that brought them.
    """
    is_open = "resolved_load_id is null and table_name = $table and load_id < $id and key is not null"
    bound = {"table": table.name, "id": load_id}
    if not one_row(connection, f"select count(*) from quarantine where {is_open}", bound)[0]:
        return
    present = one_row(connection, f"select list(column_name) from (describe {ready})")[0]
    connection.execute(
        f"""
        update quarantine set resolved_load_id = $id
        where {is_open}
            and key in (select {key_text(table, present)} from {ready})
            and (key, coalesce(column_name, ''), reason) not in (
                select (coalesce(key, ''), coalesce(column_name, ''), reason) from incoming_quarantine
                where table_name = $table
            )
        """,
        bound,
    )
