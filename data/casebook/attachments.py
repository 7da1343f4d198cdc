"""Files attached to cases: kept in the home folder under names of our own, so that no name given can lead elsewhere."""

import hashlib
import os
import secrets
import unicodedata
from contextlib import suppress
from pathlib import Path

import pandas as pd
from sqlalchemy import insert, select, update

from data.casebook.actor import Actor
from data.casebook.cases import add_event, find_case
from data.casebook.permissions import require
from data.casebook.store import Store
from data.casebook.tables_of_cases import case_attachments
from data.errors import InvalidInputError
from data.home import OWNER_ONLY_FILE, OWNER_ONLY_FOLDER, create_home, sync_folder

FOLDER = "attachments"
MAX_NAME = 120
MEGABYTE = 1024 * 1024
LISTED = "attachment_id case_id name size_bytes by at".split()


class Attachments:
    """Add, read and remove files of cases.

    Parameters
    ----------
    store : Store
        The casebook's database.
    home : Path
        The home folder; a backup takes the files along.
    limit_mb : int
        Largest file, in MB.
    """

    def __init__(self, store: Store, home: Path, limit_mb: int) -> None:
        self.store = store
        self.folder = home / FOLDER
        self.limit_bytes = limit_mb * MEGABYTE

    def add(self, actor: Actor, case_id: int, name: str, content: bytes) -> int:
        """Attach a file; return its ``attachment_id`` once it is safely stored.

        Parameters
        ----------
        actor : Actor
            Who attaches it.
        case_id : int
            To which case.
        name : str
            Its name; only the last part counts, without signs that could mislead or lead elsewhere.
        content : bytes
            All of it.

        Raises
        ------
        InvalidInputError
            If it is empty or too large, has no name, or there is no such case; nothing is stored.
        """
        require(actor, "case.attach")
        shown = safe_name(name)
        if not content:
            raise InvalidInputError(f"{shown!r} is empty.")
        if len(content) > self.limit_bytes:
            limit = self.limit_bytes // MEGABYTE
            raise InvalidInputError(
                f"{shown!r} has {len(content):,} bytes; the setting attachment_mb allows {limit} MB."
            )
        stored_as = secrets.token_hex(16)
        path = self._write(stored_as, content)
        try:
            with self.store.write(actor, "case.attach") as write:
                find_case(write, case_id)
                values = {"case_id": case_id, "name": shown, "stored_as": stored_as, "size_bytes": len(content)}
                values |= {"sha256": hashlib.sha256(content).hexdigest(), "by": actor.name, "at": write.at}
                inserted = insert(case_attachments).values(values).returning(case_attachments.c.attachment_id)
                attachment_id = int(write.execute(inserted).scalar_one())
                add_event(write, case_id, "attached", None, shown)
                write.note(f"case {case_id}", attachment_id=attachment_id, name=shown, size_bytes=len(content))
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return attachment_id

    def list(self, case_id: int) -> pd.DataFrame:
        """Return a case's files, oldest first, without those that were removed."""
        query = select(*(case_attachments.c[name] for name in LISTED)).where(case_attachments.c.case_id == case_id)
        query = query.where(case_attachments.c.removed_at.is_(None)).order_by(case_attachments.c.attachment_id)
        with self.store.read() as connection:
            return pd.DataFrame(connection.execute(query).fetchall(), columns=LISTED)

    def read(self, attachment_id: int) -> bytes:
        """Return a file's content; raise `InvalidInputError` if it is gone or was changed on the disk."""
        with self.store.read() as connection:
            query = select(case_attachments).where(case_attachments.c.attachment_id == attachment_id)
            row = connection.execute(query).mappings().one_or_none()
        if row is None or row["removed_at"] is not None:
            raise InvalidInputError(f"There is no attachment {attachment_id}.")
        with suppress(FileNotFoundError):
            content = (self.folder / str(row["stored_as"])).read_bytes()
            if hashlib.sha256(content).hexdigest() == row["sha256"]:
                return content
        raise InvalidInputError(f"{row['name']!r} is missing in the home folder, or was changed there.")

    def remove(self, actor: Actor, attachment_id: int) -> None:
        """Remove a file of one's own, or anybody's as a manager; that it was there stays in the course."""
        with self.store.write(actor, "case.detach") as write:
            query = select(case_attachments).where(case_attachments.c.attachment_id == attachment_id)
            row = write.execute(query).mappings().one_or_none()
            if row is not None and row["by"] != actor.name:
                write.permit("case.detach_any")
            if row is None or row["removed_at"] is not None:
                raise InvalidInputError(f"There is no attachment {attachment_id}.")
            change = {"removed_at": write.at, "removed_by": actor.name}
            is_it = case_attachments.c.attachment_id == attachment_id
            write.execute(update(case_attachments).where(is_it).values(change))
            add_event(write, row["case_id"], "detached", row["name"], None)
            write.note(f"case {row['case_id']}", attachment_id=attachment_id, name=row["name"], by=row["by"])
        (self.folder / row["stored_as"]).unlink(missing_ok=True)

    def _write(self, stored_as: str, content: bytes) -> Path:
        create_home(self.folder.parent)
        self.folder.mkdir(mode=OWNER_ONLY_FOLDER, exist_ok=True)
        path = self.folder / stored_as
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY_FILE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(self.folder)
        return path


def safe_name(name: str) -> str:
    """Return a file's name as it may be shown and offered for download; raise `InvalidInputError` if nothing is left.

    Folders, control and direction signs, and leading dots go; a long name keeps its ending.
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C" and sign not in '<>:"|?*')
    kept = kept.strip().lstrip(".").strip()
    if not kept:
        raise InvalidInputError(f"A file needs a name (got {name[:60]!r}).")
    stem, dot, ending = kept.rpartition(".")
    if len(kept) > MAX_NAME and dot and len(ending) <= 10:
        return f"{stem[: MAX_NAME - len(ending) - 1]}.{ending}"
    return kept[:MAX_NAME]
