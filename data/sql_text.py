"""Small pieces of SQL: quoted names and strings, one row of an answer, the first line of an error."""

from typing import Any

import duckdb


def identifier(name: str) -> str:
    """Return a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a quoted SQL string."""
    return "'" + text.replace("'", "''") + "'"


def first_line(wrong: Exception) -> str:
    """Return what an error says, in one line."""
    lines = [line.strip() for line in str(wrong).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(wrong).__name__


def one_row(connection: duckdb.DuckDBPyConnection, sql: str, parameters: object = None) -> tuple[Any, ...]:
    """Return the only row of a query.

    It is fetched to its end, because a connection whose result is not refuses other work.
    """
    rows = connection.execute(sql, parameters).fetchall()
    return tuple(rows[0])
