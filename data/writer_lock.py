"""The lock of the one writer of a home folder's analytics; the kernel releases it when its process dies."""

import getpass
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from data.errors import BusyError
from data.home import OWNER_ONLY_FILE, is_running, write_text

LOCK = "writer.lock"
HOLDER = "writer.json"


def _user() -> str:
    with suppress(Exception):  # a container may run under a number that has no name
        return getpass.getuser()
    return str(os.getuid()) if hasattr(os, "getuid") else "unknown"


def _describe_holder(home: Path) -> str:
    """Return who holds the lock as far as it is known: the note is written just after the lock is taken."""
    try:
        note = json.loads((home / HOLDER).read_text(encoding="utf-8"))
        if is_running(note["pid"]):
            return f" ({note['purpose']} by {note['user']}, process {note['pid']}, since {note['since']})"
    except (OSError, ValueError, KeyError):
        pass
    return ""


@contextmanager
def writer_lock(home: Path, purpose: str) -> Iterator[None]:
    """Hold the only writer's place; raise `BusyError` at once if it is taken.

    Parameters
    ----------
    home : Path
        The home folder, which must exist.
    purpose : str
        What is being done, shown to whoever finds the place taken.
    """
    lock = FileLock(home / LOCK, timeout=0, mode=OWNER_ONLY_FILE)
    try:
        lock.acquire()
    except Timeout:
        raise BusyError(
            f"Another process is writing the analytics{_describe_holder(home)}; try again when it is done."
        ) from None
    try:
        since = datetime.now(UTC).isoformat(timespec="seconds")
        write_text(
            home / HOLDER,
            json.dumps({"pid": os.getpid(), "user": _user(), "purpose": purpose, "since": since}),
        )
        yield
    finally:
        (home / HOLDER).unlink(missing_ok=True)
        lock.release()
