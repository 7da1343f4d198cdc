"""The last step of a restore: put what was unpacked and checked in place, all of it or nothing, even if interrupted.

The one transaction that overwrites the casebook decides: SQLite's own backup does it in place, so that processes with
the file open simply see the new content. ``RESTORE`` says what is under way; whoever opens the home folder after an
interruption looks whether the casebook was overwritten, and goes on or takes back accordingly.
"""

import json
import re
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from data.errors import BusyError
from data.home import OWNER_ONLY_FOLDER, replace_file, sync_folder, write_text
from data.safekeeping.archive import CASEBOOK, FILES

MARKER = "RESTORE"
CURRENT = "CURRENT"
BUSY_SECONDS = 30


def is_interrupted(home: Path) -> bool:
    """Return whether a restore began to put things in place and did not end."""
    return (home / MARKER).exists()


def put_in_place(home: Path, staged: Path, casebook: Path, analytics: Path | None) -> None:
    """Replace the content of the home folder by what is staged in it; the caller holds the writer's lock.

    Parameters
    ----------
    home : Path
        The home folder.
    staged : Path
        A folder in it: the casebook, and ``files/`` with the rest.
    casebook : Path
        The live casebook.
    analytics : Path or None
        The restored analytics, in the home folder under a new version already; None if there are none.

    Raises
    ------
    BusyError
        If the casebook stays busy; nothing is changed.
    """
    plan = {
        "staged": staged.name,
        "casebook": str(casebook),
        "seal": _audit_head(staged / CASEBOOK),
        "analytics": analytics.name if analytics else None,
    }
    write_text(home / MARKER, json.dumps(plan))
    try:
        overwrite(staged / CASEBOOK, casebook)
    finally:
        finish(home)


def finish(home: Path) -> None:
    """End a restore, or take it back if it had not got to the casebook; the caller holds the writer's lock."""
    if not is_interrupted(home):
        return
    plan = json.loads((home / MARKER).read_text(encoding="utf-8"))
    staged, analytics = home / plan["staged"], plan["analytics"]
    if _has_audit_entry(Path(plan["casebook"]), *plan["seal"]):
        finish_files(home, staged / FILES)
        if analytics:
            write_text(home / CURRENT, re.sub(r"\D", "", analytics) + "\n")
        else:
            (home / CURRENT).unlink(missing_ok=True)
    elif analytics:
        (home / analytics).unlink(missing_ok=True)
    (home / MARKER).unlink()
    sync_folder(home)
    shutil.rmtree(staged, ignore_errors=True)


def finish_files(home: Path, staged: Path) -> None:
    """Move what was staged to its place in the home folder; what an earlier attempt moved is gone from there."""
    for source in sorted(staged.rglob("*")):
        if source.is_file():
            target = home / source.relative_to(staged)
            target.parent.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
            replace_file(source, target)


def overwrite(source: Path, target: Path) -> None:
    """Give one SQLite database the content of another, in one transaction; wait for writers, for a while."""
    deadline = time.monotonic() + BUSY_SECONDS

    def watch(status: int, remaining: int, total: int) -> None:  # noqa: ARG001
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > deadline:
            raise BusyError("Somebody is writing to the casebook: nothing was changed; try again later.")

    with closing(sqlite3.connect(source)) as origin, closing(sqlite3.connect(target)) as live:
        live.execute("pragma synchronous = full")
        origin.backup(live, pages=-1, progress=watch, sleep=0.1)


def _audit_head(casebook: Path) -> tuple[int, str]:
    """Return the number and hash of the newest audit entry: of a restore, so no other casebook has it."""
    with closing(sqlite3.connect(casebook)) as connection:
        number, seal = connection.execute("select audit_id, hash from audit_head").fetchone()
    return int(number), str(seal)


def _has_audit_entry(casebook: Path, number: int, seal: str) -> bool:
    try:
        with closing(sqlite3.connect(casebook, timeout=BUSY_SECONDS)) as connection:
            query = "select 1 from audit_log where audit_id = ? and hash = ?"
            return connection.execute(query, (number, seal)).fetchone() is not None
    except sqlite3.OperationalError as failed:
        if "no such table" in str(failed):
            return False
        raise
