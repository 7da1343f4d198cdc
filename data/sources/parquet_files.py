"""Parquet files: values keep the types they have there."""

import re
from pathlib import Path

import duckdb

from data.errors import SourceError
from data.sources import ROW, SOURCES, RawTable, ReadOptions, SourceKind
from data.sql_text import first_line, identifier

ENDING = re.compile(r"\.(parquet|pq)$", re.IGNORECASE)


def _load(path: Path, connection: duckdb.DuckDBPyConnection, target: str) -> list[str]:
    try:
        connection.execute(
            f"create or replace table {identifier(target)} as "
            f"select file_row_number + 1 as {ROW}, * exclude (file_row_number) "
            "from read_parquet($path, file_row_number = true)",
            {"path": str(path)},
        )
    except duckdb.Error as wrong:
        raise SourceError(f"{path.name} cannot be read as Parquet: {first_line(wrong)}.") from None
    return []


def _tables(location: str) -> list[RawTable]:
    path = Path(location)

    def load(connection: duckdb.DuckDBPyConnection, target: str, options: ReadOptions) -> list[str]:  # noqa: ARG001
        return _load(path, connection, target)

    return [RawTable(ENDING.sub("", path.name), path.name, load)]


SOURCES.register("parquet_files")(
    SourceKind("Parquet (.parquet)", lambda location: ENDING.search(location) is not None, _tables)
)
