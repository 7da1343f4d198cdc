"""Everything the pages read, and the only cache: one SQL file each, kept by analytics version and label generation."""

import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from dashboard.kept import kept
from dashboard.workspace import current
from data.casebook.mutes import NAMED, MuteRule
from data.casebook.outbox import WORSE_IMPACT
from data.relations import MAYBE, Relation, create_maybe_views, read_folder, stored_schema
from data.schema import TABLES
from models.feedback import Learner, Lessons
from models.ranking import ALERTS, EXCEPTION_COLUMNS, placed

FOLDER = Path(str(files("dashboard") / "sql"))
LIKELY = 0.5
"""From this chance on an exception counts as likely; below it is shown on demand."""

Generation = tuple[int, tuple[Any, ...]]
NOTHING_SAID: Generation = (0, (0, None, None))
PUT_IN = frozenset({"labels", "judgements", "verdicts", "mutes", "muted"})
"""Relations that come from the casebook, not from the published version."""

JUDGED = frozenset({"labels", "judgements", "exceptions", "alerts"})
"""What looks different after each label or mute."""

MUTES_END_WITHIN = 10
"""Seconds after which a mute whose time has come is noticed to have ended."""

MUTE_TYPES = dict.fromkeys(NAMED, "object") | {"below_impact": "float64", "below_score": "float64"}

COOLING = 0
"""Stands in place of a mute where a finding's like was judged just before it was found."""


def version() -> int | None:
    """Return the published analytics version, None if there is none."""
    return current().warehouse.version()


def has_findings() -> bool:
    """Return whether a detection run was published, with all that this release reads of it."""
    return version() is not None and _finding_columns(str(current().home), version()) >= EXCEPTION_COLUMNS.keys()


@kept(8)
def _finding_columns(home: str, version: int | None) -> frozenset[str]:  # noqa: ARG001
    query = "select column_name from duckdb_columns() where table_name = 'exceptions' and not internal"
    with current().warehouse.read() as cursor:
        return frozenset(row[0] for row in cursor.execute(query).fetchall())


def has(table: str) -> bool:
    """Return whether the published version has a table."""
    return version() is not None and table in _tables(str(current().home), version())


@kept(8)
def _tables(home: str, version: int | None) -> frozenset[str]:  # noqa: ARG001
    with current().warehouse.read() as cursor:
        return frozenset(row[0] for row in cursor.execute("select table_name from duckdb_tables()").fetchall())


def labels() -> pd.DataFrame:
    """Return ``exception_id`` and ``label`` of the labels in force."""
    return _labels(str(current().home), generation()[0])


def generation() -> Generation:
    """Return what changes with every label, every undo and every mute."""
    found = current()
    return _generation(str(found.home), found.casebook.store.state(), int(time.time()) // MUTES_END_WITHIN)


@kept(16)
def _generation(home: str, state: object, moment: int) -> Generation:  # noqa: ARG001
    casebook = current().casebook
    return casebook.labels.generation(), casebook.mutes.generation()


@kept(4)
def _judgements(home: str, generation: int) -> pd.DataFrame:  # noqa: ARG001
    found = current().casebook.labels.current()
    found["at"] = found["at"].dt.tz_convert(current().settings.time_zone).dt.tz_localize(None)
    return found


@kept(4)
def _labels(home: str, generation: int) -> pd.DataFrame:  # noqa: ARG001
    return current().casebook.labels.verdicts()


@kept(4)
def _mutes(home: str, generation: tuple[Any, ...]) -> pd.DataFrame:  # noqa: ARG001
    return current().casebook.mutes.list(only_in_force=True)


@kept(4)
def _findings(home: str, version: int) -> pd.DataFrame:
    relation = read_folder(FOLDER)["ranked_findings"]
    with current().warehouse.read() as cursor:
        create_maybe_views(cursor, set(_tables(home, version) & TABLES.keys()), relation.tables)
        return cursor.execute(relation.sql).df()


@kept(4)
def ranking(home: str, version: int, generation: Generation) -> pd.DataFrame:
    """Return every published finding scored anew with the labels in force: what a verdict changes shows at once.

    Returns
    -------
    pandas.DataFrame
        Columns ``exception_id, score, rank, mute_id``, ordered by the first; the last is null unless a mute keeps
        it out of sight, and `COOLING` where its like was judged just before it was found.
    """
    found = _findings(home, version)
    scores = _learner(home, version).scores(_lessons(home, version, generation))
    score, _impact, _priority, order = placed(found, scores)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(1, len(order) + 1)
    live = pd.DataFrame({"exception_id": found["exception_id"], "score": score, "rank": rank})
    live["mute_id"] = pd.Series(pd.NA, live.index, dtype="Int64")
    mutes = _mutes(home, generation[1])
    hidden = _cooling(home, version, datetime.now(UTC).date())
    if len(mutes):
        with current().warehouse.read() as cursor:
            _show_live(cursor, pa.Table.from_pandas(live, preserve_index=False))
            cursor.register("mutes", mutes)
            muted = cursor.execute(read_folder(FOLDER)["muted"].sql).df()
        hidden = pd.concat([muted, hidden]).drop_duplicates("exception_id")
    if len(hidden):
        places = _ids(home, version).get_indexer(pd.Index(hidden["exception_id"]))
        live.loc[places, "mute_id"] = hidden["mute_id"].astype("Int64").array
    return live


@kept(4)
def _cooling(home: str, version: int, today: date) -> pd.DataFrame:  # noqa: ARG001
    """Return what this version found too soon after its like was judged, as ``exception_id, mute_id``.

    Only verdicts from before the version was published matter, so a new one does not change it.
    """
    days, relation = current().settings.cool_down_days, read_folder(FOLDER)["cooling"]
    found = pd.DataFrame({"exception_id": pd.Series(dtype="object")})
    said = current().casebook.labels.current()
    if days and len(said) and relation.tables - PUT_IN <= _tables(home, version):
        with current().warehouse.read() as cursor:
            cursor.register("verdicts", _verdicts(said))
            found = _run(
                cursor, relation, {"days": days, "now": datetime.now(UTC).replace(tzinfo=None), "worse": WORSE_IMPACT}
            )
    return found.assign(mute_id=pd.Series(COOLING, found.index, dtype="Int64"))


def _verdicts(said: pd.DataFrame) -> pd.DataFrame:
    return said[["exception_id"]].assign(judged_at=said["at"].dt.tz_localize(None))


def cooling_count() -> int:
    """Return how many likely findings wait because their like was judged within the last days."""
    if version() is None:
        return 0
    found = ranking(str(current().home), version() or 0, generation())
    return int((found["mute_id"].eq(COOLING) & found["score"].ge(LIKELY)).sum())


@kept(4)
def _live(home: str, version: int, generation: Generation) -> pa.Table:
    """Return the ranking as DuckDB reads it best."""
    return pa.Table.from_pandas(ranking(home, version, generation), preserve_index=False)


@kept(4)
def _learner(home: str, version: int) -> Learner:
    return Learner(_findings(home, version))


def scores() -> "pd.Series[float]":
    """Return the chance of every published finding as the labels in force leave it, by ``exception_id``."""
    home, shown = str(current().home), version() or 0
    return pd.Series(ranking(home, shown, generation())["score"].to_numpy(), _ids(home, shown))


@kept(2)
def _ids(home: str, version: int) -> "pd.Index[str]":
    ids: pd.Index[str] = pd.Index(_findings(home, version)["exception_id"])
    return ids


def lessons() -> Lessons:
    """Return what the labels in force teach about the findings that are shown."""
    return _lessons(str(current().home), version() or 0, generation())


@kept(4)
def _lessons(home: str, version: int, generation: Generation) -> Lessons:
    return _learner(home, version).learn(_labels(home, generation[0]))


def _show_live(cursor: duckdb.DuckDBPyConnection, live: pa.Table) -> None:
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
    return _as_if_muted("mute_effect", rule)


def mute_lost(rule: MuteRule) -> pd.DataFrame:
    """Return the confirmed findings that a mute would hide; see ``dashboard/sql/mute_lost.sql``."""
    return _as_if_muted("mute_lost", rule)


def _as_if_muted(name: str, rule: MuteRule) -> pd.DataFrame:
    shown = version()
    if shown is None:
        return pd.DataFrame()
    home = str(current().home)
    with current().warehouse.read() as cursor:
        _show_live(cursor, _live(home, shown, generation()))
        relation = read_folder(FOLDER)[name]
        mutes = pd.DataFrame([{"mute_id": 0, **asdict(rule)}]).astype(MUTE_TYPES)
        _put_in(cursor, relation, home, generation(), mutes)
        return _run(cursor, relation, {})


def _put_in(
    cursor: duckdb.DuckDBPyConnection, relation: Relation, home: str, generation: Generation, mutes: pd.DataFrame
) -> None:
    """Give a query what it reads from the casebook."""
    if "labels" in relation.tables:
        cursor.register("labels", _labels(home, generation[0]))
    if "judgements" in relation.tables:
        cursor.register("judgements", _judgements(home, generation[0]))
    if "verdicts" in relation.tables:
        cursor.register("verdicts", _verdicts(current().casebook.labels.current()))
    if relation.tables & {"mutes", "muted"}:
        cursor.register("mutes", mutes)
    if "muted" in relation.tables:
        cursor.execute(f"create or replace temp view muted as {read_folder(FOLDER)['muted'].sql}")


def fetch(name: str, **parameters: Any) -> pd.DataFrame:
    """Return one relation of ``dashboard/sql``; an empty frame where the tables it reads were never published."""
    shown = version()
    if shown is None or not can_read(name):
        return pd.DataFrame()
    home, relation = str(current().home), read_folder(FOLDER)[name]
    said = generation() if relation.tables & JUDGED else NOTHING_SAID
    return _fetch(home, shown, said, name, _frozen(parameters)).copy()


def can_read(name: str) -> bool:
    """Return whether the tables that a relation of ``dashboard/sql`` reads were published."""
    tables = read_folder(FOLDER)[name].tables
    needed = {table for table in tables if table not in PUT_IN and not table.startswith(MAYBE)}
    shown = version()
    return shown is not None and not needed - _tables(str(current().home), shown)


def whole(name: str) -> pa.Table:
    """Return a relation of ``dashboard/sql`` that nothing said changes, as columns; whoever asks keeps it."""
    relation = read_folder(FOLDER)[name]
    with current().warehouse.read() as cursor:
        create_maybe_views(cursor, set(_tables(str(current().home), version()) & TABLES.keys()), relation.tables)
        return cursor.sql(relation.sql).to_arrow_table()


def _frozen(parameters: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple((key, tuple(value) if isinstance(value, list) else value) for key, value in sorted(parameters.items()))


@kept(300)
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
            _show_live(cursor, _live(home, version, generation))
        mutes = _mutes(home, generation[1]) if relation.tables & {"mutes", "muted"} else pd.DataFrame()
        _put_in(cursor, relation, home, generation, mutes)
        return _run(cursor, relation, dict(parameters))


def _run(cursor: duckdb.DuckDBPyConnection, relation: Relation, parameters: dict[str, Any]) -> pd.DataFrame:
    bound = {"likely": LIKELY, "is_within": False, "within": [], "is_asked": False, "asked": [], **parameters}
    values = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in bound.items()
        if key in relation.parameters
    }
    return cursor.execute(relation.sql, values).df()
