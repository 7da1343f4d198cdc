"""A mapping's SQL, checked and put together: expressions may read the source's tables and nothing else."""

import json
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

import duckdb

from data.errors import MappingError, UnknownNameError
from data.ingestion.mapping import Mapping, TableMapping
from data.sources import ROW
from data.sql_text import first_line, identifier, literal, one_row

ALLOWED_TABLE_FUNCTIONS = frozenset({"unnest", "generate_series", "range"})
REJECT = "_reject"


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for branch in tree:
            yield from _nodes(branch)


def _parse(connection: duckdb.DuckDBPyConnection, sql: str, place: str) -> dict[str, Any]:
    tree = json.loads(one_row(connection, "select json_serialize_sql($sql)", {"sql": sql})[0])
    if tree["error"] or len(tree["statements"]) != 1:
        raise MappingError(f"{place}: {tree.get('error_message', 'more than one statement')}.")
    return dict(tree["statements"][0]["node"])


def _tables_named(node: dict[str, Any], known: Iterable[str], place: str) -> set[str]:
    """Return the source tables that parsed SQL names; raise `MappingError` if it reads anything else."""
    by_lower_name = {name.lower(): name for name in known}
    nodes = list(_nodes(node))
    own = {entry["key"].lower() for part in nodes for entry in (part.get("cte_map") or {}).get("map", [])}
    used = set()
    for part in nodes:
        if part.get("type") == "TABLE_FUNCTION" and part["function"]["function_name"] not in ALLOWED_TABLE_FUNCTIONS:
            raise MappingError(
                f"{place}: a mapping reads the source's tables only, not {part['function']['function_name']}()."
            )
        if part.get("type") != "BASE_TABLE" or part["table_name"].lower() in own:
            continue
        if part.get("schema_name") or part["table_name"].lower() not in by_lower_name:
            raise MappingError(
                f"{place}: {UnknownNameError('source table', part['table_name'], by_lower_name.values())}"
            )
        used.add(by_lower_name[part["table_name"].lower()])
    return used


def _expressions(mapped: TableMapping) -> dict[str, str]:
    conditions = {"where": mapped.where} if mapped.where else {}
    rules = {f"reject {number}": rule.when for number, rule in enumerate(mapped.reject, start=1)}
    return {**mapped.columns, **conditions, **rules}


def tables_used(connection: duckdb.DuckDBPyConnection, mapping: Mapping, known: Iterable[str]) -> set[str]:
    """Return the source tables that a mapping reads.

    Raises
    ------
    MappingError
        If a part of it is not SQL of its sort, or names a table that the source does not have.
    """
    used: set[str] = set()
    for name, mapped in mapping.tables.items():
        node = _parse(connection, f"select *\nfrom {mapped.source}\n", f"{name}.from")
        if node["type"] != "SELECT_NODE" or node.get("where_clause") or node.get("group_expressions"):
            raise MappingError(f"{name}.from: expected tables and joins; conditions go into `where`.")
        used |= _tables_named(node, known, f"{name}.from")
        for column, expression in _expressions(mapped).items():
            place = f"{name}.{column}"
            node = _parse(connection, f"select\n{expression}\n", place)
            if (
                node["type"] != "SELECT_NODE"
                or len(node["select_list"]) != 1
                or node["from_table"]["type"] != "EMPTY"
                or node.get("where_clause")
            ):
                raise MappingError(f"{place}: expected one SQL expression, got {expression[:60]!r}.")
            used |= _tables_named(node, known, place)
    return used


def columns_named(connection: duckdb.DuckDBPyConnection, mapping: Mapping) -> set[str]:
    """Return the column names that a mapping mentions anywhere, in lower case."""
    texts = [
        text
        for mapped in mapping.tables.values()
        for text in (
            f"select *\nfrom {mapped.source}\n",
            *(f"select\n{sql}\n" for sql in _expressions(mapped).values()),
        )
    ]
    nodes = [node for text in texts for node in _nodes(_parse(connection, text, "mapping"))]
    joined = {name for node in nodes for name in node.get("using_columns") or []}
    named = {node["column_names"][-1] for node in nodes if node.get("type") == "COLUMN_REF"}
    return {name.lower() for name in named | joined}


def row_reference(connection: duckdb.DuckDBPyConnection, mapped: TableMapping) -> str:
    """Return the expression of a row's number: that of the leftmost table, null if that is a query without one."""
    node = _parse(connection, f"select *\nfrom {mapped.source}\n", "from")["from_table"]
    while node["type"] == "JOIN":
        node = node["left"]
    name = node.get("alias") or node.get("table_name")
    reference = f"{identifier(name)}.{ROW}" if name else ROW
    try:
        connection.execute(f"describe select {reference} from {mapped.source}")
    except duckdb.Error:
        return "null"
    return reference


def select_sql(mapped: TableMapping, row: str) -> str:
    """Return the ``select`` of a canonical table's rows, with their numbers and the reasons to reject them."""
    rules = "".join(f"when (\n{rule.when}\n) then {literal(rule.reason)} " for rule in mapped.reject)
    reject = f"case {rules}end" if rules else "cast(null as varchar)"
    columns = "".join(f", (\n{sql}\n) as {identifier(name)}" for name, sql in mapped.columns.items())
    where = f" where (\n{mapped.where}\n)" if mapped.where else ""
    return f"select {row} as {ROW}, {reject} as {REJECT}{columns}\nfrom {mapped.source}\n{where}"


def explain_failure(
    connection: duckdb.DuckDBPyConnection, name: str, mapped: TableMapping, wrong: Exception
) -> MappingError:
    """Return the error of a select that failed, with the column at fault and the nearest name where one is unknown."""
    for column, expression in _expressions(mapped).items():
        try:
            connection.execute(f"describe select (\n{expression}\n) from {mapped.source}")
        except duckdb.Error as fault:
            return MappingError(f"{name}.{column}: {_with_nearest(connection, mapped, fault)}")
    return MappingError(f"{name}: {first_line(wrong)}.")


def _with_nearest(connection: duckdb.DuckDBPyConnection, mapped: TableMapping, fault: Exception) -> str:
    text = first_line(fault).removeprefix("Binder Error: ")
    found = re.search(r'column named "([^"]+)"|column "([^"]+)" not found', text)
    if not found:
        return f"{text}."
    unknown = found[1] or found[2]
    try:
        rows = connection.execute(f"describe select * from {mapped.source}").fetchall()
    except duckdb.Error:
        return f"{text}."
    known = sorted({row[0] for row in rows} - {ROW})
    by_lower_name = {name.lower(): name for name in known}
    near = get_close_matches(unknown.lower(), by_lower_name, n=1)
    hint = f" Did you mean {by_lower_name[near[0]]!r}?" if near else ""
    return f"no column {unknown!r} in {mapped.source.strip()[:60]!r}.{hint} Known: {', '.join(known)}."
