"""What is read of cases: lists with what is overdue on top, one case, its course, what was learnt from closed ones."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from sqlalchemy import case, func, or_, select

from data.casebook.case_states import CLOSED
from data.casebook.store import Store
from data.casebook.tables_of_cases import case_events, cases
from data.errors import InvalidInputError

COLUMNS = [column.name for column in cases.c]
COURSE = "event_id at what before after text by role via".split()
TIMES = ("state_since", "due_at", "opened_at", "updated_at", "closed_at", "gone_at")
SEARCHED = ("order_id", "product_id", "customer_id", "reason", "assignee", "exception_id")


class CaseLists:
    """Read cases."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def get(self, case_id: int) -> Mapping[str, Any]:
        """Return one case; raise `InvalidInputError` if there is none of that number."""
        with self.store.read() as connection:
            row = connection.execute(select(cases).where(cases.c.case_id == case_id)).mappings().one_or_none()
        if row is None:
            raise InvalidInputError(f"There is no case {case_id}.")
        return dict(row)

    def of_exception(self, exception_id: str) -> Mapping[str, Any] | None:
        """Return the case of a finding, None if it has none."""
        query = select(cases).where(cases.c.exception_id == exception_id)
        with self.store.read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else dict(row)

    def list(
        self,
        states: Collection[str] = (),
        kinds: Collection[str] = (),
        departments: Collection[str] = (),
        assignee: str | None = None,
        is_overdue_only: bool = False,
        words: str = "",
        limit: int = 2000,
        now: datetime | None = None,
    ) -> pd.DataFrame:
        """Return cases: what is overdue first, then by due time, then the closed ones, latest first.

        Parameters
        ----------
        states, kinds, departments : collection of str
            Only these; empty means all.
        assignee : str, optional
            Only this person's.
        is_overdue_only : bool, default False
            Only what is open and late.
        words : str, default ""
            Only what has this text in order, product, customer, person or reason.
        limit : int, default 2000
            At most so many.
        now : datetime, optional
            The moment that decides what is overdue; the clock's if not given.

        Returns
        -------
        pandas.DataFrame
            All columns of the table and ``is_overdue``; times in UTC.
        """
        moment = now or datetime.now(UTC)
        is_overdue = cases.c.state.not_in(CLOSED) & (cases.c.due_at < moment)
        query = select(cases, is_overdue.label("is_overdue"))
        for column, allowed in ((cases.c.state, states), (cases.c.kind, kinds), (cases.c.department, departments)):
            if allowed:
                query = query.where(column.in_(list(allowed)))
        if assignee is not None:
            query = query.where(cases.c.assignee == assignee)
        if is_overdue_only:
            query = query.where(is_overdue)
        if words.strip():
            query = query.where(or_(*(cases.c[name].icontains(words.strip(), autoescape=True) for name in SEARCHED)))
        place = case((is_overdue, 0), (cases.c.state.not_in(CLOSED), 1), else_=2)
        query = query.order_by(place, case((place < 2, cases.c.due_at)), cases.c.closed_at.desc(), cases.c.case_id)
        with self.store.read() as connection:
            rows = connection.execute(query.limit(limit)).fetchall()
        return _frame(rows)

    def counts(self, name: str, now: datetime | None = None) -> dict[str, int]:
        """Return how many cases are ``open``, ``overdue``, and of these how many are this person's own (``mine``)."""
        moment = now or datetime.now(UTC)
        is_open = cases.c.state.not_in(CLOSED)
        query = select(
            func.count().label("open"),
            func.coalesce(func.sum(case((cases.c.due_at < moment, 1), else_=0)), 0).label("overdue"),
            func.coalesce(func.sum(case((cases.c.assignee == name, 1), else_=0)), 0).label("mine"),
        ).where(is_open)
        with self.store.read() as connection:
            row = connection.execute(query).mappings().one()
        return {key: int(value) for key, value in row.items()}

    def course(self, case_id: int) -> pd.DataFrame:
        """Return a case's steps, oldest first."""
        query = select(*(case_events.c[name] for name in COURSE)).where(case_events.c.case_id == case_id)
        with self.store.read() as connection:
            rows = connection.execute(query.order_by(case_events.c.event_id)).fetchall()
        frame = pd.DataFrame(rows, columns=COURSE)
        return frame.assign(at=pd.to_datetime(frame["at"], utc=True))

    def states_of(self, exception_ids: Collection[str]) -> dict[str, tuple[int, str]]:
        """Return number and state of the cases that these findings have."""
        query = select(cases.c.exception_id, cases.c.case_id, cases.c.state)
        with self.store.read() as connection:
            rows = connection.execute(query.where(cases.c.exception_id.in_(list(exception_ids)))).fetchall()
        return {row.exception_id: (int(row.case_id), row.state) for row in rows}


def _frame(rows: Sequence[Any]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[*COLUMNS, "is_overdue"])
    for name in TIMES:
        frame[name] = pd.to_datetime(frame[name], utc=True)
    return frame.astype({"line_no": "Int64", "score": "float64", "impact": "float64", "is_overdue": "bool"})
