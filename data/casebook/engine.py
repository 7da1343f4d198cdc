"""The connection to the casebook's database: SQLite in the home folder, or what ``casebook_url`` names."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from data.errors import BusyError, InvalidInputError
from data.home import OWNER_ONLY_FILE, create_home
from data.settings import Settings

FILE = "casebook.sqlite"
BUSY_SECONDS = 30
WRITE_LOCK = 0x4F4C01  # any number, the same for every Orderlens process on one PostgreSQL database


def sqlite_path(home: Path) -> Path:
    """Return where the casebook is kept when no database is named."""
    return home / FILE


def create_casebook_engine(home: Path, settings: Settings) -> Engine:
    """Return an engine for the casebook; raise `InvalidInputError` if its address makes no sense."""
    if not settings.casebook_url:
        path = sqlite_path(create_home(home))
        # Made here for its owner alone; SQLite gives its journal files the same mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, OWNER_ONLY_FILE))
        return _sqlite_engine(f"sqlite:///{path}")
    try:
        url = make_url(settings.casebook_url)
        if url.get_backend_name() == "sqlite":
            return _sqlite_engine(settings.casebook_url)
        if url.drivername in ("postgresql", "postgres"):
            url = url.set(drivername="postgresql+psycopg")
        return create_engine(url, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError) as wrong:
        raise InvalidInputError(f"Setting casebook_url: {str(wrong).splitlines()[0]}") from None
    except ModuleNotFoundError as missing:
        raise InvalidInputError(
            f"Setting casebook_url: {missing.name} is not installed; install orderlens[postgresql]."
        ) from None


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:  # noqa: ARG001
        connection.isolation_level = None  # "begin" is ours, see below
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        connection.execute("pragma foreign_keys = on")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A write takes its lock at once: one that starts as a read could not wait for another writer.
        is_write = connection.get_execution_options().get("is_write", False)
        connection.exec_driver_sql("begin immediate" if is_write else "begin")

    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Yield a connection that sees one consistent state."""
    with _one_line(), engine.connect() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Yield a connection that writes alone; commit when the block ends well.

    On PostgreSQL an advisory lock makes the writers take turns as SQLite does, because each appends to one hash chain.
    """
    with _one_line(), engine.execution_options(is_write=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": WRITE_LOCK})
        yield connection


@contextmanager
def _one_line() -> Iterator[None]:
    try:
        yield
    except (OperationalError, PoolTimeoutError) as failed:
        reason = str(getattr(failed, "orig", failed)).strip().splitlines()[0]
        raise BusyError(f"The casebook cannot be used right now ({reason}); nothing was changed.") from failed
