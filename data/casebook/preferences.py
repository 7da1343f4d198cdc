"""What people set for themselves, over what an administrator set for all."""

import json
from typing import Any

from sqlalchemy import delete, insert, select

from data.casebook.actor import Actor
from data.casebook.chain import canonical
from data.casebook.store import Store
from data.casebook.tables import preferences
from data.errors import InvalidInputError

ALL = ""
MAX_VALUE = 20_000


class Preferences:
    """Small named values: one's own, else everybody's, else the caller's default."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def get(self, owner: str, name: str, default: Any = None) -> Any:
        """Return a value as ``owner`` should see it."""
        query = (
            select(preferences.c.value)
            .where(preferences.c.name == name, preferences.c.owner.in_([owner, ALL]))
            .order_by(preferences.c.owner.desc())
        )
        with self.store.read() as connection:
            text = connection.execute(query).scalar()
        return default if text is None else json.loads(text)

    def set(self, actor: Actor, name: str, value: Any) -> None:
        """Set one's own value; None goes back to everybody's."""
        self._set(actor, "preference.set", actor.name, name, value)

    def set_for_all(self, actor: Actor, name: str, value: Any) -> None:
        """Set what applies to everybody without a value of their own; None removes it."""
        self._set(actor, "preference.set_for_all", ALL, name, value)

    def _set(self, actor: Actor, action: str, owner: str, name: str, value: Any) -> None:
        text = canonical(value)
        if not 1 <= len(name) <= 64 or len(text) > MAX_VALUE:
            raise InvalidInputError(f"Preference {name[:64]!r}: at most 64 characters, its value {MAX_VALUE:,}.")
        with self.store.write(actor, action) as write:
            is_it = (preferences.c.owner == owner) & (preferences.c.name == name)
            write.execute(delete(preferences).where(is_it))
            if value is not None:
                values = {"owner": owner, "name": name, "value": text, "updated_at": write.at}
                write.execute(insert(preferences).values(values))
            write.note(name, value=value)
