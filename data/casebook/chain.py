"""The hash chain of the audit log: each entry seals the one before it."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from data.casebook.actor import Actor
from data.casebook.tables import audit_head, audit_log

START = "0" * 64


def canonical(value: Any) -> str:
    """Return JSON that is the same text for the same content, everywhere."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def entry_hash(entry: Mapping[str, Any]) -> str:
    """Return the SHA-256 over an entry's content and the hash of the one before it."""
    content = [
        entry["audit_id"],
        entry["at"].isoformat(timespec="microseconds"),
        entry["actor"],
        entry["role"],
        entry["via"],
        entry["action"],
        entry["subject"],
        entry["detail"],
        entry["previous_hash"],
    ]
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def append(connection: Connection, actor: Actor, at: datetime, notes: list[tuple[str, str, Mapping[str, Any]]]) -> None:
    """Append one entry for each (action, subject, detail), in the transaction of what they tell about."""
    head = connection.execute(select(audit_head.c.audit_id, audit_head.c.hash)).one_or_none()
    number, previous = (head.audit_id, head.hash) if head else (0, START)
    entries = []
    for action, subject, detail in notes:
        number += 1
        entry = {
            "audit_id": number,
            "at": at,
            "actor": actor.name,
            "role": actor.role,
            "via": actor.via,
            "action": action,
            "subject": subject,
            "detail": canonical(detail),
            "previous_hash": previous,
        }
        previous = entry["hash"] = entry_hash(entry)
        entries.append(entry)
    connection.execute(insert(audit_log), entries)
    new_head = {"audit_id": number, "hash": previous}
    if head:
        connection.execute(update(audit_head).values(new_head))
    else:
        connection.execute(insert(audit_head).values(head_id=1, **new_head))
