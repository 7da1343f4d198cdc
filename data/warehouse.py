"""The analytics: versioned DuckDB files, built aside by one writer, published by swapping a pointer, read by anybody.

A version is a file ``analytics-<n>.duckdb`` that never changes once it has that name; ``CURRENT`` holds the number of
the one to read. A build works on a copy, ``building-<n>-<pid>.duckdb``, so a failure or a kill at any moment leaves
what readers see as it was. DuckDB keeps one instance per path in a process: hence a new name for each version.
"""

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from data.compaction import compact, is_loose
from data.errors import InvalidInputError, NotReadyError
from data.home import create_home, is_running, replace_file, sync_folder, write_text
from data.safekeeping import restoring
from data.settings import Settings
from data.writer_lock import writer_lock

CURRENT = "CURRENT"
READ_ONLY: dict[str, str | bool | int | float | list[str]] = {"enable_external_access": "false"}
OPEN_ATTEMPTS = 5

Progress = Callable[[str], None]


@dataclass
class Build:
    """The next version while it is being made.

    Attributes
    ----------
    connection : duckdb.DuckDBPyConnection
        Read-write, on a copy of the current version; time zone, memory and threads as set.
    version : int
        The number it will be published under.
    is_abandoned : bool, default False
        Whether it is to be thrown away instead.
    """

    connection: duckdb.DuckDBPyConnection
    version: int
    is_abandoned: bool = False

    def abandon(self) -> None:
        """Leave without publishing, because nothing changed."""
        self.is_abandoned = True


@dataclass
class _OpenVersion:
    """One version open for reading; closing a DuckDB connection closes its cursors, so they are counted."""

    version: int
    connection: duckdb.DuckDBPyConnection
    cursor_count: int = 0


def _configure(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    chosen = {
        "TimeZone": f"'{settings.time_zone}'",
        "threads": str(settings.threads),
        "memory_limit": f"'{settings.memory_limit}'",
    }
    for name, value in chosen.items():
        if value.count("'") > 2:
            raise InvalidInputError(f"Setting {name} may not contain a quote (got {value}).")
        try:
            connection.execute(f"set global {name} = {value}")
        except duckdb.Error as wrong:
            raise InvalidInputError(f"Setting {name}: {str(wrong).splitlines()[0]} (got {value}).") from None


def _remove(path: Path) -> None:
    """Remove a file or folder; one that somebody still holds (Windows) goes at a later build."""
    with suppress(OSError):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


class Warehouse:
    """The analytics of one home folder; safe to share between threads.

    Parameters
    ----------
    home : Path
        The home folder; created by the first build.
    settings : Settings
        Time zone, memory, threads, and how many versions to keep.
    """

    def __init__(self, home: Path, settings: Settings) -> None:
        self.home = home
        self.settings = settings
        self._guard = threading.Lock()
        self._open: _OpenVersion | None = None

    def path(self, version: int) -> Path:
        """Return the file of a version."""
        return self.home / f"analytics-{version}.duckdb"

    def version(self) -> int | None:
        """Return the version that readers get, None before the first one was published."""
        try:
            text = (self.home / CURRENT).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        if not text.isdecimal():
            raise NotReadyError(
                f"{self.home / CURRENT} does not name a version (got {text!r}); kept: {self.versions()}."
            )
        return int(text)

    def versions(self) -> list[int]:
        """Return the versions that are kept, oldest first."""
        found = (re.fullmatch(r"analytics-(\d+)\.duckdb", path.name) for path in self.home.glob("analytics-*.duckdb"))
        return sorted(int(match[1]) for match in found if match)

    def roll_back(self, version: int) -> None:
        """Make a kept version the current one.

        Raises
        ------
        InvalidInputError
            If that version is not kept.
        BusyError
            If somebody is writing.
        """
        with writer_lock(self.home, "roll back"):
            if version not in self.versions():
                raise InvalidInputError(f"Analytics version {version} is not kept. Kept: {self.versions()}.")
            write_text(self.home / CURRENT, f"{version}\n")

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a cursor of its own on the current version, read-only and without access to other files.

        Raises
        ------
        NotReadyError
            If no version was published yet.
        """
        held = self._acquire()
        cursor = held.connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()
            with self._guard:
                held.cursor_count -= 1
                if held is not self._open and held.cursor_count == 0:
                    held.connection.close()

    def _acquire(self) -> _OpenVersion:
        """Return the current version, opened once for all threads, with one more cursor counted."""
        with self._guard:
            version = self.version()
            if self._open is None or self._open.version != version:
                newer = self._open_current()
                if self._open is not None and self._open.cursor_count == 0:
                    self._open.connection.close()
                self._open = newer
            self._open.cursor_count += 1
            return self._open

    def _open_current(self) -> _OpenVersion:
        """Open the current version; a writer may publish and prune between reading the pointer and opening the file."""
        for _ in range(OPEN_ATTEMPTS):
            version = self.version()
            if version is None:
                raise NotReadyError(
                    "There is nothing to show yet: run `orderlens ingest PATH`, then `orderlens detect`."
                )
            if self.path(version).exists():
                with suppress(duckdb.IOException):
                    connection = duckdb.connect(str(self.path(version)), read_only=True, config=READ_ONLY)
                    _configure(connection, self.settings)
                    return _OpenVersion(version, connection)
        raise NotReadyError(f"Analytics version {version} cannot be opened. Kept: {self.versions()}.")

    def close(self) -> None:
        """Close what is open for reading; the next read opens it again."""
        with self._guard:
            if self._open is not None and self._open.cursor_count == 0:
                self._open.connection.close()
            self._open = None

    @contextmanager
    def build(
        self, progress: Progress = lambda step: None, before_publish: Sequence[Callable[[Build], None]] = ()
    ) -> Iterator[Build]:
        """Yield the next version to write to; publish it if the block ends well, else leave everything as it was.

        Parameters
        ----------
        progress : callable, optional
            Told the step that begins: ``copy``, ``check``, ``publish``.
        before_publish : sequence of callable, optional
            The audits to run when the block has ended; an error from one of them stops the publication.

        Raises
        ------
        BusyError
            At once, if another process or thread is building.
        """
        with writer_lock(create_home(self.home), "build"):
            restoring.finish(self.home)
            self._remove_stale()
            version = max([*self.versions(), self.version() or 0]) + 1
            path = self.home / f"building-{version}-{os.getpid()}.duckdb"
            try:
                progress("copy")
                self._copy_current(path)
                build = Build(self._connect(path), version)
                with closing(build.connection):
                    yield build
                    if build.is_abandoned:
                        return
                    progress("check")
                    for audit in before_publish:
                        audit(build)
                    progress("publish")
                    build.connection.execute("checkpoint")
                    has_waste = is_loose(build.connection)
                self._publish(compact(path, self.settings.memory_limit) if has_waste else path, version)
            finally:
                for leftover in self.home.glob(f"{path.stem}*"):
                    _remove(leftover)

    def _copy_current(self, path: Path) -> None:
        current = self.version()
        if current is None:
            return
        try:
            shutil.copyfile(self.path(current), path)
        except FileNotFoundError:
            raise NotReadyError(f"Analytics version {current} is missing. Kept: {self.versions()}.") from None

    def _connect(self, path: Path) -> duckdb.DuckDBPyConnection:
        # Temporary files stay in the home folder: elsewhere others could read them, or the disk be too small.
        connection = duckdb.connect(str(path), config={"temp_directory": str(path.with_suffix(".tmp"))})
        try:
            _configure(connection, self.settings)
        except BaseException:
            connection.close()
            raise
        return connection

    def _publish(self, path: Path, version: int) -> None:
        path.chmod(0o600)
        replace_file(path, self.path(version))
        write_text(self.home / CURRENT, f"{version}\n")
        for old in self.versions()[: -self.settings.keep_versions]:
            _remove(self.path(old))
        sync_folder(self.home)

    def _remove_stale(self) -> None:
        """Remove what builds left behind whose process is gone; called by the holder of the lock."""
        for path in self.home.glob("building-*"):
            match = re.match(r"building-\d+-(\d+)", path.name)
            if match and (int(match[1]) == os.getpid() or not is_running(int(match[1]))):
                _remove(path)
