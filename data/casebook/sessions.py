"""Sessions of people who signed in: a random token in their browser, its hash here, checked anew at every request."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

import pandas as pd
from sqlalchemy import ColumnElement, and_, insert, or_, select, update

from data.casebook.accounts import name_key
from data.casebook.actor import NOBODY, Actor, Via
from data.casebook.secret_tokens import new_token, token_hash
from data.casebook.store import Store
from data.casebook.tables import sessions, users
from data.errors import InvalidInputError, PermissionDeniedError
from data.settings import Settings

SEEN_EVERY = timedelta(seconds=60)
KEPT = 1024
"""Answers that are kept while nothing was committed, for a second at most: one click asks several times."""

LISTED = "session_id name role started_at last_seen_at expires_at origin agent".split()


class Sessions:
    """Start, resolve and revoke sessions.

    Parameters
    ----------
    store : Store
        The casebook's database.
    settings : Settings
        ``session_idle_minutes`` and ``session_hours``.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.idle = timedelta(minutes=settings.session_idle_minutes)
        self.longest = timedelta(hours=settings.session_hours)
        self._known = lru_cache(maxsize=KEPT)(self._look_up)

    def start(
        self,
        name: str,
        origin: str = "",
        agent: str = "",
        replaces: str | None = None,
        is_demo_mode: bool = False,
        via: Via = "app",
    ) -> str:
        """Start a session for somebody who proved who they are; return its token, which is shown this once.

        Parameters
        ----------
        name : str
            The account, as `Accounts.verify` returned it.
        origin : str, default ""
            The client's address.
        agent : str, default ""
            The client's program.
        replaces : str, optional
            A token that the same browser sent before; it is revoked, so that a planted one is worth nothing.
        is_demo_mode : bool, default False
            Whether demo accounts may sign in: only where the server listens on loopback.
        via : {"app", "api", "cli"}, default "app"
            Where the request came from.

        Raises
        ------
        PermissionDeniedError
            If the account does not exist, is disabled, or is a demo account outside demo mode.
        """
        token = new_token()
        with self.store.write(Actor(name, NOBODY, via), "session.start") as write:
            row = write.execute(select(users).where(users.c.name_key == name_key(name))).mappings().one_or_none()
            if row is None or not row["is_enabled"] or (row["is_demo"] and not is_demo_mode):
                raise PermissionDeniedError(f"{name} may not sign in.")
            if replaces:
                is_replaced = (sessions.c.token_hash == token_hash(replaces)) & sessions.c.revoked_at.is_(None)
                write.execute(update(sessions).where(is_replaced).values(revoked_at=write.at))
            values = {
                "token_hash": token_hash(token),
                "user_id": row["user_id"],
                "started_at": write.at,
                "last_seen_at": write.at,
                "expires_at": write.at + self.longest,
                "origin": origin[:64],
                "agent": agent[:200],
            }
            write.execute(insert(sessions).values(values))
            write.execute(update(users).where(users.c.user_id == row["user_id"]).values(last_seen_at=write.at))
            write.note(row["name"], origin=origin[:64])
        return token

    def resolve(self, token: str | None, is_demo_mode: bool = False) -> Actor | None:
        """Return who a token stands for right now, None if it counts for nothing (any more)."""
        if not token:
            return None
        second = datetime.now(UTC).replace(microsecond=0)
        return self._known(token_hash(token), is_demo_mode, second, self.store.state())

    def _look_up(self, hashed: str, is_demo_mode: bool, now: datetime, state: object) -> Actor | None:  # noqa: ARG002
        query = (
            select(users.c.name, users.c.role, sessions.c.session_id, sessions.c.user_id, sessions.c.last_seen_at)
            .join(users, users.c.user_id == sessions.c.user_id)
            .where(sessions.c.token_hash == hashed, self._is_valid(now))
        )
        if not is_demo_mode:
            query = query.where(~users.c.is_demo)
        with self.store.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        actor = Actor(row.name, row.role, "app")
        if now - row.last_seen_at > SEEN_EVERY:
            self._see(row.session_id, row.user_id, row.name)
        return actor

    def list(self, name: str | None = None) -> pd.DataFrame:
        """Return the sessions that count now, of everybody or of one account, latest first."""
        columns = [users.c[column] if column in ("name", "role") else sessions.c[column] for column in LISTED]
        query = select(*columns).join(users, users.c.user_id == sessions.c.user_id)
        query = query.where(self._is_valid(datetime.now(UTC))).order_by(sessions.c.last_seen_at.desc())
        if name is not None:
            query = query.where(users.c.name_key == name_key(name))
        with self.store.read() as connection:
            return pd.DataFrame(connection.execute(query).fetchall(), columns=LISTED)

    def sign_out(self, token: str) -> None:
        """Revoke the session of a token; nothing happens if it counts for nothing already."""
        actor = self.resolve(token, is_demo_mode=True)
        if actor is None:
            return
        with self.store.write(actor, "session.revoke") as write:
            write.execute(
                update(sessions).where(sessions.c.token_hash == token_hash(token)).values(revoked_at=write.at)
            )
            write.note(actor.name, why="signed out")

    def revoke(self, actor: Actor, session_id: int) -> None:
        """Revoke one session of one's own, or anybody's as an administrator."""
        with self.store.write(actor, "session.revoke") as write:
            owner = select(users.c.name).join(sessions, sessions.c.user_id == users.c.user_id)
            name = write.execute(owner.where(sessions.c.session_id == session_id)).scalar()
            if name != actor.name:
                write.permit("session.revoke_any")
            if name is None:
                raise InvalidInputError(f"There is no session {session_id}.")
            is_open = (sessions.c.session_id == session_id) & sessions.c.revoked_at.is_(None)
            write.execute(update(sessions).where(is_open).values(revoked_at=write.at))
            write.note(name, session_id=session_id)

    def revoke_all(self, actor: Actor, name: str, keep: str | None = None) -> int:
        """Revoke all sessions of an account but that of the token ``keep``; return how many there were."""
        is_own = name_key(name) == name_key(actor.name)
        with self.store.write(actor, "session.revoke" if is_own else "session.revoke_any") as write:
            user = select(users.c.user_id).where(users.c.name_key == name_key(name)).scalar_subquery()
            is_open = (sessions.c.user_id == user) & sessions.c.revoked_at.is_(None)
            if keep:
                is_open &= sessions.c.token_hash != token_hash(keep)
            count = write.execute(update(sessions).where(is_open).values(revoked_at=write.at)).rowcount
            write.note(name, session_count=count)
        return int(count)

    def _is_valid(self, now: datetime) -> ColumnElement[bool]:
        # Demo accounts have nobody's data to protect and no password to come back with, so only their end is absolute.
        return and_(
            users.c.is_enabled,
            sessions.c.revoked_at.is_(None),
            sessions.c.expires_at > now,
            or_(sessions.c.last_seen_at > now - self.idle, users.c.is_demo),
        )

    def _see(self, session_id: int, user_id: int, name: str) -> None:
        with self.store.write(Actor(name, NOBODY, "app"), "session.start", is_noted=False) as write:
            write.execute(update(sessions).where(sessions.c.session_id == session_id).values(last_seen_at=write.at))
            write.execute(update(users).where(users.c.user_id == user_id).values(last_seen_at=write.at))
