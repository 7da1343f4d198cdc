"""What the managers' pages read: the units and findings with their dimensions, and the segments that stand out."""

from collections.abc import Iterator
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import duckdb
import pandas as pd

from data.relations import materialise, publish_table, read_folder
from models.root_causes.dimensions import DIMENSIONS
from models.root_causes.scan import Claim, scan

RELATIONS = read_folder(Path(str(files("models.root_causes") / "sql")))

PERIODS = (91, 364)
"""Days up to now in which segments are looked for: a quarter and a year of whole weeks."""

LIKELY = 0.5
"""From this score on an open finding counts; a rejected one never does, a confirmed one always."""

UNITS = f"""
    select 'order' as grain, ordered_on, hour, {", ".join(DIMENSIONS)} from temp.order_units
    union all
    select 'line', ordered_on, hour, {", ".join(DIMENSIONS)} from temp.line_units
"""

SEGMENTS = {
    "period_days": "integer",
    "kind": "varchar",
    "cause": "varchar",
    "grain": "varchar",
    "conditions": "varchar[]",
    "same": "varchar[]",
    "found_count": "integer",
    "unit_count": "integer",
    "expected": "double",
    "excess": "double",
    "excess_low": "double",
    "excess_high": "double",
    "money": "double",
    "excess_money": "double",
    "money_low": "double",
    "money_high": "double",
    "chance": "double",
    "look_count": "integer",
}


def publish_causes(connection: duckdb.DuckDBPyConnection, now: datetime, labels: pd.DataFrame) -> int:
    """Publish ``cause_units``, ``cause_findings`` and ``cause_segments``; return how many segments stand out.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The analytics being built, with features and ranked exceptions.
    now : datetime
        The data's clock.
    labels : pandas.DataFrame
        Columns ``exception_id, label``: what reviewers said so far.

    Returns
    -------
    int
        The number of segments.
    """
    for name in ("order_units", "line_units", "found_units"):
        materialise(connection, RELATIONS[name], {}, temporary=True)
    publish_table(connection, "cause_units", UNITS)
    publish_table(connection, "cause_findings", "select * from temp.found_units")
    connection.register("labels_given", labels[["exception_id", "label"]].astype("object"))
    rows = list(_rows(connection, now))
    connection.unregister("labels_given")
    _publish_segments(connection, rows)
    return len(rows)


def _rows(connection: duckdb.DuckDBPyConnection, now: datetime) -> Iterator[dict[str, object]]:
    """Scan each period, orders and lines each among their own."""
    _number_values(connection)
    for grain in ("order", "line"):
        units, found = _units(connection, now, grain), _found(connection, now, grain)
        for days in PERIODS:
            since = pd.Timestamp(now).normalize() - pd.Timedelta(days=days)
            for claim in scan(units[units["ordered_on"].gt(since)], found[found["ordered_on"].gt(since)]):
                yield {**_row(claim), "period_days": days, "grain": grain}


def _number_values(connection: duckdb.DuckDBPyConnection) -> None:
    """Make a type of each dimension's values: they come as numbers into the frames."""
    for name in DIMENSIONS:
        connection.execute(
            f"""create or replace temp type cause_{name} as enum (
            select {name} from temp.order_units where {name} is not null
            union select {name} from temp.line_units where {name} is not null)"""
        )


def _units(connection: duckdb.DuckDBPyConnection, now: datetime, grain: str) -> pd.DataFrame:
    """Return the orders or lines of the longest period."""
    columns = ", ".join(f"{name}::cause_{name} as {name}" for name in DIMENSIONS)
    return connection.execute(
        f"select ordered_on, {columns} from temp.{grain}_units where ordered_on > $now::date - {max(PERIODS)}",
        {"now": now},
    ).df()


def _found(connection: duckdb.DuckDBPyConnection, now: datetime, grain: str) -> pd.DataFrame:
    """Return the findings of the longest period; money counts in the currency that most findings are in."""
    return connection.execute(
        f"""select found.*,
            case when currency = (select mode(currency) from temp.found_units) then impact * score else 0 end as money
        from temp.found_units as found
        left join labels_given using (exception_id)
        where is_line = {grain == "line"} and ordered_on > $now::date - {max(PERIODS)}
            and coalesce(labels_given.label, '') <> 'false_positive'
            and (score >= {LIKELY} or labels_given.label = 'confirmed')""",
        {"now": now},
    ).df()


def _row(claim: Claim) -> dict[str, object]:
    """Return a claim as it is published; a condition reads ``channel:phone``."""
    return {
        **{name: getattr(claim, name) for name in SEGMENTS if hasattr(claim, name)},
        "conditions": written(claim.conditions),
        "same": [" ".join(written(other)) for other in claim.same],
    }


def written(conditions: dict[str, str]) -> list[str]:
    """Return a segment as texts: ``["channel:phone", "operator:ben"]``."""
    return [f"{name}:{value}" for name, value in conditions.items()]


def _publish_segments(connection: duckdb.DuckDBPyConnection, rows: list[dict[str, object]]) -> None:
    columns = ", ".join(f'"{name}" {form}' for name, form in SEGMENTS.items())
    connection.execute(f"create or replace temp table found_segments ({columns})")
    if rows:
        connection.executemany(
            f"insert into found_segments values ({', '.join('?' * len(SEGMENTS))})",
            [[row[name] for name in SEGMENTS] for row in rows],
        )
    publish_table(connection, "cause_segments", "select * from temp.found_segments")
