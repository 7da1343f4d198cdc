"""Interventions: what is done so that something goes wrong less often, when it began, and what it is meant to lower."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import insert, select, update

from data.casebook.actor import Actor
from data.casebook.store import Store, Write
from data.casebook.tables import interventions
from data.errors import InvalidInputError, UnknownNameError
from data.vocabulary import CAUSES, DEPARTMENTS, KINDS

MAX_TEXT = 4000
MAX_TITLE = 120
LISTED = [column.name for column in interventions.c]


@dataclass(frozen=True)
class Plan:
    """One intervention as people plan it.

    Attributes
    ----------
    title : str
        In a few words: "New address form".
    begins_on : date
        The day from which it should show.
    kind, cause : str
        What it is meant to lower; empty means everything.
    conditions : mapping of str to str
        The segment it is about, e.g. ``{"operator": "ben.marsh"}``; empty means all orders.
    department : str
        Who owns it.
    procedure : str
        What is done, and how it is done from now on.
    training : str
        The training topic, if people are trained.
    """

    title: str
    begins_on: date
    kind: str = ""
    cause: str = ""
    conditions: Mapping[str, str] = field(default_factory=dict)
    department: str = ""
    procedure: str = ""
    training: str = ""

    def check(self) -> None:
        """Raise where a word is unknown or a text too long."""
        if not 1 <= len(self.title.strip()) <= MAX_TITLE:
            raise InvalidInputError(f"An intervention has a title of 1 to {MAX_TITLE} characters.")
        if max(len(self.procedure), len(self.training)) > MAX_TEXT:
            raise InvalidInputError(f"A text may have {MAX_TEXT:,} characters.")
        for what, word, known in (
            ("kind", self.kind, KINDS),
            ("cause", self.cause, CAUSES),
            ("department", self.department, DEPARTMENTS),
        ):
            if word and word not in known:
                raise UnknownNameError(what, word, known)

    def stored(self) -> dict[str, Any]:
        """Return the columns."""
        values = {**asdict(self), "title": self.title.strip(), "conditions": json.dumps(dict(self.conditions))}
        return {
            name: value or None if name in ("kind", "cause", "department") else value for name, value in values.items()
        }


class Interventions:
    """Record, change and withdraw interventions. None is ever deleted: the audit log holds each step."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def add(self, actor: Actor, plan: Plan) -> int:
        """Record an intervention; return its ``intervention_id``."""
        plan.check()
        with self.store.write(actor, "intervention.add") as write:
            values = {**plan.stored(), "by": actor.name, "at": write.at, "changed_at": write.at}
            inserted = insert(interventions).values(values).returning(interventions.c.intervention_id)
            intervention_id = int(write.execute(inserted).scalar_one())
            write.note(intervention_id, **_told(plan))
        return intervention_id

    def change(self, actor: Actor, intervention_id: int, plan: Plan) -> None:
        """Record an intervention anew, under its number."""
        plan.check()
        with self.store.write(actor, "intervention.change") as write:
            _find(write, intervention_id)
            is_it = interventions.c.intervention_id == intervention_id
            write.execute(update(interventions).where(is_it).values({**plan.stored(), "changed_at": write.at}))
            write.note(intervention_id, **_told(plan))

    def withdraw(self, actor: Actor, intervention_id: int) -> None:
        """Take an intervention back: it was not made, or was recorded by mistake."""
        with self.store.write(actor, "intervention.withdraw") as write:
            row = _find(write, intervention_id)
            is_it = interventions.c.intervention_id == intervention_id
            write.execute(update(interventions).where(is_it).values(withdrawn_at=write.at, withdrawn_by=actor.name))
            write.note(intervention_id, title=row["title"])

    def list(self) -> pd.DataFrame:
        """Return the interventions that were not withdrawn, the latest first.

        Returns
        -------
        pandas.DataFrame
            The columns of the table; ``conditions`` as dicts, an absent ``kind``, ``cause`` or ``department`` empty.
        """
        query = select(interventions).where(interventions.c.withdrawn_at.is_(None))
        query = query.order_by(interventions.c.begins_on.desc(), interventions.c.intervention_id.desc())
        with self.store.read() as connection:
            frame = pd.DataFrame(connection.execute(query).fetchall(), columns=LISTED)
        words = {name: frame[name].fillna("") for name in ("kind", "cause", "department")}
        return frame.assign(conditions=frame["conditions"].map(json.loads), **words)


def _told(plan: Plan) -> dict[str, Any]:
    return {**asdict(plan), "begins_on": plan.begins_on.isoformat(), "conditions": dict(plan.conditions)}


def _find(write: Write, intervention_id: int) -> Mapping[str, Any]:
    query = select(interventions).where(
        interventions.c.intervention_id == intervention_id, interventions.c.withdrawn_at.is_(None)
    )
    row = write.execute(query).mappings().one_or_none()
    if row is None:
        raise InvalidInputError(f"There is no intervention {intervention_id}.")
    return dict(row)
