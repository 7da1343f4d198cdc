"""CSV and its relatives: columns separated by a comma, semicolon, tab or bar; every value is kept as text."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.csv as pa_csv

from data.errors import SourceError
from data.ingestion.text_encoding import REPLACEMENT, as_utf8
from data.sources import ROW, SOURCES, RawTable, ReadOptions, SourceKind, unique_names
from data.sql_text import identifier, literal

ENDINGS = re.compile(r"\.(csv|tsv|tab|txt|psv)(\.gz)?$", re.IGNORECASE)
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
SNIFFED_CHARACTERS = 1 << 16
SNIFFED_RECORDS = 200
BLOCK = 16 << 20
WRONG_COLUMNS = "wrong number of columns"
OPEN_QUOTE = "a quote that is never closed"
DAMAGED_TEXT = "bytes that do not fit the encoding"


@dataclass
class _Layout:
    """How a file is laid out: its separator, its columns, and the lines before the first record."""

    separator: str
    columns: list[str]
    preamble_lines: int = 0


@dataclass
class _Rejects:
    """The records that have a wrong number of columns; ``handle`` is what pyarrow calls for each."""

    rows: list[tuple[int, str]] = field(default_factory=list)

    def handle(self, row: Any) -> str:
        self.rows.append((row.number, row.text))
        return "skip"


def _records(text: str, separator: str, is_whole: bool) -> list[list[str]]:
    """Parse the head of a file; the last record may be cut off, so it is left out unless the head is all there is."""
    lines = iter(text.splitlines(keepends=True))
    records = []
    try:
        for record in csv.reader(lines, delimiter=separator):
            if record:
                records.append(record)
            if len(records) > SNIFFED_RECORDS:
                break
    except csv.Error:
        pass
    return records if is_whole or len(records) < 2 else records[:-1]


def _sniff_separator(text: str, is_whole: bool) -> str:
    """Return the separator that splits most records into as many columns as the header has."""
    best, best_score = ",", 0.0
    for separator in SEPARATORS:
        records = _records(text, separator, is_whole)
        if not records or len(records[0]) < 2:
            continue
        width = len(records[0])
        fitting = Counter(map(len, records))[width] / len(records)
        score = fitting * (1 + min(width, 50) / 100)
        if score > best_score:
            best, best_score = separator, score
    return best


def _read_layout(path: Path, name: str, separator: str | None) -> _Layout:
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        text = file.read(SNIFFED_CHARACTERS)
        is_whole = not file.read(1)
    preamble = 0
    announced = re.match(r"sep=(.)\r?\n", text, re.IGNORECASE)
    if announced:
        preamble, separator, text = 1, separator or announced[1], text[announced.end() :]
    if not text.strip():
        raise SourceError(f"{name} is empty: its first line must name the columns.")
    separator = separator or _sniff_separator(text, is_whole)
    header, *records = _records(text, separator, is_whole)
    if records and all(len(record) == len(header) + 1 and not record[-1] for record in records):
        header.append("")  # every record ends with a separator, the header does not
    return _Layout(separator, unique_names(header), preamble)


def _read(path: Path, layout: _Layout, rejects: _Rejects, has_newlines: bool) -> pa_csv.CSVStreamingReader:
    names = [f"c{position}" for position in range(len(layout.columns))]
    return pa_csv.open_csv(
        path,
        read_options=pa_csv.ReadOptions(
            use_threads=False,  # else rejected rows have no number
            block_size=BLOCK,
            column_names=names,
            skip_rows=layout.preamble_lines,
            skip_rows_after_names=1,
        ),
        parse_options=pa_csv.ParseOptions(
            delimiter=layout.separator, newlines_in_values=has_newlines, invalid_row_handler=rejects.handle
        ),
        convert_options=pa_csv.ConvertOptions(
            strings_can_be_null=False, check_utf8=False, column_types=dict.fromkeys(names, pa.string())
        ),
    )


def _create(connection: duckdb.DuckDBPyConnection, target: str, path: Path, layout: _Layout) -> _Rejects:
    """Create ``target`` with a running number ``_row``; a quote that swallows the file is read line by line instead."""
    columns = ", ".join(f"c{position} as {identifier(name)}" for position, name in enumerate(layout.columns))
    for has_newlines in (True, False):
        rejects = _Rejects()
        try:
            reader = _read(path, layout, rejects, has_newlines)
            connection.register("csv_reader", reader)
            connection.execute(
                f"create or replace table {identifier(target)} as "
                f"select row_number() over () as {ROW}, {columns} from csv_reader"
            )
            return rejects
        except (pa.ArrowInvalid, duckdb.Error) as wrong:
            if not has_newlines or "straddl" not in str(wrong):
                raise
        finally:
            connection.unregister("csv_reader")
    raise AssertionError("unreachable")


def _load(path: Path, connection: duckdb.DuckDBPyConnection, target: str, options: ReadOptions) -> list[str]:
    utf8, encoding = as_utf8(path, options.scratch, options.encoding)
    layout = _read_layout(utf8, path.name, options.separator)
    try:
        rejects = _create(connection, target, utf8, layout)
    except (pa.ArrowInvalid, duckdb.Error) as wrong:
        raise SourceError(f"{path.name} cannot be read as CSV: {str(wrong).splitlines()[0]}.") from None
    _number_rows(connection, target, rejects, layout)
    if encoding.is_damaged:
        _reject_damaged(connection, target, layout)
    return [f"{path.name}: {encoding.title}, separated by {SEPARATORS.get(layout.separator, layout.separator)}"]


def _mend(text: str, layout: _Layout) -> list[tuple[str, list[str] | None]]:
    """Split a rejected record into its lines, each with its values if it is a good record by itself.

    A quote that is never closed swallows the lines after it, up to the next quote; those are good.
    """
    lines = [line for line in text.splitlines() if line]
    if len(lines) < 2:
        return [(text, None)]
    parsed = [next(csv.reader([line], delimiter=layout.separator)) for line in lines]
    return [
        (line, values if line.count('"') % 2 == 0 and len(values) == len(layout.columns) else None)
        for line, values in zip(lines, parsed, strict=True)
    ]


def _number_rows(connection: duckdb.DuckDBPyConnection, target: str, rejects: _Rejects, layout: _Layout) -> None:
    """Write the rejected records down, and number the good rows as they stand in the file, rejected ones counted."""
    if not rejects.rows:
        return
    bad: list[tuple[int, str, str]] = []
    mended: list[tuple[int, list[str]]] = []
    last_good, before = [0], [0]
    lines = 0
    for records, (number, text) in enumerate(rejects.rows):
        position = number - layout.preamble_lines - 1
        for line, values in _mend(text, layout):
            lines += 1
            row_number = position - records - 1 + lines
            if values is None:
                bad.append((row_number, line, OPEN_QUOTE if line.count('"') % 2 else WRONG_COLUMNS))
            else:
                mended.append((row_number, values))
        last_good.append(position - records - 1)
        before.append(lines)
    connection.execute(
        f"""
        update {identifier(target)} set {ROW} = {ROW} + skipped.before from (
            select last_good, before, lead(last_good, 1, 9000000000000000000) over (order by before) as until
            from (select unnest($last_good::bigint[]) as last_good, unnest($before::bigint[]) as before)
        ) as skipped
        where {ROW} > skipped.last_good and {ROW} <= skipped.until
        """,
        {"last_good": last_good, "before": before},
    )
    _insert(connection, "work.rejects", [[target] * len(bad), *(list(column) for column in zip(*bad, strict=True))])
    numbers = [number for number, _ in mended]
    _insert(connection, identifier(target), [numbers, *map(list, zip(*(values for _, values in mended), strict=True))])


def _insert(connection: duckdb.DuckDBPyConnection, target: str, columns: Sequence[list[Any]]) -> None:
    if columns and columns[0]:
        rows = pa.table({f"c{position}": column for position, column in enumerate(columns)})
        connection.register("new_rows", rows)
        connection.execute(f"insert into {target} from new_rows")
        connection.unregister("new_rows")


def _reject_damaged(connection: duckdb.DuckDBPyConnection, target: str, layout: _Layout) -> None:
    text = f"concat_ws({literal(layout.separator)}, {', '.join(map(identifier, layout.columns))})"
    where = f"contains({text}, '{REPLACEMENT}')"
    connection.execute(
        f"insert into work.rejects select $target, {ROW}, {text}, $reason from {identifier(target)} where {where}",
        {"target": target, "reason": DAMAGED_TEXT},
    )
    connection.execute(f"delete from {identifier(target)} where {where}")


def _tables(location: str) -> list[RawTable]:
    path = Path(location)
    return [
        RawTable(
            ENDINGS.sub("", path.name),
            path.name,
            lambda connection, target, options: _load(path, connection, target, options),
        )
    ]


SOURCES.register("delimited")(
    SourceKind("CSV (.csv, .tsv, .txt)", lambda location: ENDINGS.search(location) is not None, _tables)
)
