"""A database by its SQLAlchemy URL, such as ``sqlite:///erp.sqlite`` or ``postgresql://...``; values become text."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from sqlalchemy import URL, MetaData, Table, create_engine, inspect, make_url, select
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from data.errors import SourceError
from data.sources import ROW, SOURCES, RawTable, ReadOptions, SourceKind, unique_names
from data.sql_text import identifier

BATCH = 20_000
SECRETS = ("password", "passwd", "pwd", "secret", "token", "key")


def _url(location: str) -> URL:
    try:
        return make_url(location)
    except ArgumentError:
        raise SourceError(
            "The database URL cannot be parsed. Expected such as sqlite:///path or postgresql://..."
        ) from None


def _shown(url: URL) -> str:
    """Return a URL without its secrets."""
    hidden = {name: "***" for name in url.query if any(word in name.lower() for word in SECRETS)}
    return url.update_query_dict(hidden).render_as_string(hide_password=True)


def _failure(url: URL, what: str, wrong: Exception) -> SourceError:
    """Return a one-line error that never holds the password, whatever the driver says."""
    text = str(getattr(wrong, "orig", None) or wrong).strip().splitlines()
    said = text[0] if text else type(wrong).__name__
    for secret in (url.password, *(value for name, value in url.query.items() if name in SECRETS)):
        if secret:
            said = said.replace(str(secret), "***")
    return SourceError(f"{_shown(url)}: {what}: {said.rstrip('.')}.")


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).decode("utf-8", errors="replace")
    return str(value)


def _insert(connection: duckdb.DuckDBPyConnection, target: str, rows: Sequence[Sequence[Any]], first: int) -> None:
    columns: list[Any] = [pa.array(range(first, first + len(rows)))]
    columns += [pa.array([_text(value) for value in values], pa.string()) for values in zip(*rows, strict=True)]
    connection.register("database_rows", pa.table({f"c{position}": column for position, column in enumerate(columns)}))
    connection.execute(f"insert into {identifier(target)} from database_rows")
    connection.unregister("database_rows")


def _load(url: URL, name: str, connection: duckdb.DuckDBPyConnection, target: str) -> list[str]:
    engine = create_engine(url)
    try:
        with engine.connect() as source:
            table = Table(name, MetaData(), autoload_with=source)
            columns = ", ".join(f"{identifier(column)} varchar" for column in unique_names(list(table.columns.keys())))
            connection.execute(f"create or replace table {identifier(target)} ({ROW} bigint, {columns})")
            result = source.execution_options(stream_results=True, yield_per=BATCH).execute(select(table))
            first = 1
            for rows in result.partitions():
                _insert(connection, target, rows, first)
                first += len(rows)
    except SQLAlchemyError as wrong:
        raise _failure(url, f"table {name} cannot be read", wrong) from None
    finally:
        engine.dispose()
    return []


def _tables(location: str) -> list[RawTable]:
    url = _url(location)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise SourceError(f"{url.database} does not exist.")
    try:
        engine = create_engine(url)
        inspector = inspect(engine)
        names = sorted({*inspector.get_table_names(), *inspector.get_view_names()})
        engine.dispose()
    except (NoSuchModuleError, ModuleNotFoundError) as wrong:
        raise _failure(url, "no driver for this sort of database", wrong) from None
    except SQLAlchemyError as wrong:
        raise _failure(url, "cannot be opened", wrong) from None
    if not names:
        raise SourceError(f"{_shown(url)} holds no tables.")

    def table(name: str) -> RawTable:
        def load(connection: duckdb.DuckDBPyConnection, target: str, options: ReadOptions) -> list[str]:  # noqa: ARG001
            return _load(url, name, connection, target)

        return RawTable(name, _shown(url), load)

    return [table(name) for name in names]


SOURCES.register("database_url")(
    SourceKind("a database URL (sqlite:///...)", lambda location: "://" in location, _tables)
)
