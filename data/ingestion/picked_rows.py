"""The rows that a mapping selects from a source: ``_picked_<table>``, texts unless a value came typed."""

from dataclasses import dataclass

import duckdb

from data.ingestion.mapping import Mapping
from data.ingestion.mapping_sql import REJECT, explain_failure, row_reference, select_sql
from data.schema import Column, Table
from data.schema import table as canonical_table
from data.sources import ROW
from data.sql_text import identifier, literal, one_row

ID = "_id"  # the place of a row in its picked table: unique, also where a join repeats a source row
FRACTIONS = ("DECIMAL", "FLOAT", "DOUBLE")
WHOLE = frozenset(f"{sign}{size}INT" for sign in ("", "U") for size in ("TINY", "SMALL", "BIG", "HUGE"))
WHOLE_NUMBERS = WHOLE | {"INTEGER", "UINTEGER"}


@dataclass(frozen=True)
class PickedTable:
    """A canonical table whose rows were picked.

    Attributes
    ----------
    table : Table
        The canonical table.
    types : dict of str to str
        The picked columns and what they are: VARCHAR (to be read), DOUBLE or TIMESTAMP. The source lacks the others.
    read_count : int
        How many rows there are.
    """

    table: Table
    types: dict[str, str]
    read_count: int

    @property
    def columns(self) -> list[Column]:
        """The canonical columns that the source has."""
        return [column for column in self.table.columns if column.name in self.types]


def _picked(column: Column, raw_type: str, zone: str | None) -> str:
    """Return the expression of one value: clean text, unless it came as what the column holds."""
    name = identifier(column.name)
    text = f"clean_text(cast({name} as varchar))"
    is_fraction = raw_type.startswith(FRACTIONS)
    if column.type in ("number", "integer") and (is_fraction or raw_type in WHOLE_NUMBERS or raw_type == "BOOLEAN"):
        return f"case when not isnan(cast({name} as double)) then cast({name} as double) end"
    if column.type == "timestamp" and raw_type.startswith(("TIMESTAMP", "DATE")):
        is_naive = raw_type != "TIMESTAMP WITH TIME ZONE"
        moment = f"cast({name} as timestamp)"
        moment = f"shift_moment({moment}, {literal(zone)})" if zone and is_naive else moment
        return f"case when year({name}) > 1 then {moment} end"
    if is_fraction:  # an identifier that passed through a table of floats: 15805.0 is 15805
        whole = f"cast(cast({name} as bigint) as varchar)"
        text = f"case when abs({name}) < 1e15 and {name} = trunc({name}) then {whole} else {text} end"
    return f"case when not is_no_date({text}) then {text} end" if column.type == "timestamp" else text


def _defaults(mapping: Mapping, table: Table) -> dict[str, str]:
    """Return what the mapping says of orders whose source does not say it."""
    if table.name != "orders":
        return {}
    return {name: value for name in ("channel", "currency") if (value := getattr(mapping, name)) is not None}


def pick_rows(connection: duckdb.DuckDBPyConnection, mapping: Mapping, name: str) -> PickedTable:
    """Create ``_picked_<name>``, with the row numbers and the reasons why the mapping rejects rows.

    Raises
    ------
    MappingError
        If the mapping's SQL does not fit the source.
    """
    table, mapped = canonical_table(name), mapping.tables[name]
    sql = select_sql(mapped, row_reference(connection, mapped))
    defaults = _defaults(mapping, table)
    try:
        # DuckDB may give a column back in the source's spelling of the name, so compare without case.
        raw_types = {row[0].lower(): row[1] for row in connection.execute(f"describe {sql}").fetchall()}
        picked = []
        for column in table.columns:
            value = _picked(column, raw_types[column.name], mapping.time_zone) if column.name in raw_types else "null"
            if column.name in defaults:
                value = f"coalesce({value}, {literal(defaults[column.name])})"
            if value != "null":
                picked.append(f"{value} as {identifier(column.name)}")
        connection.execute(
            f"create or replace temp table _picked_{name} as select {ROW}, {REJECT}, {', '.join(picked)} from ({sql})"
        )
    except duckdb.Error as wrong:
        raise explain_failure(connection, name, mapped, wrong) from None
    types = {row[0].lower(): row[1] for row in connection.execute(f"describe _picked_{name}").fetchall()}
    (count,) = one_row(connection, f"select count(*) from _picked_{name}")
    return PickedTable(table, {key: value for key, value in types.items() if key not in (ROW, REJECT)}, count)
