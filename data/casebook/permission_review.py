"""The regular review of who may what: today's accounts and tokens beside those that were signed off last."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Connection, insert, select

from data.casebook.actor import Actor
from data.casebook.chain import canonical
from data.casebook.store import Store
from data.casebook.tables import api_tokens, permission_reviews, users
from data.errors import InvalidInputError

UNUSED_AFTER = timedelta(days=90)
MAX_NOTE = 2000
COLUMNS = "name is_token role is_active created_at last_seen_at is_unused change role_before".split()
CHANGES = ("new", "role_changed", "disabled", "enabled")


@dataclass(frozen=True)
class SignOff:
    """A review that somebody signed off."""

    review_id: int
    at: datetime
    by: str
    note: str
    accounts: dict[str, dict[str, Any]]


class PermissionReview:
    """Say who may come in, who does not any more, and what changed since the last sign-off; record the next one."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def accounts(self, now: datetime | None = None) -> pd.DataFrame:
        """Return every account and token but the demo's.

        Returns
        -------
        pandas.DataFrame
            ``name, is_token, role, is_active, created_at, last_seen_at, is_unused`` (active, and not seen for 90 days),
            ``change`` since the last sign-off (``new, role_changed, disabled, enabled`` or empty), ``role_before``.
        """
        moment = now or datetime.now(UTC)
        with self.store.read() as connection:
            rows = _everybody(connection, moment)
            last = _last(connection)
        for row in rows:
            row["is_unused"] = row["is_active"] and (row["last_seen_at"] or row["created_at"]) < moment - UNUSED_AFTER
            before = last.accounts.get(_key(row)) if last else None
            row["change"] = _change(before, row) if last else ""
            row["role_before"] = before["role"] if before and row["change"] == "role_changed" else ""
        return pd.DataFrame(rows, columns=COLUMNS)

    def last(self) -> SignOff | None:
        """Return the latest sign-off, None if there was none yet."""
        with self.store.read() as connection:
            return _last(connection)

    def list(self) -> pd.DataFrame:
        """Return all sign-offs, newest first."""
        columns = ["review_id", "at", "by", "note"]
        query = select(*(permission_reviews.c[name] for name in columns)).order_by(
            permission_reviews.c.review_id.desc()
        )
        with self.store.read() as connection:
            return pd.DataFrame(connection.execute(query).fetchall(), columns=columns)

    def sign_off(self, actor: Actor, note: str = "") -> int:
        """Record that ``actor`` looked through all accounts as they are now; return the review's number."""
        if len(note) > MAX_NOTE:
            raise InvalidInputError(f"A note has up to {MAX_NOTE:,} characters (got {len(note):,}).")
        with self.store.write(actor, "review.sign_off") as write:
            rows = _everybody(write.connection, write.at)
            known = {_key(row): {"role": row["role"], "is_active": row["is_active"]} for row in rows}
            values = {"at": write.at, "by": actor.name, "note": note, "accounts": canonical(known)}
            added = insert(permission_reviews).values(values).returning(permission_reviews.c.review_id)
            review_id = int(write.execute(added).scalar_one())
            write.note(review_id, account_count=len(known), note=note)
        return review_id


def _everybody(connection: Connection, now: datetime) -> list[dict[str, Any]]:
    people = connection.execute(select(users).where(~users.c.is_demo).order_by(users.c.name_key)).mappings()
    found = [
        {"name": row["name"], "is_token": False, "role": row["role"], "is_active": row["is_enabled"],
         "created_at": row["created_at"], "last_seen_at": row["last_seen_at"]}
        for row in people
    ]  # fmt: skip
    tokens = connection.execute(select(api_tokens).order_by(api_tokens.c.api_token_id)).mappings()
    for row in tokens:
        is_active = row["revoked_at"] is None and (row["expires_at"] is None or row["expires_at"] > now)
        name = f"{row['name']} ({row['api_token_id']})"
        found.append(
            {"name": name, "is_token": True, "role": row["role"], "is_active": is_active,
             "created_at": row["created_at"], "last_seen_at": row["last_used_at"]}
        )  # fmt: skip
    return found


def _key(row: dict[str, Any]) -> str:
    return f"token:{row['name']}" if row["is_token"] else str(row["name"])


def _change(before: dict[str, Any] | None, row: dict[str, Any]) -> str:
    if before is None:
        return "new" if row["is_active"] else ""
    if before["is_active"] != row["is_active"]:
        return "enabled" if row["is_active"] else "disabled"
    return "role_changed" if before["role"] != row["role"] else ""


def _last(connection: Connection) -> SignOff | None:
    query = select(permission_reviews).order_by(permission_reviews.c.review_id.desc()).limit(1)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return None
    return SignOff(row["review_id"], row["at"], row["by"], row["note"], json.loads(row["accounts"]))
