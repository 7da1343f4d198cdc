"""Counting: how many units and how many findings every segment of up to three dimensions holds, in DuckDB."""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pandas as pd

from models.root_causes.dimensions import COMBINED, DIMENSIONS, MAX_VALUES, combined, family

MINIMUM_FOUND = 5
"""A segment with fewer findings is not told of."""

Conditions = Mapping[str, str]
"""A segment: the value of each dimension that describes it."""


BITS = {name: 1 << place for place, name in enumerate(DIMENSIONS)}
"""A set of dimensions is a number: the sum of their bits."""


def _columns() -> str:
    return ", ".join(DIMENSIONS)


def _mask(names: Sequence[str]) -> int:
    return sum(BITS[name] for name in names)


def number_units(connection: duckdb.DuckDBPyConnection, units: str) -> None:
    """Make ``scan_units``: the units with their rare values of combined dimensions unnamed.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where ``units`` is.
    units : str
        A table with the columns of `DIMENSIONS`, one row per order or line.
    """
    frequent = ", ".join(
        f"(select list(value) from (select {name} as value from {units} where {name} is not null "
        f"group by 1 order by count(*) desc, 1 limit {MAX_VALUES})) as {name}"
        for name in COMBINED
    )
    connection.execute(f"create or replace temp table frequent_values as select {frequent}")
    connection.execute(f"create or replace temp table scan_units as {_numbered(units, '')}")


def number_findings(connection: duckdb.DuckDBPyConnection, found: str) -> None:
    """Make ``scan_found`` from findings with ``kind, cause, money`` and the dimensions, named as in ``scan_units``."""
    connection.execute(f"create or replace temp table scan_found as {_numbered(found, 'kind, cause, money,')}")


def _numbered(table: str, more: str) -> str:
    """Select the dimensions, a number for each value, and the set of those whose value is not known."""
    named = ", ".join(
        f"case when list_contains((select {name} from frequent_values), {name}) then {name} end as {name}"
        if name in COMBINED
        else name
        for name in DIMENSIONS
    )
    numbers = ", ".join(f"hash({name}) as {name}_number" for name in DIMENSIONS)
    unknown = " + ".join(f"({name} is null)::integer * {bit}" for name, bit in BITS.items())
    return f"select *, {numbers}, {unknown} as unknown from (select {more} {named} from {table})"


def _count_units(connection: duckdb.DuckDBPyConnection) -> None:
    """Make ``unit_cells``: the segments that are large enough, one grouping for each set of dimensions."""
    groupings = []
    for names in combined():
        mask = _mask(names)
        keys = ", ".join(f"{name}_number" for name in names)
        parts = ", ".join(f"{name}_number" if mask & bit else "null::ubigint" for name, bit in BITS.items())
        groupings.append(
            f"select hash({mask}, {parts}) as cell, {len(names)} as level, '{family(names)}' as family, "
            f"count(*) as unit_count from scan_units where unknown & {mask} = 0 "
            f"group by {keys} having count(*) >= {MINIMUM_FOUND}"
        )
    connection.execute(f"create or replace temp table unit_cells as {' union all '.join(groupings)}")


def count_cells(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Count units and findings in every segment that holds enough findings of one kind, or of one kind and cause.

    Returns
    -------
    pandas.DataFrame
        Columns ``kind, cause`` (empty: all causes), ``level, unit_count, found_count, money, money_squares``, the
        dimensions (null where a segment says nothing of it), and ``look_count``: how many segments of that family are
        large enough to be looked at.
    """
    _count_units(connection)
    masks = ", ".join(f"({_mask(names)})" for names in combined())
    parts = ", ".join(f"case when mask & {bit} > 0 then {name}_number end" for name, bit in BITS.items())
    values = ", ".join(f"any_value(case when mask & {bit} > 0 then {name} end) as {name}" for name, bit in BITS.items())
    return connection.execute(
        f"""with found as (
            select kind, unnest(['', cause]) as cause, money, mask, hash(mask, {parts}) as cell, {_columns()}
            from scan_found cross join (values {masks}) as sets(mask)
            where unknown & mask = 0
        ),
        counted as (
            select kind, cause, cell, {values}, count(*) as found_count, sum(money) as money,
                sum(money * money) as money_squares
            from found
            group by kind, cause, cell
            having count(*) >= {MINIMUM_FOUND}
        ),
        looks as (select family, count(*) as look_count from unit_cells group by family)
        select counted.*, unit_cells.level, unit_cells.unit_count, looks.look_count
        from counted
        inner join unit_cells using (cell)
        inner join looks using (family)"""
    ).df()


def where(conditions: Conditions) -> tuple[str, list[Any]]:
    """Return the SQL condition of a segment, and what it binds."""
    text = " and ".join(f"{name} = ?" for name in conditions) or "true"
    return text, list(conditions.values())


def _remainder(segment: Conditions, earlier: Sequence[Conditions]) -> tuple[str, list[Any]]:
    """Return the SQL condition of a segment without earlier ones, and what it binds."""
    text, values = where(segment)
    for other in earlier:
        more, bound = where(other)
        text, values = f"{text} and ({more}) is not true", [*values, *bound]
    return text, values


def overlaps(
    connection: duckdb.DuckDBPyConnection,
    kind: str,
    candidates: pd.DataFrame,
    segment: Conditions,
    earlier: Sequence[Conditions],
) -> pd.DataFrame:
    """Count what each candidate shares with a segment, without what it shares with earlier ones.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where ``scan_units`` and ``scan_found`` are.
    kind : str
        The kind of finding.
    candidates : pandas.DataFrame
        Columns ``cause`` and the dimensions; its index is returned.
    segment : mapping of str to str
        The segment.
    earlier : sequence of mapping
        Segments whose units were taken out already.

    Returns
    -------
    pandas.DataFrame
        ``unit_count, found_count``, on the index of ``candidates``.
    """
    text, values = _remainder(segment, earlier)
    connection.register("candidates", candidates.reset_index(names="candidate")[["candidate", "cause", *DIMENSIONS]])
    matches = " and ".join(f"(c.{name} is null or c.{name} = u.{name})" for name in DIMENSIONS)
    units = connection.execute(
        f"""with inside as (select {_columns()}, count(*) as n from scan_units where {text} group by all)
        select c.candidate, sum(u.n)::bigint as unit_count from candidates as c inner join inside as u on {matches}
        group by c.candidate""",
        values,
    ).df()
    found = connection.execute(
        f"""with inside as (select cause, {_columns()}, count(*) as n from scan_found
            where kind = ? and {text} group by all)
        select c.candidate, sum(u.n)::bigint as found_count from candidates as c
        inner join inside as u on (c.cause = '' or c.cause = u.cause) and {matches} group by c.candidate""",
        [kind, *values],
    ).df()
    connection.unregister("candidates")
    shared = units.set_index("candidate").join(found.set_index("candidate"), how="outer")
    return shared.reindex(candidates.index).fillna(0).astype("int64")


def found_inside(
    connection: duckdb.DuckDBPyConnection, kind: str, segment: Conditions, earlier: Sequence[Conditions]
) -> "pd.Series[int]":
    """Count a kind's findings by cause in a segment without earlier ones; the empty cause stands for all."""
    text, values = _remainder(segment, earlier)
    rows = connection.execute(
        f"select cause, count(*) from scan_found where kind = ? and {text} group by cause", [kind, *values]
    ).fetchall()
    counts = {str(cause): int(count) for cause, count in rows}
    return pd.Series({**counts, "": sum(counts.values())}, dtype="int64")
