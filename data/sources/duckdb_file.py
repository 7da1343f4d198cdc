"""A DuckDB file: its tables and views; values keep the types they have there."""

import re
from pathlib import Path

import duckdb

from data.errors import SourceError
from data.sources import ROW, SOURCES, RawTable, ReadOptions, SourceKind
from data.sql_text import first_line, identifier, literal

ENDING = re.compile(r"\.(duckdb|ddb)$", re.IGNORECASE)
ATTACHED = "source_file"


def _attach(path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    try:
        connection.execute(f"attach {literal(str(path))} as {ATTACHED} (type duckdb, read_only)")
    except duckdb.Error as wrong:
        raise SourceError(f"{path.name} cannot be opened as a DuckDB file: {first_line(wrong)}.") from None


def _load(path: Path, schema: str, table: str, connection: duckdb.DuckDBPyConnection, target: str) -> list[str]:
    _attach(path, connection)
    try:
        connection.execute(
            f"create or replace table {identifier(target)} as select row_number() over () as {ROW}, * "
            f"from {ATTACHED}.{identifier(schema)}.{identifier(table)}"
        )
    except duckdb.Error as wrong:
        raise SourceError(f"{path.name}, table {table}, cannot be read: {first_line(wrong)}.") from None
    finally:
        connection.execute(f"detach {ATTACHED}")
    return []


def _tables(location: str) -> list[RawTable]:
    path = Path(location)
    with duckdb.connect() as connection:
        _attach(path, connection)
        rows = connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_catalog = $catalog order by all",
            {"catalog": ATTACHED},
        ).fetchall()

    def table(schema: str, name: str) -> RawTable:
        def load(connection: duckdb.DuckDBPyConnection, target: str, options: ReadOptions) -> list[str]:  # noqa: ARG001
            return _load(path, schema, name, connection, target)

        return RawTable(name if schema == "main" else f"{schema}.{name}", f"{path.name}, table {name}", load)

    return [table(schema, name) for schema, name in rows]


SOURCES.register("duckdb_file")(
    SourceKind("a DuckDB file (.duckdb)", lambda location: ENDING.search(location) is not None, _tables)
)
