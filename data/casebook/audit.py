"""The audit log: everything that was done, in a chain that shows whether it was tampered with."""

import json
from datetime import datetime
from typing import Any, NamedTuple

import pandas as pd
from sqlalchemy import Connection, select

from data.casebook.actor import Actor
from data.casebook.chain import START, entry_hash
from data.casebook.store import Store
from data.casebook.tables import audit_head, audit_log
from data.errors import InvalidInputError

COLUMNS = ("audit_id", "at", "actor", "role", "via", "action", "subject", "detail", "hash")


class Verification(NamedTuple):
    """What `Audit.verify` found."""

    is_intact: bool
    detail: str


class Audit:
    """Read, add to, and verify the audit log."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def record(self, actor: Actor, action: str, subject: object, **detail: Any) -> None:
        """Log what was done outside the casebook, e.g. an export; denied like everything else."""
        with self.store.write(actor, action) as write:
            write.note(subject, **detail)

    def entries(
        self,
        actor: str | None = None,
        action: str | None = None,
        subject: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> pd.DataFrame:
        """Return the entries that match, newest first; ``detail`` as a dict, ``at`` in UTC."""
        wanted = {audit_log.c.actor: actor, audit_log.c.action: action, audit_log.c.subject: subject}
        query = select(*(audit_log.c[name] for name in COLUMNS)).order_by(audit_log.c.audit_id.desc()).limit(limit)
        for column, value in wanted.items():
            if value is not None:
                query = query.where(column == value)
        if since is not None:
            query = query.where(audit_log.c.at >= since)
        if until is not None:
            query = query.where(audit_log.c.at < until)
        with self.store.read() as connection:
            frame = pd.DataFrame(connection.execute(query).fetchall(), columns=list(COLUMNS))
        frame["at"] = pd.to_datetime(frame["at"], utc=True)
        frame["detail"] = frame["detail"].map(json.loads)
        return frame

    def head(self) -> str:
        """Return ``number:hash`` of the newest entry; kept elsewhere, it shows a log that was rewritten as a whole."""
        with self.store.read() as connection:
            return _head(connection)

    def verify(self, known_head: str | None = None) -> Verification:
        """Recompute the whole chain.

        Parameters
        ----------
        known_head : str, optional
            What `head` returned earlier; the log must still contain it.

        Returns
        -------
        Verification
            Whether it is intact, and the first fault or the number of entries and the head.
        """
        known_number, known_hash = _parse_head(known_head)
        with self.store.read() as connection:
            number, previous = 0, START
            is_known_seen = known_number == 0
            rows = connection.execution_options(yield_per=1000).execute(
                select(audit_log).order_by(audit_log.c.audit_id)
            )
            for row in rows.mappings():
                number += 1
                if row["audit_id"] != number:
                    return Verification(False, f"Entry {number} is missing: the next one is {row['audit_id']}.")
                if row["previous_hash"] != previous or row["hash"] != entry_hash(dict(row)):
                    return Verification(False, f"Entry {number} was changed: its hash does not fit.")
                previous = row["hash"]
                is_known_seen = is_known_seen or (number, previous) == (known_number, known_hash)
            head = _head(connection)
        if head != f"{number}:{previous}":
            return Verification(False, f"Entries after {number} are missing: the head is {head.split(':')[0]}.")
        if not is_known_seen:
            return Verification(False, f"The log was rewritten: it no longer contains {known_head}.")
        return Verification(True, f"{number} entries, head {head}")


def _head(connection: Connection) -> str:
    row = connection.execute(select(audit_head.c.audit_id, audit_head.c.hash)).one_or_none()
    return f"{row.audit_id}:{row.hash}" if row else f"0:{START}"


def _parse_head(text: str | None) -> tuple[int, str]:
    if text is None:
        return 0, START
    number, _, digest = text.partition(":")
    if not number.isdecimal() or len(digest) != len(START):
        raise InvalidInputError(f"A known head is written NUMBER:HASH (got {text!r}).")
    return int(number), digest
