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
from data.relations import MAYBE, Relation, create_maybe_views, read_folder
from data.schema import TABLES

FOLDER = Path(str(files("dashboard") / "sql"))
LIKELY = 0.5
"""From this chance on an exception counts as likely; below it is shown on demand."""

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
    generation = current().casebook.labels.generation() if "labels" in relation.tables else 0
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
        if "labels" in relation.tables:
            cursor.register("labels", _labels(home, generation))
        return _run(cursor, relation, dict(parameters))


def _run(cursor: duckdb.DuckDBPyConnection, relation: Relation, parameters: dict[str, Any]) -> pd.DataFrame:
    bound = {"likely": LIKELY, **parameters}
    values = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in bound.items()
        if key in relation.parameters
    }
    return cursor.execute(relation.sql, values).df()
