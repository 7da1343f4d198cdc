"""Tokens by which programs use the API: each has a name and a role, is shown once, and can be revoked."""

from datetime import UTC, datetime, timedelta

import pandas as pd
from sqlalchemy import insert, or_, select, update

from data.casebook.actor import NOBODY, Actor
from data.casebook.secret_tokens import new_token, token_hash
from data.casebook.store import Store
from data.casebook.tables import api_tokens
from data.errors import InvalidInputError, UnknownNameError
from data.vocabulary import ROLES

PREFIX = "ol_"  # lets secret scanners and people recognise one
SEEN_EVERY = timedelta(seconds=60)
LISTED = "api_token_id name role created_at created_by expires_at revoked_at last_used_at".split()


class ApiTokens:
    """Add, resolve and revoke the API's tokens."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def add(self, actor: Actor, name: str, role: str, days: int | None = None) -> str:
        """Return a new token that acts in ``role``, valid for some days or until it is revoked."""
        name = name.strip()
        if not 1 <= len(name) <= 64 or not name.isprintable():
            raise InvalidInputError(f"A token's name has 1 to 64 printable characters (got {name!r}).")
        if role not in ROLES:
            raise UnknownNameError("role", role, ROLES)
        if days is not None and not 1 <= days <= 3650:
            raise InvalidInputError(f"A token is valid for 1 to 3650 days (got {days}).")
        token = new_token(PREFIX)
        with self.store.write(actor, "token.add") as write:
            values = {
                "name": name,
                "token_hash": token_hash(token),
                "role": role,
                "created_at": write.at,
                "created_by": actor.name,
                "expires_at": write.at + timedelta(days=days) if days else None,
            }
            write.execute(insert(api_tokens).values(values))
            write.note(name, role=role, days=days)
        return token

    def resolve(self, token: str | None) -> Actor | None:
        """Return the program that a token stands for, named ``token:NAME``, None if it counts for nothing."""
        if not token or not token.startswith(PREFIX):
            return None
        now = datetime.now(UTC)
        query = select(api_tokens).where(
            api_tokens.c.token_hash == token_hash(token),
            api_tokens.c.revoked_at.is_(None),
            or_(api_tokens.c.expires_at.is_(None), api_tokens.c.expires_at > now),
        )
        with self.store.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        # No account can be called so: its name has no colon.
        actor = Actor(f"token:{row.name}", row.role, "api")
        if row.last_used_at is None or now - row.last_used_at > SEEN_EVERY:
            nobody = Actor(actor.name, NOBODY, "api")
            with self.store.write(nobody, "session.start", is_noted=False) as write:
                used = update(api_tokens).where(api_tokens.c.api_token_id == row.api_token_id)
                write.execute(used.values(last_used_at=write.at))
        return actor

    def revoke(self, actor: Actor, api_token_id: int) -> None:
        """Revoke a token; it counts for nothing from now on."""
        with self.store.write(actor, "token.revoke") as write:
            is_it = api_tokens.c.api_token_id == api_token_id
            name = write.execute(select(api_tokens.c.name).where(is_it)).scalar()
            if name is None:
                raise InvalidInputError(f"There is no token {api_token_id}.")
            write.execute(
                update(api_tokens).where(is_it, api_tokens.c.revoked_at.is_(None)).values(revoked_at=write.at)
            )
            write.note(name, api_token_id=api_token_id)

    def list(self) -> pd.DataFrame:
        """Return all tokens ever made, without anything secret."""
        query = select(*(api_tokens.c[name] for name in LISTED)).order_by(api_tokens.c.api_token_id)
        with self.store.read() as connection:
            return pd.DataFrame(connection.execute(query).fetchall(), columns=LISTED)
