"""What the managers' pages read: the units and findings with their dimensions, and the segments that stand out."""

from collections.abc import Iterator
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import duckdb
import pandas as pd

from data.relations import materialise, publish_table, read_folder
from models.root_causes.cells import number_findings, number_units
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
    rows = [row for days in PERIODS for row in _rows(connection, now, days)]
    connection.unregister("labels_given")
    _publish_segments(connection, rows)
    return len(rows)


def _rows(connection: duckdb.DuckDBPyConnection, now: datetime, days: int) -> Iterator[dict[str, object]]:
    """Scan one period, orders and lines each among their own."""
    for grain in ("order", "line"):
        _choose(connection, now, days, grain)
        number_units(connection, "recent_units")
        number_findings(connection, "recent_found")
        for claim in scan(connection):
            yield {**_row(claim), "period_days": days, "grain": grain}


def _choose(connection: duckdb.DuckDBPyConnection, now: datetime, days: int, grain: str) -> None:
    """Make ``recent_units`` and ``recent_found``; money counts in the currency that most orders are in."""
    recent = f"ordered_on > $now::date - {days}"
    connection.execute(
        f"create or replace temp table recent_units as select * from {grain}_units where {recent}", {"now": now}
    )
    connection.execute(
        f"""create or replace temp table recent_found as
        select found.*,
            case when currency = (select mode(currency) from found_units) then impact * score else 0 end as money
        from found_units as found
        left join labels_given using (exception_id)
        where is_line = {grain == "line"} and {recent}
            and coalesce(labels_given.label, '') <> 'false_positive'
            and (score >= {LIKELY} or labels_given.label = 'confirmed')""",
        {"now": now},
    )


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
