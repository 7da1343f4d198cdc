"""Second opinions: one reviewer asks another to judge the same finding; what both said shows how far people agree.

A request is a row that is never changed. It is open until the one who was asked gives a verdict of their own, which is
a label like any other.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from sqlalchemy import func, insert, select

from data.casebook.actor import Actor
from data.casebook.permissions import allows
from data.casebook.store import Store
from data.casebook.tables import labels, users
from data.casebook.tables_of_entry import second_opinions
from data.errors import InvalidInputError
from data.plain_values import plain_value

MAX_NOTE = 2000
LISTED = ("request_id", "exception_id", "kind", "order_id", "line_no", "asked", "note", "by", "at")
SUBJECT = ("exception_id", "kind", "order_id", "line_no")


class SecondOpinions:
    """Ask for second opinions, and read what came of them."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def ask(self, actor: Actor, exception: Mapping[str, Any], asked: str, note: str = "") -> int:
        """Ask somebody else to judge a finding; return the ``request_id``.

        Parameters
        ----------
        actor : Actor
            Who asks.
        exception : mapping
            The finding: ``exception_id`` and ``kind``, and as far as known ``order_id, line_no``.
        asked : str
            The account's name; it must be enabled, of a role that judges, and somebody else's.
        note : str, default ""
            What to look at, up to 2,000 characters.

        Returns
        -------
        int
            The ``request_id``.

        Raises
        ------
        InvalidInputError
            If nobody of that name may judge, or was asked already and has not answered yet.
        """
        if len(note) > MAX_NOTE or "\0" in note:
            raise InvalidInputError(f"A note is text of up to {MAX_NOTE:,} characters (got {len(note):,}).")
        if asked == actor.name:
            raise InvalidInputError("A second opinion is somebody else's.")
        open_ones = self.list()
        is_same = open_ones["exception_id"].eq(exception["exception_id"]) & open_ones["asked"].eq(asked)
        if (is_same & open_ones["second"].isna()).any():
            raise InvalidInputError(f"{asked} was asked already.")
        with self.store.write(actor, "opinion.ask") as write:
            row = write.execute(select(users.c.role, users.c.is_enabled).where(users.c.name == asked)).one_or_none()
            if row is None or not row.is_enabled or not allows(row.role, "label.add"):
                raise InvalidInputError(f"{asked} can't judge exceptions: no enabled account with such a role.")
            values = {name: plain_value(exception.get(name)) for name in SUBJECT}
            values |= {"asked": asked, "note": note}
            inserted = insert(second_opinions).values({**values, "by": actor.name, "at": write.at})
            request_id = int(write.execute(inserted.returning(second_opinions.c.request_id)).scalar_one())
            write.note(values["exception_id"], request_id=request_id, asked=asked, note=note)
        return request_id

    def list(self) -> pd.DataFrame:
        """Return all requests, the oldest first, with what both sides said.

        Returns
        -------
        pandas.DataFrame
            `LISTED`, ``first`` (the latest verdict of the one who asked) and ``second`` (the latest verdict that the
            one who was asked gave since); verdicts that were taken back don't count. ``at`` in UTC.
        """
        undone = select(labels.c.undoes).where(labels.c.undoes.is_not(None))
        said = select(labels.c.label_id, labels.c.exception_id, labels.c.label, labels.c.by, labels.c.at).where(
            labels.c.label.is_not(None),
            labels.c.label_id.not_in(undone),
            labels.c.exception_id.in_(select(second_opinions.c.exception_id)),
        )
        requests = select(*(second_opinions.c[name] for name in LISTED)).order_by(second_opinions.c.request_id)
        with self.store.read() as connection:
            asked = pd.DataFrame(connection.execute(requests).fetchall(), columns=list(LISTED))
            given = pd.DataFrame(
                connection.execute(said.order_by(labels.c.label_id)).fetchall(),
                columns=["label_id", "exception_id", "label", "by", "at"],
            )
        for frame in (asked, given):
            frame["at"] = pd.to_datetime(frame["at"], utc=True)
        first = _latest(asked, given, "by")
        second = _latest(asked, given.rename(columns={"by": "asked"}), "asked", is_since=True)
        return asked.astype({"line_no": "Int64"}).assign(first=first, second=second)

    def generation(self) -> int:
        """Return a number that grows with every request."""
        with self.store.read() as connection:
            return int(connection.execute(select(func.max(second_opinions.c.request_id))).scalar() or 0)


def _latest(asked: pd.DataFrame, given: pd.DataFrame, who: str, is_since: bool = False) -> "pd.Series[str]":
    """Return for each request the latest label of one side, by the request's place."""
    both = asked.reset_index(names="place").merge(given, on=["exception_id", who], suffixes=("", "_given"))
    if is_since:
        both = both[both["at_given"].ge(both["at"])]
    latest = both.drop_duplicates("place", keep="last").set_index("place")["label"]
    return latest.reindex(asked.index)
