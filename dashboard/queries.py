"""Everything the pages read, and the only cache: one SQL file each, kept by analytics version and label generation."""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import streamlit as st

from dashboard.workspace import current
from data.relations import MAYBE, Relation, create_maybe_views, read_folder, stored_schema
from data.schema import TABLES
from models.feedback import COLUMNS
from models.ranking import ALERTS, ranked

FOLDER = Path(str(files("dashboard") / "sql"))
LIKELY = 0.5
"""From this chance on an exception counts as likely; below it is shown on demand."""

JUDGED = frozenset({"labels", "exceptions", "alerts"})
"""What looks different after each label."""

RANKED = (*COLUMNS, "impact")
LABEL_COLUMNS = ("exception_id", "label", "reason", "note", "by", "at")


def version() -> int | None:
    """Return the published analytics version, None if there is none."""
    return current().warehouse.version()


def has_findings() -> bool:
    """Return whether a detection run was published."""
    return version() is not None and bool(_tables(str(current().home), version()) & {"alerts"})


def has(table: str) -> bool:
    """Return whether the published version has a table."""
    return version() is not None and table in _tables(str(current().home), version())


@lru_cache(maxsize=8)
def _tables(home: str, version: int | None) -> frozenset[str]:  # noqa: ARG001
    with current().warehouse.read() as cursor:
        return frozenset(row[0] for row in cursor.execute("select table_name from duckdb_tables()").fetchall())


def labels() -> pd.DataFrame:
    """Return the labels in force, at least with the columns that queries read."""
    generation = current().casebook.labels.generation()
    return _labels(str(current().home), generation)


@lru_cache(maxsize=4)
def _labels(home: str, generation: int) -> pd.DataFrame:  # noqa: ARG001
    return current().casebook.labels.current().reindex(columns=list(LABEL_COLUMNS)).astype("object")


@lru_cache(maxsize=4)
def ranking(home: str, version: int, generation: int) -> pd.DataFrame:  # noqa: ARG001
    """Return every published finding scored anew with the labels in force: what a verdict changes shows at once.

    Returns
    -------
    pandas.DataFrame
        Columns ``exception_id, score, rank``.
    """
    with current().warehouse.read() as cursor:
        findings = cursor.execute(f"select {', '.join(RANKED)} from exceptions").df()
    return ranked(findings, _labels(home, generation))[["exception_id", "score", "rank"]]


def _show_live(cursor: duckdb.DuckDBPyConnection, home: str, version: int, generation: int) -> None:
    """Let the findings and alerts be read with the scores and places that the labels in force give them."""
    stored = stored_schema(cursor)
    cursor.register("live", ranking(home, version, generation))
    cursor.execute(
        f"""create or replace temp view exceptions as
        select found.* replace (live.score as score, live.rank as rank)
        from {stored}.exceptions as found inner join live using (exception_id)"""
    )
    cursor.execute(f"create or replace temp view alerts as {ALERTS}")


def fetch(name: str, **parameters: Any) -> pd.DataFrame:
    """Return one relation of ``dashboard/sql``; an empty frame where the tables it reads were never published."""
    relation = read_folder(FOLDER)[name]
    shown = version()
    if shown is None:
        return pd.DataFrame()
    home = str(current().home)
    needed = {table for table in relation.tables if table != "labels" and not table.startswith(MAYBE)}
    if needed - _tables(home, shown):
        return pd.DataFrame()
    generation = current().casebook.labels.generation() if relation.tables & JUDGED else 0
    return _fetch(home, shown, generation, name, _frozen(parameters))


def _frozen(parameters: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple((key, tuple(value) if isinstance(value, list) else value) for key, value in sorted(parameters.items()))


@st.cache_data(max_entries=300, show_spinner=False)
def _fetch(
    home: str,
    version: int,
    generation: int,
    name: str,
    parameters: tuple[tuple[str, Any], ...],
) -> pd.DataFrame:
    relation = read_folder(FOLDER)[name]
    known = _tables(home, version)
    with current().warehouse.read() as cursor:
        if any(table.startswith(MAYBE) for table in relation.tables):
            create_maybe_views(cursor, set(known & TABLES.keys()))
        if generation and relation.tables & {"exceptions", "alerts"}:
            _show_live(cursor, home, version, generation)
        if "labels" in relation.tables:
            cursor.register("labels", _labels(home, generation))
        return _run(cursor, relation, dict(parameters))


def _run(cursor: duckdb.DuckDBPyConnection, relation: Relation, parameters: dict[str, Any]) -> pd.DataFrame:
    bound = {"likely": LIKELY, "is_within": False, "within": [], **parameters}
    values = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in bound.items()
        if key in relation.parameters
    }
    return cursor.execute(relation.sql, values).df()
