"""Starting long work from a page: files put aside, a process of its own, permission asked first."""

import json
import re
import secrets
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from dashboard.workspace import current
from data.casebook import Actor
from data.casebook.permissions import require
from data.errors import InvalidInputError
from data.home import create_home

ENDINGS = (".csv", ".tsv", ".txt", ".parquet", ".xlsx", ".xls", ".json", ".jsonl", ".ndjson", ".duckdb", ".db")
NAME_LENGTH = 120


class Upload(Protocol):
    """A file as the browser sent it."""

    name: str

    def getbuffer(self) -> memoryview:
        """Return its content."""


def safe_name(name: str) -> str:
    """Return a file's bare name, harmless as a path; raise `InvalidInputError` if nothing sensible is left."""
    bare = re.split(r"[/\\]", name)[-1].strip()
    cleaned = re.sub(r"[^\w .()+-]", "_", bare).lstrip(".")[-NAME_LENGTH:]
    if not Path(cleaned).stem or Path(cleaned).suffix.lower() not in ENDINGS:
        raise InvalidInputError(f"{bare[:80]!r} can't be imported. Endings: {', '.join(ENDINGS)}.")
    return cleaned


def keep_uploads(files: Sequence[Upload]) -> Path:
    """Write uploaded files into a folder of their own in the home folder; return it."""
    folder = create_home(current().home) / "uploads" / secrets.token_hex(8)
    names = [safe_name(file.name) for file in files]
    folder.mkdir(parents=True, mode=0o700)
    for name, file in zip(names, files, strict=True):
        (folder / name).write_bytes(file.getbuffer())
    return folder


def start(actor: Actor, kind: str, detail: dict[str, Any]) -> None:
    """Begin a piece of work in a process of its own.

    Parameters
    ----------
    actor : Actor
        Who wants it.
    kind : str
        ``ingest`` or ``detect``.
    detail : dict
        For ``ingest``: ``path``, ``mapping``, and ``remove`` if the path is to be removed afterwards.

    Raises
    ------
    PermissionDeniedError
        If the role may not.
    """
    require(actor, f"data.{kind}")
    require(actor, "job.start")
    home = str(current().home.resolve())
    arguments = [home, actor.name, actor.role, kind, json.dumps(detail)]
    log = current().home / "work.log"
    with log.open("ab") as output:
        subprocess.Popen(  # noqa: S603 - our own module, arguments passed as a list
            [sys.executable, "-m", "dashboard.work", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
