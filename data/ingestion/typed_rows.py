"""From picked texts to typed rows: each row is ready to load, or in quarantine with its reason.

``work.ready_<table>`` holds the rows to load. ``work.quarantine`` says what is wrong: one entry for each row that is
not loaded, and one (``is_row_loaded``) for each optional value that could not be read and is null in a row that is.
A row is not loaded if a required value is missing or cannot be read, if another row of the load has its key, or if a
rule of the mapping rejects it.
"""

from collections.abc import Container

import duckdb

from data.ingestion.column_styles import ColumnStyles
from data.ingestion.mapping import Mapping
from data.ingestion.mapping_sql import REJECT
from data.ingestion.picked_rows import ID, PickedTable
from data.schema import Column, Table
from data.sources import ROW
from data.sql_text import identifier, literal, one_row
from data.vocabulary import STATUSES

REQUIRED_MISSING = "required value missing"
NOT_READABLE = {
    "number": "cannot be read as a number",
    "integer": "cannot be read as a whole number",
    "timestamp": "cannot be read as a date or time",
    "text": "unknown status word",
}
DAY_OR_MONTH = "day or month first? set date_format in a mapping"
POINT_OR_COMMA = "decimal sign or thousands separator? set number_format in a mapping"
DUPLICATE_KEY = "another row of this load has the same key"
REASONS = (REQUIRED_MISSING, *NOT_READABLE.values(), DAY_OR_MONTH, POINT_OR_COMMA, DUPLICATE_KEY)

STATUS_COLUMNS = frozenset({("orders", "status"), ("order_events", "status")})
SPELLINGS = {"canceled": "cancelled", "onhold": "on_hold", "backorder": "backordered", "back_ordered": "backordered"}
LARGEST_INTEGER = 2147483647


def create_quarantine(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the empty ``work.quarantine``."""
    connection.execute(
        "create table work.quarantine (table_name varchar, row_number bigint, key varchar, column_name varchar, "
        "value varchar, reason varchar, is_row_loaded boolean)"
    )


def key_text(table: Table, present: Container[str]) -> str:
    """Return the expression of a row's key as the quarantine shows it: its parts between bars, null if all are."""
    parts = [f"coalesce(cast({identifier(key)} as varchar), '')" if key in present else "''" for key in table.key]
    bars = "|" * (len(parts) - 1)
    return f"nullif(concat_ws('|', {', '.join(parts)}), '{bars}')"


def _status_words(mapping: Mapping) -> str:
    """Return an SQL map from a source's words, in lower case and with underscores, to the canonical statuses."""
    words = {**{status: status for status in STATUSES}, **SPELLINGS}
    words |= {"_".join(word.lower().replace("-", " ").split()): status for word, status in mapping.status.items()}
    return "map {" + ", ".join(f"{literal(word)}: {literal(status)}" for word, status in words.items()) + "}"


def _typed(picked: PickedTable, column: Column, styles: ColumnStyles, mapping: Mapping) -> str:
    """Return the expression of one typed value: null if the text cannot be read."""
    name, table = identifier(column.name), picked.table.name
    is_text = picked.types[column.name] == "VARCHAR"
    if (table, column.name) in STATUS_COLUMNS:
        return f"({_status_words(mapping)})[regexp_replace(lower({name}), '[ _-]+', '_', 'g')]"
    if column.type == "text":
        return name
    if column.type == "timestamp":
        moment = f"naive_moment({name}, '{styles.of(table, column)}')"
        if mapping.time_zone:
            moment = f"shift_moment({moment}, {literal(mapping.time_zone)})"
        return (
            f"coalesce(offset_moment({name}), {moment})" if is_text else f"case when isfinite({name}) then {name} end"
        )
    number = f"read_number({name}, '{styles.of(table, column)}')" if is_text else name
    if column.type == "integer":
        is_whole = f"abs({number}) <= {LARGEST_INTEGER} and {number} = trunc({number})"
        return f"case when {is_whole} then cast({number} as integer) end"
    return number if is_text else f"case when isfinite({name}) then {name} end"


def _unreadable(column: Column, style: str) -> str:
    """Return the expression of the reason why a text of a column is not readable."""
    reason, name = literal(NOT_READABLE[column.type]), f"cast(picked.{identifier(column.name)} as varchar)"
    if column.type == "timestamp" and style in ("none", "mixed"):
        is_unclear = f"is_slash_date({name}) and moment_says({name}) is null"
        return f"case when {is_unclear} then {literal(DAY_OR_MONTH)} else {reason} end"
    if column.type in ("number", "integer") and style == "mixed":
        is_unclear = f"regexp_full_match({name}, '\\D*\\d{{1,3}}[.,]\\d{{3}}\\D*')"
        return f"case when {is_unclear} then {literal(POINT_OR_COMMA)} else {reason} end"
    return reason


def _counts(connection: duckdb.DuckDBPyConnection, relation: str, picked: PickedTable) -> tuple[int, ...]:
    """Return how many values each column has."""
    counted = ", ".join(f"count({identifier(column.name)})" for column in picked.columns)
    return one_row(connection, f"select {counted} from {relation}")


def _find_problems(connection: duckdb.DuckDBPyConnection, picked: PickedTable, styles: ColumnStyles) -> None:
    """Fill ``work.problems``: one row for each value that is missing or cannot be read, and for each rejected row."""
    name = picked.table.name
    connection.execute(
        f"create or replace table work.problems as select rowid as {ID}, -1 as position, "
        f"cast(null as varchar) as column_name, cast(null as varchar) as value, {REJECT} as reason, true as is_fatal "
        f"from _picked_{name} where {REJECT} is not null"
    )
    given, read = (_counts(connection, f"{stage}_{name}", picked) for stage in ("_picked", "work.typed"))
    for position, column in enumerate(picked.columns):
        quoted = identifier(column.name)
        if read[position] < given[position]:
            reason = _unreadable(column, styles.of(name, column) if column.type != "text" else "")
            connection.execute(
                f"insert into work.problems select {ID}, {position}, {literal(column.name)}, "
                f"cast(picked.{quoted} as varchar), {reason}, {str(column.is_required).lower()} "
                f"from _picked_{name} as picked inner join work.typed_{name} as typed on picked.rowid = typed.{ID} "
                f"where picked.{quoted} is not null and typed.{quoted} is null"
            )
        if given[position] < picked.read_count and column.is_required:
            connection.execute(
                f"insert into work.problems select rowid, {position}, {literal(column.name)}, null, "
                f"{literal(REQUIRED_MISSING)}, true from _picked_{name} where {quoted} is null"
            )


def _find_duplicate_keys(connection: duckdb.DuckDBPyConnection, picked: PickedTable) -> None:
    """Add the rows whose key another good row has: the latest version stays, else the first row."""
    name = picked.table.name
    keys = ", ".join(identifier(key) for key in picked.table.key if key in picked.types)
    latest = "updated_at desc nulls last, " if "updated_at" in picked.types else ""
    good = f"from work.typed_{name} where {ID} not in (select {ID} from work.problems where is_fatal)"
    if not connection.execute(f"select 1 {good} group by {keys} having count(*) > 1 limit 1").fetchall():
        return
    connection.execute(
        f"""
        insert into work.problems
        select {ID}, 1000, {literal(" ".join(picked.table.key))}, null, {literal(DUPLICATE_KEY)}, true
        from (select {ID}, row_number() over (partition by {keys} order by {latest}{ID}) as place {good})
        where place > 1
        """
    )


def type_rows(
    connection: duckdb.DuckDBPyConnection, picked: PickedTable, styles: ColumnStyles, mapping: Mapping
) -> None:
    """Create ``work.ready_<table>`` and add to ``work.quarantine``."""
    name = picked.table.name
    columns = ", ".join(
        f"{_typed(picked, column, styles, mapping)} as {identifier(column.name)}" for column in picked.columns
    )
    connection.execute(
        f"create or replace table work.typed_{name} as select rowid as {ID}, {ROW}, {columns} from _picked_{name}"
    )
    _find_problems(connection, picked, styles)
    _find_duplicate_keys(connection, picked)
    key = key_text(picked.table, picked.types)
    connection.execute(
        f"""
        insert into work.quarantine
        select {literal(name)}, picked.{ROW}, {key}, column_name, value, reason, not is_fatal
        from (
            select *, bool_or(is_fatal) over (partition by {ID}) as is_row_bad,
                row_number() over (partition by {ID}, is_fatal order by position) as place
            from work.problems
        ) as problem inner join _picked_{name} as picked on picked.rowid = problem.{ID}
        where (is_fatal and place = 1) or not is_row_bad
        """
    )
    connection.execute(f"delete from work.typed_{name} where {ID} in (select {ID} from work.problems where is_fatal)")
    connection.execute(f"drop table _picked_{name}")
    connection.execute(f"alter table work.typed_{name} rename to ready_{name}")
