"""Who is named with an @ in a comment, and whether they have seen it."""

import re

import pandas as pd
from sqlalchemy import insert, select, update

from data.casebook.actor import Actor
from data.casebook.store import Store, Write
from data.casebook.tables import users
from data.casebook.tables_of_cases import case_events, case_mentions

LISTED = "mention_id case_id name at seen_at text by".split()


class CaseMentions:
    """List one's mentions and mark them as seen."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def list(self, name: str, is_unseen_only: bool = True) -> pd.DataFrame:
        """Return where somebody was named, newest first."""
        own = [column for column in case_mentions.c if column.name in LISTED]
        query = select(*own, case_events.c.text, case_events.c.by).join(case_events)
        query = query.where(case_mentions.c.name == name).order_by(case_mentions.c.mention_id.desc())
        if is_unseen_only:
            query = query.where(case_mentions.c.seen_at.is_(None))
        with self.store.read() as connection:
            return pd.DataFrame(connection.execute(query).fetchall(), columns=LISTED)

    def mark_seen(self, actor: Actor, case_id: int) -> None:
        """Note that somebody has opened the case they were named in."""
        unseen = (case_mentions.c.name == actor.name) & (case_mentions.c.case_id == case_id)
        unseen &= case_mentions.c.seen_at.is_(None)
        with self.store.read() as connection:
            if connection.execute(select(case_mentions.c.mention_id).where(unseen)).first() is None:
                return
        with self.store.write(actor, "case.see_mentions", is_noted=False) as write:
            write.execute(update(case_mentions).where(unseen).values(seen_at=write.at))


def mention(write: Write, case_id: int, event_id: int, text: str) -> list[str]:
    """Store who is named in a comment; return their names. Whoever has no account is not."""
    names = list(write.execute(select(users.c.name).where(users.c.is_enabled)).scalars())
    named = named_in(text, names)
    if named:
        rows = [{"case_id": case_id, "event_id": event_id, "name": name, "at": write.at} for name in named]
        write.execute(insert(case_mentions), rows)
    return named


def named_in(text: str, names: list[str]) -> list[str]:
    """Return which accounts are named with an @, the longest name first where one begins with another."""
    if not names:
        return []
    longest_first = sorted(names, key=len, reverse=True)
    pattern = rf"@({'|'.join(map(re.escape, longest_first))})(?!\w)"
    by_key = {name.casefold(): name for name in names}
    return list(dict.fromkeys(by_key[found.casefold()] for found in re.findall(pattern, text, re.IGNORECASE)))
