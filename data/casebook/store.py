"""How every service of the casebook reads and writes: permission, change and audit entry in one transaction."""

import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine, Executable

from data.casebook.actor import Actor
from data.casebook.chain import append
from data.casebook.engine import reading, writing
from data.casebook.permissions import require

WATCHES = count(1)
"""Counts the connections that watch for changes: each begins to count changes anew."""


@dataclass
class Write:
    """One change to the casebook while it is being made.

    Attributes
    ----------
    connection : sqlalchemy.Connection
        In a transaction that has the only write lock.
    actor : Actor
        Who changes it.
    action : str
        The action that was permitted.
    at : datetime
        The time of the change, UTC.
    """

    connection: Connection
    actor: Actor
    action: str
    at: datetime
    notes: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)

    def execute(self, statement: Executable, *rows: Any) -> CursorResult[Any]:
        """Run a statement in the transaction."""
        return self.connection.execute(statement, *rows)

    def permit(self, action: str) -> None:
        """Go on under another action, for what turns out to be somebody else's; deny it if the role may not."""
        require(self.actor, action)
        self.action = action

    def note(self, subject: object, **detail: Any) -> None:
        """Write down for the audit log what is done, to what."""
        self.notes.append((self.action, str(subject), detail))


class Store:
    """The casebook's database, as its services use it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._turn = threading.Lock()
        self._watching = threading.Lock()
        self._watcher: Any = None
        self._watch = 0

    def close(self) -> None:
        """Close the connections to the database."""
        with self._watching:
            if self._watcher is not None:
                self._watcher.close()
                self._watcher = None
        self.engine.dispose()

    def state(self) -> tuple[int, int]:
        """Return numbers that differ after each change that any process committed; asking costs microseconds.

        SQLite counts for a connection what others commit, so one that never writes watches for all. PostgreSQL has
        nothing like it: there every answer differs, and whoever keeps something by it asks anew each time.
        """
        if self.engine.dialect.name != "sqlite":
            return 0, time.monotonic_ns()
        with self._watching:
            try:
                if self._watcher is None:
                    self._watcher, self._watch = self.engine.raw_connection(), next(WATCHES)
                cursor = self._watcher.cursor()
                return self._watch, int(cursor.execute("pragma data_version").fetchone()[0])
            except sqlite3.Error:  # busy beyond the time limit: whoever reads next will say so
                return 0, time.monotonic_ns()

    def read(self) -> AbstractContextManager[Connection]:
        """Return a context that yields a connection to read one consistent state."""
        return reading(self.engine)

    @contextmanager
    def write(self, actor: Actor, action: str, is_noted: bool = True) -> Iterator[Write]:
        """Yield a transaction in which ``actor`` may do ``action``; commit it with its audit entries.

        Parameters
        ----------
        actor : Actor
            Who writes.
        action : str
            What is done, as in `data.casebook.permissions.PERMISSIONS`.
        is_noted : bool, default True
            Whether the audit log tells of it. False is for progress and for last-seen times, which decide nothing.

        Raises
        ------
        PermissionDeniedError
            If the role may not; nothing is changed.
        RuntimeError
            If the block ends without a note although it should have made one: a programming error; nothing is changed.
        """
        require(actor, action)
        # Threads of one process wait their turn here: SQLite's own waiting asks again and again, which starves some.
        with self._turn, writing(self.engine) as connection:
            write = Write(connection, actor, action, datetime.now(UTC))
            yield write
            if is_noted and not write.notes:
                raise RuntimeError(f"{action} ended without an audit entry")
            if write.notes:
                append(connection, actor, write.at, write.notes)
