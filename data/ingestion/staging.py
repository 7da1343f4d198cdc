"""A source's tables in a database of their own, aside, where a mapping's SQL can do no harm.

It lives in the home folder while a load runs. Raw tables are in its main schema; ``work`` holds what is made of them.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import duckdb

from data.errors import InvalidInputError
from data.home import create_home, is_running
from data.ingestion.text_values import create_macros
from data.settings import Settings
from data.sources import RawTable, ReadOptions
from data.sql_text import first_line

PREFIX = "loading-"
FILE = "staging.duckdb"


@dataclass
class Staging:
    """An open staging database.

    Attributes
    ----------
    connection : duckdb.DuckDBPyConnection
        Read-write.
    folder : Path
        Where the database and the temporary files are.
    """

    connection: duckdb.DuckDBPyConnection
    folder: Path

    @property
    def path(self) -> Path:
        """The database file."""
        return self.folder / FILE

    def load_raw(self, tables: list[RawTable], options: ReadOptions) -> list[str]:
        """Read raw tables; return the notes for people. Afterwards no SQL can reach another file."""
        notes = [note for table in tables for note in table.load(self.connection, table.name, options)]
        self.connection.execute("set enable_external_access = false")
        self.connection.execute("set lock_configuration = true")
        return notes

    def columns(self, table: str) -> dict[str, str]:
        """Return the types of a raw table's columns by name."""
        rows = self.connection.execute(
            "select column_name, data_type from duckdb_columns() where schema_name = 'main' and table_name = $table "
            "order by column_index",
            {"table": table},
        ).fetchall()
        return dict(rows)


def _remove_stale(home: Path) -> None:
    for folder in home.glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).split("-")[0]
        if owner.isdecimal() and not is_running(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _configure(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    chosen = {"memory_limit": settings.memory_limit, "threads": settings.threads, "TimeZone": settings.time_zone}
    for name, value in chosen.items():
        try:
            connection.execute(f"set {name} = $value", {"value": value})
        except duckdb.Error as wrong:
            raise InvalidInputError(f"Setting {name}: {first_line(wrong)} (got {value!r}).") from None


@contextmanager
def open_staging(home: Path, settings: Settings) -> Iterator[Staging]:
    """Yield an empty staging database; it is removed at the end, whatever happens."""
    _remove_stale(create_home(home))
    folder = Path(mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=home))
    try:
        connection = duckdb.connect(str(folder / FILE))
        try:
            _configure(connection, settings)
            connection.execute("begin")
            connection.execute("create schema work")
            connection.execute(
                "create table work.rejects (source_table varchar, row_number bigint, value varchar, reason varchar)"
            )
            connection.execute("commit")
            create_macros(connection)
            yield Staging(connection, folder)
        finally:
            connection.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
