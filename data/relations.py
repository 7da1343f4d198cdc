"""Relations written as one ``select`` a file: read them, order them by what they name, build them.

The tables a file names come from DuckDB's own parser, minus the file's own CTEs. A name ``maybe_<table>`` is the
canonical table if the source has it and an empty one of the same shape if not, so only a plain name makes a table
*needed*.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

from data.schema import TABLES

MAYBE = "maybe_"


@dataclass(frozen=True)
class Relation:
    """One SQL file.

    Attributes
    ----------
    name : str
        The file's stem.
    sql : str
        Its one ``select``.
    header : dict of str to list of str
        The ``-- key: value`` lines at its top; a key may come several times.
    tables : frozenset of str
        The tables it names, without its own CTEs.
    parameters : frozenset of str
        The ``$names`` it binds.
    """

    name: str
    sql: str
    header: dict[str, list[str]]
    tables: frozenset[str]
    parameters: frozenset[str]

    @property
    def defaults(self) -> dict[str, float]:
        """The parameters' defaults, from ``-- default: name = number`` lines."""
        pairs = (text.split("#")[0].split("=") for text in self.header.get("default", []))
        return {name.strip(): float(value) for name, value in pairs}


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for branch in tree:
            yield from _nodes(branch)


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """Return the one database whose parser reads the files: opening one for each would take longer than the reading."""
    return duckdb.connect()


def _parse(sql: str, name: str) -> tuple[frozenset[str], frozenset[str]]:
    row = _parser().cursor().execute("select json_serialize_sql($sql)", {"sql": sql}).fetchone()
    tree: dict[str, Any] = json.loads(row[0]) if row else {"error": True, "error_message": "no answer"}
    if tree["error"] or len(tree["statements"]) != 1:
        raise ValueError(f"{name}.sql is not one select: {tree.get('error_message', 'several statements')}")
    tables: set[str] = set()
    ctes: set[str] = set()
    parameters: set[str] = set()
    for node in _nodes(tree):
        if node.get("type") == "BASE_TABLE":
            tables.add(node["table_name"])
        elif node.get("class") == "PARAMETER":
            parameters.add(node["identifier"])
        ctes.update(entry["key"] for entry in (node.get("cte_map") or {}).get("map", []))
    return frozenset(tables - ctes), frozenset(parameters)


def read_relation(path: Path) -> Relation:
    """Read one SQL file; raise `ValueError` if it is not one ``select``."""
    sql = path.read_text(encoding="utf-8").rstrip().rstrip(";")
    header: dict[str, list[str]] = {}
    for line in sql.splitlines():
        found = re.match(r"--\s*([a-z_]+(?:\.[a-z_]+)?):\s*(.+)", line)
        if found:
            header.setdefault(found[1], []).append(found[2].strip())
        elif not line.startswith("--"):
            break
    return Relation(path.stem, sql, header, *_parse(sql, path.stem))


@cache
def read_folder(folder: Path) -> Mapping[str, Relation]:
    """Return the relations of a folder by name."""
    return {path.stem: read_relation(path) for path in sorted(folder.glob("*.sql"))}


def build_order(relations: Mapping[str, Relation]) -> list[Relation]:
    """Return the relations so that each comes after those it names, and as soon after them as can be.

    Raises
    ------
    graphlib.CycleError
        If relations name each other in a circle.
    """
    graph = {name: relation.tables & relations.keys() for name, relation in relations.items()}
    TopologicalSorter(graph).prepare()
    ordered: dict[str, Relation] = {}

    def add(name: str) -> None:
        for named in sorted(graph[name] - ordered.keys()):
            add(named)
        ordered.setdefault(name, relations[name])

    for name in sorted(graph):
        add(name)
    return list(ordered.values())


def missing_tables(relation: Relation, relations: Mapping[str, Relation], present: set[str]) -> set[str]:
    """Return the canonical tables that ``relation`` needs, itself or through others, and that are not ``present``."""
    missing: set[str] = set()
    for name in relation.tables:
        if name in relations:
            missing |= missing_tables(relations[name], relations, present)
        elif name in TABLES and name not in present:
            missing.add(name)
    return missing


def create_maybe_views(
    connection: duckdb.DuckDBPyConnection, present: set[str], names: Collection[str] | None = None
) -> None:
    """Create ``maybe_<table>`` for every canonical table, or those named: all its rows, or none if it has none."""
    for table in TABLES.values():
        if names is not None and f"{MAYBE}{table.name}" not in names:
            continue
        columns = ", ".join(f'cast(null as {column.sql_type}) as "{column.name}"' for column in table.columns)
        body = f'select * from "{table.name}"' if table.name in present else f"select {columns} where false"
        connection.execute(f'create or replace temp view "{MAYBE}{table.name}" as {body}')


def materialise(
    connection: duckdb.DuckDBPyConnection, relation: Relation, parameters: Mapping[str, Any], temporary: bool = False
) -> None:
    """Create the table ``relation.name`` from its ``select``, binding the parameters it names."""
    known = {**relation.defaults, **parameters}
    bound = {name: known[name] for name in relation.parameters}
    kind = "temp table" if temporary else "table"
    connection.execute(f'drop table if exists "{relation.name}"')
    sql = f'create {kind} "{relation.name}" as {relation.sql}'
    try:
        connection.execute(sql, bound)
    except duckdb.OutOfMemoryException:
        # Each thread holds rows of its own: one alone takes longer and needs less.
        [(threads,)] = connection.execute("select current_setting('threads')").fetchall()
        connection.execute("set threads = 1")
        try:
            connection.execute(sql, bound)
        finally:
            connection.execute(f"set threads = {threads}")


def build_all(
    connection: duckdb.DuckDBPyConnection,
    relations: Mapping[str, Relation],
    parameters: Mapping[str, Any],
    present: set[str],
    progress: Callable[[str], None] = lambda name: None,
    temporary: bool = False,
    kept: Collection[str] | None = None,
) -> dict[str, set[str]]:
    """Build every relation that can be built, in order.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where they are built; holds the canonical tables.
    relations : mapping of str to Relation
        What to build, by name.
    parameters : mapping of str to Any
        The values of the ``$names`` they bind.
    present : set of str
        The canonical tables that some source brought.
    progress : callable, optional
        Told the name of each relation before it is built.
    temporary : bool, default False
        Whether they are temporary tables.
    kept : collection of str, optional
        The relations to be read later, by default all; the others are dropped when the last that names them is built,
        for the memory they hold.

    Returns
    -------
    dict of str to set of str
        The relations that cannot be built, with the tables they miss.
    """
    skipped: dict[str, set[str]] = {}
    ordered = build_order(relations)
    last_readers = {name: relation.name for relation in ordered for name in relation.tables & relations.keys()}
    for relation in ordered:
        missing = missing_tables(relation, relations, present)
        if missing:
            skipped[relation.name] = missing
        else:
            progress(relation.name)
            materialise(connection, relation, parameters, temporary)
        for name in relation.tables - set(relations if kept is None else kept):
            if last_readers.get(name) == relation.name:
                connection.execute(f'drop table if exists "{name}"')
    return skipped


def beside(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Return a cursor for another thread: with the temporary views of the connection, without its temporary tables."""
    cursor = connection.cursor()
    views = connection.execute(
        "select sql from duckdb_views() where temporary and not internal order by view_oid"
    ).fetchall()
    for (sql,) in views:
        cursor.execute(sql)
    return cursor


def stored_schema(connection: duckdb.DuckDBPyConnection) -> str:
    """Return the full name of the schema that is stored; a bare ``main`` may mean that of temporary tables."""
    [(name,)] = connection.execute("select current_database()").fetchall()
    return f'"{name}".main'


def publish_table(connection: duckdb.DuckDBPyConnection, name: str, sql: str) -> None:
    """Store the result of ``sql`` as the table ``name``, in place of an earlier one."""
    stored = stored_schema(connection)
    connection.execute(f'drop table if exists {stored}."{name}"')
    connection.execute(f'create table {stored}."{name}" as {sql}')
