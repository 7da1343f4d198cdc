"""Excel workbooks: the only sheet is named after the file, several sheets bear their own names; values become text.

A cell shows more than its value: ``7`` shown as ``007`` is read as ``007``, and a number shown as a date as that date.
"""

import re
import warnings
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import duckdb
import pyarrow as pa
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from data.errors import SourceError
from data.sources import ROW, SOURCES, RawTable, ReadOptions, SourceKind, unique_names
from data.sql_text import identifier

ENDING = re.compile(r"\.xls[xm]$", re.IGNORECASE)
ZEROS = re.compile(r'"?0{2,}"?')
BATCH = 20_000


def _text(cell: Any) -> str | None:
    """Return what a cell shows, as far as it matters: identifiers keep their zeros, dates are ISO."""
    value = cell.value
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat(sep=" ") if value.time() != time() else value.date().isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, int) and ZEROS.fullmatch(cell.number_format or ""):
        return str(value).zfill(len(cell.number_format.strip('"')))
    return repr(value) if isinstance(value, float) else str(value)


def _open(path: Path) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions that do not matter here
            return load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, BadZipFile, KeyError, OSError, ValueError) as wrong:
        raise SourceError(f"{path.name} cannot be read as an Excel workbook: {wrong}.") from None


def _records(sheet: Any) -> Iterator[list[str | None]]:
    """Yield the rows from the first that is not blank; that one names the columns."""
    has_begun = False
    for row in sheet.iter_rows():
        record = [_text(cell) for cell in row]
        has_begun = has_begun or any(record)
        if has_begun:
            yield record


def _numbered(records: Iterable[list[str | None]], width: int) -> Iterator[list[Any]]:
    """Yield the rows that are not blank with their numbers below the header, all as wide as the header."""
    for number, record in enumerate(records, start=1):
        if any(record):
            yield [number, *(record + [None] * width)[:width]]


def _load(path: Path, title: str, connection: duckdb.DuckDBPyConnection, target: str) -> list[str]:
    workbook = _open(path)
    try:
        records = _records(workbook[title])
        header = [name or "" for name in next(records, [])]
        while header and not header[-1].strip():
            header.pop()
        if not header:
            raise SourceError(f"{path.name}, sheet {title!r}, is empty: its first row must name the columns.")
        names = unique_names(header)
        columns = ", ".join(f"{identifier(name)} varchar" for name in names)
        connection.execute(f"create or replace table {identifier(target)} ({ROW} bigint, {columns})")
        rows = _numbered(records, len(names))
        fields = [ROW, *(f"c{position}" for position in range(len(names)))]
        types = [pa.int64(), *[pa.string()] * len(names)]
        while batch := list(islice(rows, BATCH)):
            arrays = [pa.array(cells, kind) for cells, kind in zip(zip(*batch, strict=True), types, strict=True)]
            connection.register("excel_rows", pa.table(dict(zip(fields, arrays, strict=True))))
            connection.execute(f"insert into {identifier(target)} from excel_rows")
            connection.unregister("excel_rows")
    finally:
        workbook.close()
    return [f"{path.name}: sheet {title}"]


def _tables(location: str) -> list[RawTable]:
    path = Path(location)
    workbook = _open(path)
    titles = [sheet.title for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    filled = [title for title in titles if next(_records(workbook[title]), None) is not None]
    workbook.close()

    def table(title: str, name: str) -> RawTable:
        def load(connection: duckdb.DuckDBPyConnection, target: str, options: ReadOptions) -> list[str]:  # noqa: ARG001
            return _load(path, title, connection, target)

        return RawTable(name, f"{path.name}, sheet {title}", load)

    if len(filled) == 1:
        return [table(filled[0], ENDING.sub("", path.name))]
    return [table(title, title.strip()) for title in filled]


SOURCES.register("excel_files")(
    SourceKind("Excel (.xlsx)", lambda location: ENDING.search(location) is not None, _tables)
)
