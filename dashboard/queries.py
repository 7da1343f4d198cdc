"""Everything the pages read, and the only cache: one SQL file each, kept by analytics version and label generation."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import streamlit as st

from dashboard.workspace import current
from data.casebook.mutes import NAMED, MuteRule
from data.relations import MAYBE, Relation, create_maybe_views, read_folder, stored_schema
from data.schema import TABLES
from models.feedback import COLUMNS, Lessons, learn
from models.ranking import ALERTS, EXCEPTION_COLUMNS, ranked

FOLDER = Path(str(files("dashboard") / "sql"))
LIKELY = 0.5
"""From this chance on an exception counts as likely; below it is shown on demand."""

Generation = tuple[int, tuple[Any, ...]]
NOTHING_SAID: Generation = (0, (0, None, None))
PUT_IN = frozenset({"labels", "judgements", "mutes", "muted"})
"""Relations that come from the casebook, not from the published version."""

JUDGED = frozenset({"labels", "judgements", "exceptions", "alerts"})
"""What looks different after each label or mute."""

MUTE_TYPES = dict.fromkeys(NAMED, "object") | {"below_impact": "float64", "below_score": "float64"}

RANKED = (*COLUMNS, "impact")
LABEL_COLUMNS = ("exception_id", "label", "reason", "note", "by", "at")


def version() -> int | None:
    """Return the published analytics version, None if there is none."""
    return current().warehouse.version()


def has_findings() -> bool:
    """Return whether a detection run was published, with all that this release reads of it."""
    return version() is not None and _finding_columns(str(current().home), version()) >= EXCEPTION_COLUMNS.keys()


@lru_cache(maxsize=8)
def _finding_columns(home: str, version: int | None) -> frozenset[str]:  # noqa: ARG001
    query = "select column_name from duckdb_columns() where table_name = 'exceptions' and not internal"
    with current().warehouse.read() as cursor:
        return frozenset(row[0] for row in cursor.execute(query).fetchall())


def has(table: str) -> bool:
    """Return whether the published version has a table."""
    return version() is not None and table in _tables(str(current().home), version())


@lru_cache(maxsize=8)
def _tables(home: str, version: int | None) -> frozenset[str]:  # noqa: ARG001
    with current().warehouse.read() as cursor:
        return frozenset(row[0] for row in cursor.execute("select table_name from duckdb_tables()").fetchall())


def labels() -> pd.DataFrame:
    """Return the labels in force, at least with the columns that queries read."""
    return _labels(str(current().home), generation())


def generation() -> Generation:
    """Return what changes with every label, every undo and every mute."""
    casebook = current().casebook
    return casebook.labels.generation(), casebook.mutes.generation()


@lru_cache(maxsize=4)
def _judgements(home: str, generation: Generation) -> pd.DataFrame:  # noqa: ARG001
    found = current().casebook.labels.current()
    local = found["at"].dt.tz_convert(current().settings.time_zone).dt.tz_localize(None)
    return found.assign(at=local)


@lru_cache(maxsize=4)
def _labels(home: str, generation: Generation) -> pd.DataFrame:
    return _judgements(home, generation).reindex(columns=list(LABEL_COLUMNS)).astype("object")


@lru_cache(maxsize=4)
def _mutes(home: str, generation: Generation) -> pd.DataFrame:  # noqa: ARG001
    return current().casebook.mutes.list(only_in_force=True)


@lru_cache(maxsize=4)
def _findings(home: str, version: int) -> pd.DataFrame:  # noqa: ARG001
    with current().warehouse.read() as cursor:
        return cursor.execute(f"select {', '.join(RANKED)} from exceptions").df()


@lru_cache(maxsize=4)
def ranking(home: str, version: int, generation: Generation) -> pd.DataFrame:
    """Return every published finding scored anew with the labels in force: what a verdict changes shows at once.

    Returns
    -------
    pandas.DataFrame
        Columns ``exception_id, score, rank, mute_id``; the last is null unless a mute keeps it out of sight.
    """
    live = ranked(_findings(home, version), _labels(home, generation))[["exception_id", "score", "rank"]]
    with current().warehouse.read() as cursor:
        _show_live(cursor, live.assign(mute_id=pd.array([None] * len(live), dtype="Int64")))
        cursor.register("mutes", _mutes(home, generation))
        muted = cursor.execute(read_folder(FOLDER)["muted"].sql).df()
    return live.merge(muted, on="exception_id", how="left")


def scores() -> "pd.Series[float]":
    """Return the chance of every published finding as the labels in force leave it, by ``exception_id``."""
    live = ranking(str(current().home), version() or 0, generation())
    return live.set_index("exception_id")["score"]


def lessons() -> Lessons:
    """Return what the labels in force teach about the findings that are shown."""
    return _lessons(str(current().home), version() or 0, generation())


@lru_cache(maxsize=4)
def _lessons(home: str, version: int, generation: Generation) -> Lessons:
    return learn(_findings(home, version), _labels(home, generation))


def _show_live(cursor: duckdb.DuckDBPyConnection, live: pd.DataFrame) -> None:
    """Let findings and alerts be read as the labels and mutes in force leave them."""
    stored = stored_schema(cursor)
    cursor.register("live", live)
    cursor.execute(
        f"""create or replace temp view exceptions as
        select found.* replace (live.score as score, live.rank as rank)
        from {stored}.exceptions as found inner join live using (exception_id)
        where live.mute_id is null"""
    )
    cursor.execute(f"create or replace temp view alerts as {ALERTS}")


def mute_effect(rule: MuteRule) -> pd.DataFrame:
    """Return what a mute would hide, by week, before it is decided; see ``dashboard/sql/mute_effect.sql``."""
    shown = version()
    if shown is None:
        return pd.DataFrame()
    home = str(current().home)
    with current().warehouse.read() as cursor:
        _show_live(cursor, ranking(home, shown, generation()))
        relation = read_folder(FOLDER)["mute_effect"]
        mutes = pd.DataFrame([{"mute_id": 0, **asdict(rule)}]).astype(MUTE_TYPES)
        _put_in(cursor, relation, home, generation(), mutes)
        return _run(cursor, relation, {})


def _put_in(
    cursor: duckdb.DuckDBPyConnection, relation: Relation, home: str, generation: Generation, mutes: pd.DataFrame
) -> None:
    """Give a query what it reads from the casebook."""
    if "labels" in relation.tables:
        cursor.register("labels", _labels(home, generation))
    if "judgements" in relation.tables:
        cursor.register("judgements", _judgements(home, generation))
    if relation.tables & {"mutes", "muted"}:
        cursor.register("mutes", mutes)
    if "muted" in relation.tables:
        cursor.execute(f"create or replace temp view muted as {read_folder(FOLDER)['muted'].sql}")


def fetch(name: str, **parameters: Any) -> pd.DataFrame:
    """Return one relation of ``dashboard/sql``; an empty frame where the tables it reads were never published."""
    relation = read_folder(FOLDER)[name]
    shown = version()
    if shown is None:
        return pd.DataFrame()
    home = str(current().home)
    needed = {table for table in relation.tables if table not in PUT_IN and not table.startswith(MAYBE)}
    if needed - _tables(home, shown):
        return pd.DataFrame()
    said = generation() if relation.tables & JUDGED else NOTHING_SAID
    return _fetch(home, shown, said, name, _frozen(parameters))


def _frozen(parameters: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple((key, tuple(value) if isinstance(value, list) else value) for key, value in sorted(parameters.items()))


@st.cache_data(max_entries=300, show_spinner=False)
def _fetch(
    home: str,
    version: int,
    generation: Generation,
    name: str,
    parameters: tuple[tuple[str, Any], ...],
) -> pd.DataFrame:
    relation = read_folder(FOLDER)[name]
    known = _tables(home, version)
    with current().warehouse.read() as cursor:
        if any(table.startswith(MAYBE) for table in relation.tables):
            create_maybe_views(cursor, set(known & TABLES.keys()), relation.tables)
        if generation != NOTHING_SAID and relation.tables & {"exceptions", "alerts"} and known >= {"exceptions"}:
            _show_live(cursor, ranking(home, version, generation))
        mutes = _mutes(home, generation) if relation.tables & {"mutes", "muted"} else pd.DataFrame()
        _put_in(cursor, relation, home, generation, mutes)
        return _run(cursor, relation, dict(parameters))


def _run(cursor: duckdb.DuckDBPyConnection, relation: Relation, parameters: dict[str, Any]) -> pd.DataFrame:
    bound = {"likely": LIKELY, "is_within": False, "within": [], **parameters}
    values = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in bound.items()
        if key in relation.parameters
    }
    return cursor.execute(relation.sql, values).df()
