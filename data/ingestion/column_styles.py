"""How numbers and dates are written in each column, decided from all of its values.

A column whose values prove nothing (only ``1.234``, only ``03/04/2024``) is read like the other columns of its table,
then like those of the whole source. A column whose values prove both is ``mixed``: its unclear values are not guessed.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from data.ingestion.mapping import Mapping
from data.ingestion.picked_rows import PickedTable
from data.schema import Column, Type
from data.sql_text import identifier, one_row

STYLES: dict[Type, tuple[str, str]] = {"number": ("point", "comma"), "timestamp": ("dmy", "mdy")}
UNDECIDED: dict[Type, str] = {"number": "point", "timestamp": "none"}


@dataclass(frozen=True)
class ColumnStyles:
    """The style of every column that is read from text, by table and column name."""

    styles: dict[tuple[str, str], str]

    def of(self, table: str, column: Column) -> str:
        """Return the style of one column."""
        return self.styles.get((table, column.name), UNDECIDED[_sort(column)])


def _sort(column: Column) -> Type:
    return "number" if column.type == "integer" else column.type


def _evidence(connection: duckdb.DuckDBPyConnection, picked: PickedTable) -> dict[str, Counter[str]]:
    """Count the values that prove a style, by column."""
    columns = [
        column for column in picked.columns if _sort(column) in STYLES and picked.types[column.name] == "VARCHAR"
    ]
    if not columns:
        return {}
    counts = []
    for column in columns:
        says = "number_says" if _sort(column) == "number" else "moment_says"
        counts += [
            f"count(*) filter ({says}({identifier(column.name)}) = '{style}')" for style in STYLES[_sort(column)]
        ]
    found = iter(one_row(connection, f"select {', '.join(counts)} from _picked_{picked.table.name}"))
    return {column.name: Counter({style: next(found) for style in STYLES[_sort(column)]}) for column in columns}


def _proved(evidence: Counter[str], styles: Iterable[str]) -> list[str]:
    return [style for style in styles if evidence[style]]


def decide_styles(
    connection: duckdb.DuckDBPyConnection, picked: Iterable[PickedTable], mapping: Mapping
) -> ColumnStyles:
    """Return the style of every column that is read from text."""
    found = {table.table.name: _evidence(connection, table) for table in picked}
    in_table = {name: sum(columns.values(), Counter()) for name, columns in found.items()}
    in_source = sum(in_table.values(), Counter())
    given = {"number": mapping.number_format, "timestamp": mapping.date_format}
    styles = {}
    for table in picked:
        name = table.table.name
        for column in table.columns:
            if column.name not in found[name]:
                continue
            sort = _sort(column)
            styles[name, column.name] = (
                given[sort]
                if given[sort] != "auto"
                else _decide([found[name][column.name], in_table[name], in_source], sort)
            )
    return ColumnStyles(styles)


def _decide(levels: list[Counter[str]], sort: Type) -> str:
    own = _proved(levels[0], STYLES[sort])
    if len(own) > 1:
        return "mixed"
    for level in levels:
        proved = _proved(level, STYLES[sort])
        if len(proved) == 1:
            return proved[0]
    return UNDECIDED[sort]
