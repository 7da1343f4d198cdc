"""Databases in memory at which orders are checked: kept open, with the tables that features read, and planned gates."""

import os
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb

from data.relations import create_maybe_views
from data.schema import TABLES, Table
from models.entry_history import RESIDENT

AT_ONCE = os.cpu_count() or 2
"""How many orders are judged at a time: each desk keeps plans of its own, and a processor can only run one."""


@dataclass
class Lane:
    """A connection that asks one gate at a time.

    Attributes
    ----------
    connection : duckdb.DuckDBPyConnection
        To a database without tables.
    planned : set of str
        The gates that it has prepared.
    told : set of str
        The variables that hold what concerns this check.
    """

    connection: duckdb.DuckDBPyConnection
    planned: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Desk:
    """What one check at a time is made at.

    Attributes
    ----------
    connection : duckdb.DuckDBPyConnection
        In a transaction that is rolled back after the check, so that the next one finds the tables empty.
    version : int or None
        The version of the analytics that its residents come from.
    resident : dict of str to list of tuple
        What `models.entry_history.RESIDENT` found.
    lanes : dict of str to Lane
        For gates that are asked at the same time; each keeps plans of its own.
    """

    connection: duckdb.DuckDBPyConnection
    version: int | None
    resident: dict[str, list[tuple[str, ...]]]
    lanes: dict[str, Lane] = field(default_factory=dict)

    def lane(self, name: str) -> Lane:
        """Return a lane, opened when it is first asked for."""
        if name not in self.lanes:
            self.lanes[name] = Lane(_connect())
        return self.lanes[name]

    def close(self) -> None:
        """Give up the databases."""
        for connection in (self.connection, *(lane.connection for lane in self.lanes.values())):
            connection.close()


def _empty(table: Table) -> str:
    columns = ", ".join(f'"{column.name}" {column.sql_type}' for column in table.columns)
    return f'create table "{table.name}" ({columns})'


def _connect() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("set enable_progress_bar = false")
    return connection


def _open(source: duckdb.DuckDBPyConnection, version: int | None, present: Collection[str]) -> Desk:
    connection = _connect()
    connection.execute(";".join(_empty(TABLES[name]) for name in sorted(present)))
    create_maybe_views(connection, set(present))
    resident = {name: source.execute(sql).fetchall() for name, sql in RESIDENT.items() if name in present}
    return Desk(connection, version, resident)


class Desks:
    """All desks; safe to share between threads."""

    def __init__(self) -> None:
        self._turn = threading.BoundedSemaphore(AT_ONCE)
        self._free: list[Desk] = []

    @contextmanager
    def take(self, source: duckdb.DuckDBPyConnection, version: int | None, present: Collection[str]) -> Iterator[Desk]:
        """Yield a desk of one's own; wait while all are taken.

        Parameters
        ----------
        source : duckdb.DuckDBPyConnection
            The published analytics, with the latest orders of all.
        version : int or None
            Their version; a desk of another one is given up.
        present : collection of str
            The canonical tables that some source brought.
        """
        with self._turn:
            desk = self._kept(version) or _open(source, version, present)
            desk.connection.execute("begin transaction")
            try:
                yield desk
            finally:
                desk.connection.execute("rollback")
                for lane in desk.lanes.values():
                    lane.told.clear()
                self._free.append(desk)

    def _kept(self, version: int | None) -> Desk | None:
        while self._free:
            desk = self._free.pop()
            if desk.version == version:
                return desk
            desk.close()
        return None
