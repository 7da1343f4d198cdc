"""A first mapping for a source of unknown shape, from the names of its columns and from their values.

It is a proposal that a person confirms. A column is proposed only if its name is a known word and, for numbers and
dates, if nearly all of its values can be read as such. What was not found is said.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import yaml

from data.ingestion.mapping import Mapping
from data.ingestion.text_values import create_macros
from data.schema import TABLES, Column, Table
from data.sources import ROW, ReadOptions, Source
from data.sql_text import identifier, one_row
from data.vocabulary import STATUSES

WORDS = Path(__file__).with_name("mapping_words.yaml")
READABLE_SHARE = 0.9
NEAR = 0.88
MASTERS = ("customers", "products")  # may have to be read from the rows of orders
READERS = {
    "number": "coalesce(read_number({0}, 'point'), read_number({0}, 'comma'))",
    "integer": "read_number({0}, 'point')",
    "timestamp": "coalesce(offset_moment({0}), naive_moment({0}, 'dmy'), naive_moment({0}, 'mdy'))",
}


@dataclass
class Guess:
    """A proposed mapping.

    Attributes
    ----------
    mapping : Mapping or None
        The proposal; None if the source does not seem to hold orders and their lines.
    sources : dict of str to str
        The source table proposed for each canonical table.
    doubts : list of str
        What a person should look at.
    """

    mapping: Mapping | None
    sources: dict[str, str] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Fit:
    """A source table as a canonical one: the source column of each canonical column."""

    source: str
    columns: dict[str, str]
    score: float


@cache
def _words() -> dict[str, Any]:
    return dict(yaml.safe_load(WORDS.read_text(encoding="utf-8")))


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


def _likeness(column: str, source_column: str, table: str) -> float:
    """Return how surely a source column's name means a canonical column: 1 the same, 0 nothing alike."""
    name = _plain(source_column)
    words = _words()["columns"]
    known = [_plain(column), *map(_plain, words.get(f"{table}.{column}") or words.get(column, []))]
    if name == known[0]:
        return 1.0
    if name in known:
        return 0.95 - 0.3 * known.index(name) / len(known)
    stem = name.removeprefix(_plain(table)).removeprefix(_plain(table).removesuffix("s"))
    if stem in known:
        return 0.6
    near = max(SequenceMatcher(None, name, word).ratio() for word in known)
    return 0.5 if near >= NEAR and len(name) > 4 else 0.0


class _Reader:
    """The source's tables in memory, asked about names and values."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, source: Source, scratch: Path) -> None:
        self.connection = connection
        self.names: dict[str, list[str]] = {}
        for table in source.tables.values():
            table.load(connection, table.name, ReadOptions(scratch))
            rows = connection.execute(f"describe {identifier(table.name)}").fetchall()
            self.names[table.name] = [row[0] for row in rows if row[0] != ROW]

    def is_readable(self, table: str, column: Column, source_column: str) -> bool:
        """Return whether nearly all values of a source column can be read as the canonical column's type."""
        if column.type == "text":
            return True
        text = f"clean_text(cast({identifier(source_column)} as varchar))"
        filled, readable = one_row(
            self.connection,
            f"select count({text}), count({READERS[column.type].format(text)}) from {identifier(table)} "
            f"where not coalesce(is_no_date({text}), false)",
        )
        return bool(filled) and readable >= READABLE_SHARE * filled

    def is_unique(self, table: str, columns: Iterable[str]) -> bool:
        """Return whether no two rows of a table have the same values in some columns."""
        key = ", ".join(map(identifier, columns))
        total, distinct = one_row(self.connection, f"select count(*), count(distinct ({key})) from {identifier(table)}")
        return bool(total == distinct)

    def values(self, table: str, column: str) -> list[str]:
        """Return the distinct values of a column, at most a hundred."""
        rows = self.connection.execute(
            f"select distinct clean_text(cast({identifier(column)} as varchar)) as word from {identifier(table)} "
            "where word is not null order by 1 limit 100"
        ).fetchall()
        return [row[0] for row in rows]


def _fit(reader: _Reader, table: Table, source: str) -> _Fit | None:
    """Match a source table's columns to a canonical table's, best pairs first; None if a required one is not found."""
    pairs = sorted(
        (
            (likeness, -column.is_required, -position, column.name, name)
            for column in table.columns
            for position, name in enumerate(reader.names[source])
            if (likeness := _likeness(column.name, name, table.name))
        ),
        key=lambda pair: (-pair[0], pair[1], -pair[2]),
    )
    chosen: dict[str, str] = {}
    score = 0.0
    for likeness, _, _, column_name, name in pairs:
        is_free = column_name not in chosen and name not in chosen.values()
        if is_free and reader.is_readable(source, table.column(column_name), name):
            chosen[column_name] = name
            score += likeness * (2 if table.column(column_name).is_required else 1)
    missing = set(table.required_columns) - chosen.keys() - {"line_no"}
    name = _plain(source)
    is_named = name in (_plain(table.name), _plain(table.name).removesuffix("s"))
    return None if missing else _Fit(source, chosen, score + (5 if is_named else 0))


def _best(reader: _Reader, table: Table) -> _Fit | None:
    """Return the source table that fits best; one whose keys repeat is taken only where the rows of orders may be."""
    fits = [fit for source in reader.names if (fit := _fit(reader, table, source))]
    if not table.is_required:
        unique = [fit for fit in fits if _has_unique_keys(reader, table, fit)]
        fits = unique or (fits if table.name in MASTERS else [])
    return max(fits, key=lambda fit: fit.score, default=None)


def _has_unique_keys(reader: _Reader, table: Table, fit: _Fit) -> bool:
    return reader.is_unique(fit.source, [fit.columns[key] for key in table.key if key in fit.columns])


def _statuses(reader: _Reader, fit: _Fit, doubts: list[str]) -> dict[str, str]:
    """Return the canonical statuses of a source's words, as far as they are known."""
    if "status" not in fit.columns:
        return {}
    known = {_plain(word): status for status, words in _words()["statuses"].items() for word in words}
    known |= {_plain(status): status for status in STATUSES}
    found = reader.values(fit.source, fit.columns["status"])
    unknown = [word for word in found if _plain(word) not in known]
    if unknown:
        doubts.append(f"Say what these status words mean: {', '.join(unknown[:12])}")
    return {word: known[_plain(word)] for word in found if _plain(word) in known and word not in STATUSES}


def guess_mapping(source: Source) -> Guess:
    """Propose a mapping for a source."""
    with TemporaryDirectory(prefix="orderlens-") as scratch, duckdb.connect() as connection:
        connection.execute("create schema work")
        connection.execute(
            "create table work.rejects (source_table varchar, row_number bigint, value varchar, reason varchar)"
        )
        create_macros(connection)
        reader = _Reader(connection, source, Path(scratch))
        fits = {name: fit for name, table in TABLES.items() if (fit := _best(reader, table))}
        return _propose(reader, fits)


def _propose(reader: _Reader, fits: dict[str, _Fit]) -> Guess:
    sources = {name: fit.source for name, fit in fits.items()}
    lacking = [name for name, table in TABLES.items() if table.is_required and name not in fits]
    if lacking:
        needed = "; ".join(f"{name} needs {', '.join(TABLES[name].required_columns)}" for name in lacking)
        return Guess(None, sources, [f"No table looks like {' and '.join(lacking)}: {needed}"])
    doubts: list[str] = []
    tables: dict[str, Any] = {}
    for name, fit in fits.items():
        table, source = TABLES[name], identifier(fit.source)
        columns = {column: identifier(fit.columns[column]) for column in table.column_names if column in fit.columns}
        key = columns[table.key[0]]
        is_unique = _has_unique_keys(reader, table, fit)
        if name == "order_lines" and not ("line_no" in columns and is_unique):
            columns["line_no"] = f"row_number() over (partition by {key} order by {ROW})"
            doubts.append(f"Lines are numbered within their order as they stand in {fit.source}")
        elif not is_unique:
            # A price in the row of an order is that order's, not the product's.
            columns = {
                column: sql
                for column, sql in columns.items()
                if name == "orders" or table.column(column).type == "text"
            }
            source = f"(select * from {source} qualify row_number() over (partition by {key} order by {ROW}) = 1)"
            doubts.append(f"Of each of the {name}, the first row in {fit.source} is read")
        tables[name] = {"from": source, "columns": columns}
    status = _statuses(reader, fits["orders"], doubts)
    return Guess(Mapping.model_validate({"status": status, "tables": tables}), sources, doubts)
