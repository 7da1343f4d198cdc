"""What closed cases teach: found by what was wrong, what was said, and what was done."""

from collections import defaultdict
from typing import Any

import pandas as pd
from sqlalchemy import exists, or_, select

from data.casebook.case_states import CLOSED
from data.casebook.store import Store
from data.casebook.tables_of_cases import case_actions, case_events, cases

COLUMNS = "case_id kind cause order_id product_id customer_id reason source variant evidence state closed_at".split()
SEARCHED = ("reason", "order_id", "product_id", "customer_id", "kind", "cause")
MAX_WORDS = 8


class Knowledge:
    """Search the closed cases."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def search(self, words: str, kind: str | None = None, cause: str | None = None, limit: int = 50) -> pd.DataFrame:
        """Return closed cases in which every word occurs, the latest first.

        Parameters
        ----------
        words : str
            Looked for in reason, order, product, customer, comments, reasons of moves, and notes of actions.
        kind, cause : str, optional
            Only cases of this kind and cause.
        limit : int, default 50
            At most so many.

        Returns
        -------
        pandas.DataFrame
            ``case_id, kind, cause, order_id, product_id, customer_id, reason, source, variant, evidence, state,
            closed_at``, ``closing`` (what was said at the end) and ``actions`` (a list of ``action`` and ``outcome``).
        """
        query = select(*(cases.c[name] for name in COLUMNS)).where(cases.c.state.in_(CLOSED))
        for column, value in ((cases.c.kind, kind), (cases.c.cause, cause)):
            if value is not None:
                query = query.where(column == value)
        for word in words.split()[:MAX_WORDS]:
            query = query.where(_occurs(word))
        query = query.order_by(cases.c.closed_at.desc(), cases.c.case_id.desc()).limit(limit)
        with self.store.read() as connection:
            frame = pd.DataFrame(connection.execute(query).fetchall(), columns=COLUMNS)
            ids = [int(name) for name in frame["case_id"]]
            closed = select(case_events.c.case_id, case_events.c.text).where(case_events.c.case_id.in_(ids))
            closed = closed.where(case_events.c.what == "closed").order_by(case_events.c.event_id)
            closing = {int(row.case_id): row.text for row in connection.execute(closed)}
            done = select(case_actions.c.case_id, case_actions.c.action, case_actions.c.outcome)
            done = done.where(case_actions.c.case_id.in_(ids), case_actions.c.state == "done")
            actions: dict[int, list[dict[str, Any]]] = defaultdict(list)
            for row in connection.execute(done.order_by(case_actions.c.case_action_id)):
                actions[int(row.case_id)].append({"action": row.action, "outcome": row.outcome})
        frame["closed_at"] = pd.to_datetime(frame["closed_at"], utc=True)
        told = pd.Series([actions.get(name, []) for name in ids], index=frame.index, dtype=object)
        return frame.assign(closing=[closing.get(name, "") for name in ids], actions=told)


def _occurs(word: str) -> Any:
    said = exists().where(case_events.c.case_id == cases.c.case_id, case_events.c.text.icontains(word, autoescape=True))
    noted = or_(
        case_actions.c.note.icontains(word, autoescape=True),
        case_actions.c.outcome_note.icontains(word, autoescape=True),
    )
    done = exists().where(case_actions.c.case_id == cases.c.case_id, noted)
    return or_(*(cases.c[name].icontains(word, autoescape=True) for name in SEARCHED), said, done)
