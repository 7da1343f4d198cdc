"""What planners decide: the cause of a shortage, a reorder, who gets scarce stock. Append-only, like labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import Select, func, insert, select

from data.casebook.actor import Actor
from data.casebook.chain import canonical
from data.casebook.store import Store
from data.casebook.tables_of_plans import plan_decisions
from data.errors import InvalidInputError, UnknownNameError
from data.plain_values import plain_value
from data.vocabulary import SHORTAGE_CAUSES

TOPICS: dict[str, tuple[str, ...]] = {
    "cause": (*SHORTAGE_CAUSES, "unknown"),
    "reorder": ("order", "snooze"),
    "allocation": ("ship", "hold"),
}
"""What can be decided, with the choices there are."""

MAX_NOTE = 2000
KEY = ["topic", "product_id", "warehouse_id", "order_id", "line_no"]
COLUMNS = [*KEY, "choice", "quantity", "until", "proposed", "note", "by", "at", "decision_id"]


@dataclass(frozen=True)
class Decision:
    """One decision to be stored.

    Attributes
    ----------
    product_id : str
        What it is about.
    choice : str
        One of the topic's choices in `TOPICS`.
    order_id, line_no : str and int, optional
        The order line, where it is about one.
    quantity : float, optional
        Units, above 0.
    until : date, optional
        The day to order by, or to sleep until.
    proposed : mapping, optional
        What was proposed when it was decided.
    note : str, default ""
        Free text, up to 2,000 characters.
    warehouse_id : str, optional
        For which warehouse, where several keep the product.
    """

    product_id: str
    choice: str
    order_id: str | None = None
    line_no: int | None = None
    quantity: float | None = None
    until: date | None = None
    proposed: Mapping[str, Any] | None = None
    note: str = ""
    warehouse_id: str | None = None


class Plans:
    """Store and read planners' decisions."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def decide(self, actor: Actor, topic: str, decisions: Sequence[Decision]) -> list[int]:
        """Store decisions on one topic, all of them or none; return their ids in order.

        Parameters
        ----------
        actor : Actor
            Who decides; the permission is ``plan.`` and the topic.
        topic : str
            One of `TOPICS`.
        decisions : sequence of Decision
            What was decided.

        Returns
        -------
        list of int
            The ``decision_id`` of each.

        Raises
        ------
        UnknownNameError
            If there is no such topic or choice.
        InvalidInputError
            If a quantity is not above 0, a snooze has no day, or a note is too long.
        """
        if topic not in TOPICS:
            raise UnknownNameError("topic", topic, TOPICS)
        for decision in decisions:
            _check(topic, decision)
        ids = []
        with self.store.write(actor, f"plan.{topic}", is_noted=bool(decisions)) as write:
            signed = {"by": actor.name, "via": actor.via, "at": write.at}
            for decision in decisions:
                values = _row(topic, decision) | signed
                ids.append(
                    int(
                        write.execute(
                            insert(plan_decisions).returning(plan_decisions.c.decision_id), values
                        ).scalar_one()
                    )
                )
                told = {name: values[name] for name in ("choice", "quantity", "until", "note")}
                write.note(_subject(values), decision_id=ids[-1], **told)
        return ids

    def undo(self, actor: Actor, decision_id: int) -> int:
        """Take a decision back, so that the one before it counts again; return the id of the row that says so.

        Raise `InvalidInputError` if there is no such decision in force. Others' can be taken back by a manager.
        """
        with self.store.write(actor, "plan.undo") as write:
            found = write.execute(select(plan_decisions).where(plan_decisions.c.decision_id == decision_id))
            row = found.mappings().one_or_none()
            if row is None or row["choice"] is None:
                raise InvalidInputError(f"There is no decision {decision_id}.")
            if row["by"] != actor.name:
                write.permit("plan.undo_any")
            if write.execute(
                select(plan_decisions.c.decision_id).where(plan_decisions.c.undoes == decision_id)
            ).first():
                raise InvalidInputError(f"Decision {decision_id} was undone already.")
            values = {name: row[name] for name in KEY}
            values |= {"undoes": decision_id, "proposed": "{}", "note": ""}
            values |= {"by": actor.name, "via": actor.via, "at": write.at}
            inserted = insert(plan_decisions).values(values).returning(plan_decisions.c.decision_id)
            undo_id = int(write.execute(inserted).scalar_one())
            write.note(_subject(values), decision_id=undo_id, undoes=decision_id, choice=row["choice"], by=row["by"])
        return undo_id

    def current(self, topic: str) -> pd.DataFrame:
        """Return the decision in force for each product or order line of a topic, in the order they were made.

        Returns
        -------
        pandas.DataFrame
            ``topic, product_id, warehouse_id, order_id, line_no, choice, quantity, until, proposed, note, by, at`` and
            ``decision_id``; ``proposed`` as JSON, ``at`` in UTC.
        """
        key = [plan_decisions.c[name] for name in KEY]
        latest = _in_force().with_only_columns(func.max(plan_decisions.c.decision_id)).group_by(*key)
        query = select(*(plan_decisions.c[name] for name in COLUMNS)).where(plan_decisions.c.decision_id.in_(latest))
        with self.store.read() as connection:
            rows = connection.execute(query.where(plan_decisions.c.topic == topic).order_by("decision_id")).fetchall()
        frame = pd.DataFrame(rows, columns=COLUMNS)
        frame["at"] = pd.to_datetime(frame["at"], utc=True)
        return frame.astype({"quantity": "float64", "line_no": "Int64", "decision_id": "int64"})

    def generation(self) -> int:
        """Return a number that grows with every decision and every undo."""
        with self.store.read() as connection:
            return int(connection.execute(select(func.max(plan_decisions.c.decision_id))).scalar() or 0)


def _in_force() -> Select[Any]:
    """Select the decisions that were not undone."""
    undone = select(plan_decisions.c.undoes).where(plan_decisions.c.undoes.is_not(None))
    return select(plan_decisions).where(
        plan_decisions.c.choice.is_not(None), plan_decisions.c.decision_id.not_in(undone)
    )


def _check(topic: str, decision: Decision) -> None:
    if decision.choice not in TOPICS[topic]:
        raise UnknownNameError("choice", decision.choice, TOPICS[topic])
    if decision.quantity is not None and not 0 < decision.quantity < float("inf"):
        raise InvalidInputError(f"A quantity must be above 0 (got {decision.quantity}).")
    if decision.choice == "snooze" and decision.until is None:
        raise InvalidInputError("A snooze needs the day it ends.")
    if len(decision.note) > MAX_NOTE:
        raise InvalidInputError(f"A note has at most {MAX_NOTE:,} characters (got {len(decision.note):,}).")


def _row(topic: str, decision: Decision) -> dict[str, Any]:
    return {
        "topic": topic,
        "product_id": decision.product_id,
        "warehouse_id": decision.warehouse_id,
        "order_id": decision.order_id,
        "line_no": None if decision.line_no is None else int(decision.line_no),
        "choice": decision.choice,
        "quantity": None if decision.quantity is None else float(decision.quantity),
        "until": decision.until.isoformat() if decision.until else None,
        "proposed": canonical({name: plain_value(value) for name, value in (decision.proposed or {}).items()}),
        "note": decision.note,
    }


def _subject(values: Mapping[str, Any]) -> str:
    """Return what the audit log calls it: the order line, or the product and its warehouse."""
    if values["order_id"]:
        return f"{values['order_id']}/{values['line_no']}"
    return "/".join(str(values[name]) for name in ("product_id", "warehouse_id") if values[name])
