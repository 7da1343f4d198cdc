"""Parquet files, and folders of parts such as Spark writes (``orders.parquet/part-*.parquet``); types stay."""

import re
from pathlib import Path

import duckdb

from data.errors import SourceError
from data.sources import ROW, SOURCES, RawTable, ReadOptions, SourceKind
from data.sql_text import first_line, identifier

ENDING = re.compile(r"\.(parquet|pq)$", re.IGNORECASE)


def _load(path: Path, connection: duckdb.DuckDBPyConnection, target: str) -> list[str]:
    parts = sorted(str(part) for part in path.rglob("*.parquet")) if path.is_dir() else [str(path)]
    if not parts:
        raise SourceError(f"{path.name} is a folder without Parquet files.")
    number = "file_row_number + 1" if len(parts) == 1 else "row_number() over (order by file_index, file_row_number)"
    try:
        connection.execute(
            f"create or replace table {identifier(target)} as select {number} as {ROW}, * exclude (file_row_number) "
            "from read_parquet($parts, file_row_number = true, union_by_name = true, hive_partitioning = $is_folder)",
            {"parts": parts, "is_folder": path.is_dir()},
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
    SourceKind("Parquet (.parquet)", lambda location: ENDING.search(location) is not None, _tables, reads_folders=True)
)
