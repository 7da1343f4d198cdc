"""Back up and restore the home folder while it is in use: casebook, current analytics, settings and other files."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import duckdb
from sqlalchemy import update

from data.casebook import Actor, Casebook
from data.casebook.engine import create_casebook_engine
from data.casebook.permissions import require
from data.casebook.revisions import HEAD, REVISIONS
from data.casebook.tables import one_time_tokens, sessions
from data.errors import InvalidInputError, NotReadyError
from data.home import create_home, is_running, replace_file
from data.safekeeping import restoring
from data.safekeeping.archive import ANALYTICS, CASEBOOK, FILES, Manifest, unpack, write_archive
from data.settings import Settings, load_settings
from data.warehouse import CURRENT, READ_ONLY, Warehouse
from data.writer_lock import HOLDER, LOCK, writer_lock

BACKING_UP = "copy-for-backup-"
RESTORING = "restoring-"
# What is kept apart, is made anew or belongs to a running process; with earlier backups in it, each would be larger.
PRIVATE = ("casebook.sqlite*", "analytics-*", "building-*", f"{BACKING_UP}*", f"{RESTORING}*", "*.tmp", "*.zip")
PRIVATE_NAMES = (CURRENT, LOCK, HOLDER, restoring.MARKER)
OPEN_ATTEMPTS = 5


def backup(home: Path, settings: Settings, file: Path, actor: Actor | None = None) -> Manifest:
    """Write one archive with everything in the home folder, consistent although it is in use.

    Parameters
    ----------
    home : Path
        The home folder.
    settings : Settings
        Its settings.
    file : Path
        The archive; an earlier one of that name is replaced when the new one is complete.
    actor : Actor, optional
        Who asks for it; the command line if not given.

    Raises
    ------
    InvalidInputError
        If the casebook is not in SQLite, or the file's folder does not exist.
    NotReadyError
        If there is no home folder.
    """
    if not home.is_dir():
        raise NotReadyError(f"There is nothing to back up: {home} does not exist.")
    if not file.absolute().parent.is_dir():
        raise InvalidInputError(f"There is no folder {file.absolute().parent}.")
    live = _casebook_file(home, settings)
    with closing(Casebook.open(home, settings)) as casebook:
        casebook.audit.record(actor or Actor.of_command_line(), "backup.make", file.name)
    warehouse = Warehouse(home, settings)
    with ExitStack() as stack:
        folder = stack.enter_context(_folder_aside(home, BACKING_UP))
        copy = folder / CASEBOOK
        with closing(sqlite3.connect(live)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
            target.execute("pragma journal_mode = delete")
        sources: dict[str, BinaryIO] = {CASEBOOK: stack.enter_context(copy.open("rb"))}
        version, analytics = _open_analytics(warehouse)
        if analytics is not None:
            sources[ANALYTICS] = stack.enter_context(analytics)
        for path in _other_files(home, file):
            sources[f"{FILES}/{path.relative_to(home).as_posix()}"] = stack.enter_context(path.open("rb"))
        return write_archive(file, sources, casebook_revision=HEAD, analytics_version=version)


def restore(home: Path, settings: Settings, file: Path, actor: Actor | None = None) -> Manifest:
    """Bring the home folder back to the state in an archive: all of it, or nothing.

    The archive is unpacked aside, checked against its manifest and opened as what it claims to be before anything is
    replaced. Everybody has to sign in anew. Files that the archive does not hold stay.

    Parameters
    ----------
    home : Path
        The home folder; created if need be.
    settings : Settings
        Its settings.
    file : Path
        The archive.
    actor : Actor, optional
        Who asks for it; the command line if not given. The restored audit log tells of it.

    Raises
    ------
    InvalidInputError
        If the archive is damaged, altered, foreign, or from a newer version; nothing is changed.
    BusyError
        If somebody is writing; nothing is changed.
    """
    actor = actor or Actor.of_command_line()
    require(actor, "backup.restore")
    live = _casebook_file(create_home(home), settings)
    with writer_lock(home, "restore"):
        restoring.finish(home)
        with _folder_aside(home, RESTORING) as staged:
            manifest = unpack(file, staged)
            _check_other_files(home, staged, settings)
            _check_analytics(staged / ANALYTICS, file)
            _prepare_casebook(staged, manifest, file, settings, actor)
            analytics = _place_analytics(Warehouse(home, settings), staged / ANALYTICS)
            restoring.put_in_place(home, staged, live, analytics)
    return manifest


def _casebook_file(home: Path, settings: Settings) -> Path:
    engine = create_casebook_engine(home, settings)
    try:
        if engine.dialect.name == "sqlite" and engine.url.database:
            return Path(engine.url.database)
    finally:
        engine.dispose()
    raise InvalidInputError(
        "The casebook is kept in PostgreSQL (setting casebook_url): back it up with pg_dump and restore it with "
        "pg_restore; the analytics come back with ingest and detect."
    )


def _open_analytics(warehouse: Warehouse) -> tuple[int | None, BinaryIO | None]:
    """Open the current version's file; it never changes, and stays readable when it is pruned meanwhile."""
    for _ in range(OPEN_ATTEMPTS):
        version = warehouse.version()
        if version is None:
            return None, None
        with suppress(FileNotFoundError):
            return version, warehouse.path(version).open("rb")
    raise NotReadyError(f"Analytics version {version} is missing. Kept: {warehouse.versions()}.")


def _is_private(relative: Path) -> bool:
    first = Path(relative.parts[0])
    return first.name in PRIVATE_NAMES or any(first.match(pattern) for pattern in PRIVATE)


def _other_files(home: Path, file: Path) -> list[Path]:
    found = (path for path in sorted(home.rglob("*")) if path.is_file() and not path.is_symlink())
    return [path for path in found if not _is_private(path.relative_to(home)) and path.absolute() != file.absolute()]


@contextmanager
def _folder_aside(home: Path, prefix: str) -> Iterator[Path]:
    """Yield a folder inside the home folder; remove it in the end, unless an interrupted restore still needs it."""
    for leftover in home.glob(f"{prefix}*"):
        pid = leftover.name.split("-")[-2]
        if pid.isdecimal() and not is_running(int(pid)):
            shutil.rmtree(leftover, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=home))
    try:
        yield folder
    finally:
        if not (prefix == RESTORING and restoring.is_interrupted(home)):
            shutil.rmtree(folder, ignore_errors=True)


def _check_other_files(home: Path, staged: Path, settings: Settings) -> None:
    for path in (staged / FILES).rglob("*"):
        relative = path.relative_to(staged / FILES)
        target = home / relative
        if _is_private(relative) or not target.resolve().is_relative_to(home.resolve()):
            raise InvalidInputError(f"The backup holds {relative.as_posix()!r}, which has no place in a home folder.")
        if path.is_dir() != target.is_dir() and target.exists():
            raise InvalidInputError(f"{relative.as_posix()!r} is a folder in one place and a file in the other.")
    if (staged / FILES / "settings.yaml").exists():
        named = load_settings(staged / FILES).casebook_url
        if named != settings.casebook_url:
            raise InvalidInputError(f"The backup's settings name another casebook: {named!r}.")


def _check_analytics(path: Path, file: Path) -> None:
    if not path.exists():
        return
    try:
        duckdb.connect(str(path), read_only=True, config=READ_ONLY).close()
    except duckdb.Error as wrong:
        raise InvalidInputError(f"{file.name}: the analytics cannot be opened: {str(wrong).splitlines()[0]}") from None


def _prepare_casebook(staged: Path, manifest: Manifest, file: Path, settings: Settings, actor: Actor) -> None:
    """Bring the staged casebook to today's schema, end all its sign-ins, and log the restore in it."""
    path = staged / CASEBOOK
    if manifest.casebook_revision not in REVISIONS:
        raise InvalidInputError(
            f"{file.name} has casebook schema {manifest.casebook_revision}, made by a newer Orderlens. "
            f"This one knows: {', '.join(REVISIONS)}."
        )
    try:
        with closing(sqlite3.connect(path)) as connection:
            faults = connection.execute("pragma integrity_check").fetchone()[0]
            found = connection.execute("select version_num from alembic_version").fetchall()
    except sqlite3.DatabaseError as wrong:
        raise InvalidInputError(f"{file.name}: the casebook cannot be opened: {wrong}.") from None
    if faults != "ok" or found != [(manifest.casebook_revision,)]:
        raise InvalidInputError(f"{file.name}: the casebook is damaged, or not what the manifest says.")
    with (
        closing(Casebook.open(staged, settings.model_copy(update={"casebook_url": ""}))) as casebook,
        casebook.store.write(actor, "backup.restore") as write,
    ):
        write.execute(update(sessions).where(sessions.c.revoked_at.is_(None)).values(revoked_at=write.at))
        write.execute(update(one_time_tokens).where(one_time_tokens.c.used_at.is_(None)).values(used_at=write.at))
        write.note(file.name, made_at=manifest.made_at)


def _place_analytics(warehouse: Warehouse, path: Path) -> Path | None:
    """Give the restored analytics a new number: a version's file never changes, so theirs may be taken."""
    if not path.exists():
        return None
    version = max([*warehouse.versions(), warehouse.version() or 0]) + 1
    replace_file(path, warehouse.path(version))
    return warehouse.path(version)
