"""Decisions that two orders or two customers are one. Append-only: both originals are kept, an undo is a newer row."""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Select, insert, or_, select, update

from data.casebook.actor import Actor
from data.casebook.cases import add_event, check_text, find_case
from data.casebook.chain import canonical
from data.casebook.store import Store, Write
from data.casebook.tables_of_cases import erp_updates, merges
from data.errors import InvalidInputError, UnknownNameError

WHAT = ("order", "customer")
COLUMNS = (
    "merge_id what kept_id merged_id case_id choices originals result why by at is_in_force undone_by undone_at".split()
)
JSON_COLUMNS = ("choices", "originals", "result")


class Merges:
    """Make, undo and list merges."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def make(
        self,
        actor: Actor,
        what: str,
        kept_id: str,
        merged_id: str,
        choices: Mapping[str, Any],
        originals: Mapping[str, Any],
        result: Mapping[str, Any],
        why: str = "",
        case_id: int | None = None,
    ) -> int:
        """Store a merge; return its ``merge_id``.

        Parameters
        ----------
        actor : Actor
            Who decides.
        what : str
            ``order`` or ``customer``.
        kept_id, merged_id : str
            Which one stays, and which one goes up in it.
        choices : mapping
            How the conflicts were answered.
        originals : mapping
            Both as they were, under ``kept`` and ``merged``.
        result : mapping
            What the kept one should become, and what else has to change.
        why : str, default ""
            The reason.
        case_id : int, optional
            The case it belongs to.

        Raises
        ------
        InvalidInputError
            If both are the same, or one of them was merged into another already.
        """
        if what not in WHAT:
            raise UnknownNameError("sort of merge", what, WHAT)
        if kept_id == merged_id:
            raise InvalidInputError(f"{kept_id} cannot be merged with itself.")
        check_text(why)
        with self.store.write(actor, "merge.make") as write:
            for name in (kept_id, merged_id):
                into = _merged_into(write.connection, what, name)
                if into is not None:
                    raise InvalidInputError(f"{name} was merged into {into} already; undo that first.")
            texts = {"choices": canonical(choices), "originals": canonical(originals), "result": canonical(result)}
            values = {"what": what, "kept_id": kept_id, "merged_id": merged_id, "why": why.strip(), **texts}
            merge_id = _insert(write, {**values, "case_id": case_id})
            if case_id is not None:
                find_case(write, case_id)
                add_event(write, case_id, "merged", merged_id, kept_id, why.strip())
            write.note(f"merge {merge_id}", what=what, kept=kept_id, merged=merged_id, choices=dict(choices), why=why)
        return merge_id

    def undo(self, actor: Actor, merge_id: int, why: str = "") -> int:
        """Take a merge back, others' as a manager; return the id of the row that says so.

        What still waits for the ERP because of it is cancelled. What was handed over already has to be changed back
        there: the originals say to what.
        """
        check_text(why)
        with self.store.write(actor, "merge.undo") as write:
            row = write.execute(select(merges).where(merges.c.merge_id == merge_id)).mappings().one_or_none()
            if row is None or row["undoes"] is not None:
                raise InvalidInputError(f"There is no merge {merge_id}.")
            if row["by"] != actor.name:
                write.permit("merge.undo_any")
            if write.execute(select(merges.c.merge_id).where(merges.c.undoes == merge_id)).first():
                raise InvalidInputError(f"Merge {merge_id} was undone already.")
            same = {name: row[name] for name in ("what", "kept_id", "merged_id", "case_id", "originals")}
            undo_id = _insert(write, {**same, "choices": "{}", "result": "{}", "why": why.strip(), "undoes": merge_id})
            waiting = (erp_updates.c.merge_id == merge_id) & (erp_updates.c.state == "waiting")
            stopped = update(erp_updates).where(waiting).values(state="cancelled", finished_at=write.at)
            count = write.execute(stopped).rowcount
            if row["case_id"] is not None:
                add_event(write, row["case_id"], "unmerged", row["kept_id"], row["merged_id"], why.strip())
            write.note(f"merge {undo_id}", undoes=merge_id, by=row["by"], stopped_updates=count, why=why)
        return undo_id

    def get(self, merge_id: int) -> Mapping[str, Any]:
        """Return one merge; raise `InvalidInputError` if there is none of that number."""
        frame = self._frame(_listed().where(merges.c.merge_id == merge_id))
        if frame.empty:
            raise InvalidInputError(f"There is no merge {merge_id}.")
        return {str(name): value for name, value in frame.iloc[0].items()}

    def list(self, what: str | None = None, is_in_force_only: bool = False) -> pd.DataFrame:
        """Return the merges, newest first; ``choices``, ``originals`` and ``result`` as objects."""
        query = _listed().order_by(merges.c.merge_id.desc())
        frame = self._frame(query if what is None else query.where(merges.c.what == what))
        return frame[frame["is_in_force"]].reset_index(drop=True) if is_in_force_only else frame

    def of(self, what: str, name: str) -> pd.DataFrame:
        """Return the merges in force that an order or customer is part of."""
        query = _listed().where(merges.c.what == what, or_(merges.c.kept_id == name, merges.c.merged_id == name))
        frame = self._frame(query.order_by(merges.c.merge_id))
        return frame[frame["is_in_force"]].reset_index(drop=True)

    def _frame(self, query: Select[Any]) -> pd.DataFrame:
        with self.store.read() as connection:
            frame = pd.DataFrame(connection.execute(query).fetchall(), columns=COLUMNS)
        for name in JSON_COLUMNS:
            frame[name] = frame[name].map(json.loads)
        for name in ("at", "undone_at"):
            frame[name] = pd.to_datetime(frame[name], utc=True)
        return frame.astype({"is_in_force": "bool", "case_id": "Int64"})


def _listed() -> Select[Any]:
    undo = merges.alias("undo")
    own = [merges.c[name] for name in COLUMNS if name in merges.c]
    is_in_force = undo.c.merge_id.is_(None).label("is_in_force")
    query = select(*own, is_in_force, undo.c.by.label("undone_by"), undo.c.at.label("undone_at"))
    return query.outerjoin(undo, undo.c.undoes == merges.c.merge_id).where(merges.c.undoes.is_(None))


def _merged_into(connection: Connection, what: str, name: str) -> str | None:
    """Return what an order or customer has gone up in, None if nothing."""
    undone = select(merges.c.undoes).where(merges.c.undoes.is_not(None))
    query = select(merges.c.kept_id).where(merges.c.what == what, merges.c.merged_id == name)
    found = connection.execute(query.where(merges.c.undoes.is_(None), merges.c.merge_id.not_in(undone))).scalar()
    return None if found is None else str(found)


def _insert(write: Write, values: Mapping[str, Any]) -> int:
    signed = {**values, "by": write.actor.name, "via": write.actor.via, "at": write.at}
    return int(write.execute(insert(merges).values(signed).returning(merges.c.merge_id)).scalar_one())
