"""What was done about cases and how it ended: planned, done or cancelled, each with its outcome."""

from typing import Any

import pandas as pd
from sqlalchemy import func, insert, select, update

from data.casebook.actor import Actor
from data.casebook.cases import add_event, check_text, find_case
from data.casebook.store import Store
from data.casebook.tables_of_cases import case_actions, cases, procedures
from data.errors import InvalidInputError, UnknownNameError
from data.vocabulary import ACTIONS, OUTCOMES

COLUMNS = [column.name for column in case_actions.c]
EXPERIENCE = ["action", "kind", "cause", "outcome", "reopened_count"]


class CorrectiveActions:
    """Plan actions for a case, finish them, and read what came of them."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def plan(self, actor: Actor, case_id: int, action: str, note: str = "") -> int:
        """Plan an action by the procedure in force; return its ``case_action_id``."""
        if action not in ACTIONS:
            raise UnknownNameError("action", action, ACTIONS)
        check_text(note)
        with self.store.write(actor, "case.plan_action") as write:
            find_case(write, case_id)
            latest = select(func.max(procedures.c.version)).where(procedures.c.action == action)
            values: dict[str, Any] = {"case_id": case_id, "action": action, "note": note.strip(), "state": "planned"}
            values |= {"procedure_version": write.execute(latest).scalar() or 1, "outcome_note": ""}
            values |= {"planned_by": actor.name, "planned_at": write.at}
            inserted = insert(case_actions).values(values).returning(case_actions.c.case_action_id)
            case_action_id = int(write.execute(inserted).scalar_one())
            add_event(write, case_id, "action_planned", None, action, note.strip())
            write.note(f"case {case_id}", case_action_id=case_action_id, action=action, note=note.strip())
        return case_action_id

    def finish(self, actor: Actor, case_action_id: int, outcome: str | None, note: str = "") -> None:
        """Say how an action ended; without an outcome it was cancelled."""
        if outcome is not None and outcome not in OUTCOMES:
            raise UnknownNameError("outcome", outcome, OUTCOMES)
        check_text(note)
        with self.store.write(actor, "case.finish_action") as write:
            is_it = case_actions.c.case_action_id == case_action_id
            row = write.execute(select(case_actions).where(is_it)).mappings().one_or_none()
            if row is None or row["state"] != "planned":
                state = "There is no such action" if row is None else f"It is {row['state']}"
                raise InvalidInputError(f"Action {case_action_id} is not open. {state}.")
            change: dict[str, Any] = {
                "state": "done" if outcome else "cancelled",
                "outcome": outcome,
                "outcome_note": note.strip(),
            }
            change |= {"finished_by": actor.name, "finished_at": write.at}
            write.execute(update(case_actions).where(is_it).values(change))
            what = "action_done" if outcome else "action_cancelled"
            add_event(write, row["case_id"], what, row["action"], outcome, note.strip())
            write.note(f"case {row['case_id']}", case_action_id=case_action_id, outcome=outcome, note=note.strip())

    def list(self, case_id: int) -> pd.DataFrame:
        """Return a case's actions, oldest first."""
        query = select(case_actions).where(case_actions.c.case_id == case_id).order_by(case_actions.c.case_action_id)
        with self.store.read() as connection:
            return pd.DataFrame(connection.execute(query).fetchall(), columns=COLUMNS)

    def experience(self, kind: str) -> pd.DataFrame:
        """Return how actions ended in closed cases of a kind.

        Returns
        -------
        pandas.DataFrame
            One row per finished action: ``action, kind, cause, outcome, reopened_count``.
        """
        query = select(
            case_actions.c.action, cases.c.kind, cases.c.cause, case_actions.c.outcome, cases.c.reopened_count
        ).join(cases)
        query = query.where(cases.c.kind == kind, case_actions.c.state == "done", cases.c.closed_at.is_not(None))
        with self.store.read() as connection:
            return pd.DataFrame(connection.execute(query).fetchall(), columns=EXPERIENCE)
