"""Cases: a finding that somebody follows up, from opening to closing, every step with who, when and why."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, insert, select, update

from data.casebook.accounts import check_account
from data.casebook.actor import Actor
from data.casebook.case_mentions import mention
from data.casebook.case_rules import assignment_rules, choose_department, choose_hours, service_levels
from data.casebook.case_states import CLOSED, check_move
from data.casebook.store import Store, Write
from data.casebook.tables_of_cases import case_events, cases
from data.errors import InvalidInputError, UnknownNameError
from data.plain_values import plain_value
from data.vocabulary import DEPARTMENTS, KINDS
from data.working_time import WorkingTime

MAX_TEXT = 4000
SUBJECT: dict[str, Callable[[Any], Any]] = {
    "exception_id": str,
    "kind": str,
    "cause": str,
    "group_id": str,
    "order_id": str,
    "line_no": int,
    "product_id": str,
    "customer_id": str,
    "warehouse_id": str,
    "region": str,
    "reason": str,
    "source": str,
    "variant": str,
    "evidence": str,
    "score": float,
    "impact": float,
    "currency": str,
}


class Cases:
    """Open, move, assign and discuss cases. What is read is in `data.casebook.case_lists`.

    Parameters
    ----------
    store : Store
        The casebook's database.
    working_time : WorkingTime
        In whose hours cases are due.
    """

    def __init__(self, store: Store, working_time: WorkingTime) -> None:
        self.store = store
        self.working_time = working_time

    # -- opening

    def open(self, actor: Actor, exception: Mapping[str, Any]) -> int:
        """Open a case for one finding; return its ``case_id``. See `open_many`."""
        return self.open_many(actor, [exception])[0]

    def open_many(self, actor: Actor, exceptions: Sequence[Mapping[str, Any]]) -> list[int]:
        """Open a case for each finding: all of them, or none.

        A finding that has a case keeps it, open or closed: opening twice changes nothing.

        Parameters
        ----------
        actor : Actor
            Who opens them.
        exceptions : sequence of mapping
            The findings: ``exception_id``, ``kind`` and as far as known the rest of `SUBJECT`, as published.

        Returns
        -------
        list of int
            The ``case_id`` of each, in order.
        """
        subjects = [_subject(exception) for exception in exceptions]
        with self.store.write(actor, "case.open", is_noted=False) as write:
            rules, levels = assignment_rules(write.connection), service_levels(write.connection)
            opened = []
            for subject in subjects:
                there = select(cases.c.case_id).where(cases.c.exception_id == subject["exception_id"])
                case_id = write.execute(there).scalar()
                if case_id is None:
                    rule = choose_department(subject, rules)
                    hours = choose_hours(subject["kind"], subject["impact"], levels)
                    due_at = self.working_time.after(write.at, hours)
                    case_id = _insert(write, subject, rule.department, rule.assignee, due_at)
                opened.append(int(case_id))
        return opened

    # -- moving

    def move(self, actor: Actor, case_id: int, after: str, why: str = "", seen: str | None = None) -> None:
        """Move a case to another state, as `data.casebook.case_states.TRANSITIONS` allows. See `move_many`."""
        self.move_many(actor, [case_id], after, why, seen)

    def move_many(
        self, actor: Actor, case_ids: Collection[int], after: str, why: str = "", seen: str | None = None
    ) -> None:
        """Move several cases: all of them, or none.

        Parameters
        ----------
        actor : Actor
            Who moves them.
        case_ids : collection of int
            Which.
        after : str
            The new state.
        why : str, default ""
            The reason; asked for where a case is closed or reopened.
        seen : str, optional
            The state in which they were shown; if somebody else has moved one since, nothing is changed.

        Raises
        ------
        PermissionDeniedError
            If the role may not move a case that way.
        InvalidInputError
            If no case moves that way, the reason is missing, or it was moved meanwhile.
        """
        check_text(why)
        with self.store.write(actor, "case.move") as write:
            for case_id in case_ids:
                row = find_case(write, case_id)
                if seen is not None and row["state"] != seen:
                    raise InvalidInputError(f"Case {case_id} was moved meanwhile: it is {row['state']}, not {seen}.")
                check_move(actor, row["state"], after, why)
                self._move(write, row, after, why.strip())

    def _move(self, write: Write, row: RowMapping, after: str, why: str) -> None:
        change: dict[str, Any] = {"state": after, "state_since": write.at, "updated_at": write.at}
        change["closed_at"] = write.at if after in CLOSED else None
        if row["state"] in CLOSED:
            hours = choose_hours(row["kind"], row["impact"], service_levels(write.connection))
            change |= {"due_at": self.working_time.after(write.at, hours), "gone_at": None}
            change |= {"reopened_count": row["reopened_count"] + 1}
        write.execute(update(cases).where(cases.c.case_id == row["case_id"]).values(change))
        what = "reopened" if row["state"] in CLOSED else "closed" if after in CLOSED else "moved"
        add_event(write, row["case_id"], what, row["state"], after, why)
        write.note(f"case {row['case_id']}", before=row["state"], after=after, why=why)

    def observe(self, actor: Actor, found: Collection[str]) -> list[int]:
        """Compare the resolved cases with what a run has found; reopen those that had gone and are back.

        Parameters
        ----------
        actor : Actor
            Who ran the detection.
        found : collection of str
            The ``exception_id`` of everything the run found.

        Returns
        -------
        list of int
            The cases that were reopened.
        """
        present = set(found)
        resolved = select(cases).where(cases.c.state == "resolved")
        with self.store.write(actor, "data.detect", is_noted=False) as write:
            rows = list(write.execute(resolved).mappings())
            gone = [row["case_id"] for row in rows if row["gone_at"] is None and row["exception_id"] not in present]
            for case_id in gone:
                write.execute(update(cases).where(cases.c.case_id == case_id).values(gone_at=write.at))
            back = [row for row in rows if row["gone_at"] is not None and row["exception_id"] in present]
            for row in back:
                self._move(write, row, "investigating", "It had gone and was found again.")
        return [int(row["case_id"]) for row in back]

    # -- who and until when

    def assign(
        self, actor: Actor, case_ids: Collection[int], department: str | None = None, assignee: str | None = None
    ) -> None:
        """Give cases to a department, to a person, or both; an empty ``assignee`` leaves them to the department."""
        if department is not None and department not in DEPARTMENTS:
            raise UnknownNameError("department", department, DEPARTMENTS)
        with self.store.write(actor, "case.assign") as write:
            if assignee:
                check_account(write, assignee)
            for case_id in case_ids:
                _assign(write, find_case(write, case_id), department, assignee)

    def take(self, actor: Actor, case_id: int) -> None:
        """Take a case oneself."""
        with self.store.write(actor, "case.take") as write:
            _assign(write, find_case(write, case_id), None, actor.name)

    def set_due(self, actor: Actor, case_id: int, due_at: datetime, why: str) -> None:
        """Set another due time, with the reason."""
        check_text(why, is_needed=True)
        with self.store.write(actor, "case.set_due") as write:
            row = find_case(write, case_id)
            write.execute(update(cases).where(cases.c.case_id == case_id).values(due_at=due_at, updated_at=write.at))
            add_event(write, case_id, "due_set", row["due_at"].isoformat(), due_at.isoformat(), why)
            write.note(f"case {case_id}", before=row["due_at"], after=due_at, why=why)

    # -- talking about it

    def comment(self, actor: Actor, case_id: int, text: str) -> int:
        """Add a comment; whoever is named with an @ in it finds it among their mentions. Return its ``event_id``."""
        check_text(text, is_needed=True)
        with self.store.write(actor, "case.comment") as write:
            find_case(write, case_id)
            event_id = add_event(write, case_id, "commented", None, None, text.strip())
            names = mention(write, case_id, event_id, text)
            write.execute(update(cases).where(cases.c.case_id == case_id).values(updated_at=write.at))
            write.note(f"case {case_id}", text=text.strip(), mentions=names)
        return event_id


def find_case(write: Write, case_id: int) -> RowMapping:
    """Return a case's row; raise `InvalidInputError` if there is none of that number."""
    row = write.execute(select(cases).where(cases.c.case_id == int(case_id))).mappings().one_or_none()
    if row is None:
        raise InvalidInputError(f"There is no case {case_id}.")
    return row


def add_event(write: Write, case_id: int, what: str, before: str | None, after: str | None, text: str = "") -> int:
    """Add a step to a case's course; return its ``event_id``."""
    actor = write.actor
    values = {"case_id": case_id, "what": what, "before": before, "after": after, "text": text}
    values |= {"by": actor.name, "role": actor.role, "via": actor.via, "at": write.at}
    return int(write.execute(insert(case_events).values(values).returning(case_events.c.event_id)).scalar_one())


def check_text(text: str, is_needed: bool = False) -> None:
    """Raise `InvalidInputError` unless a text can be stored."""
    if len(text) > MAX_TEXT or "\0" in text:
        raise InvalidInputError(f"A text has up to {MAX_TEXT:,} characters (got {len(text):,}).")
    if is_needed and not text.strip():
        raise InvalidInputError("Write a text; it is empty.")


def _subject(exception: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: plain_value(exception.get(name)) for name in SUBJECT}
    subject = {name: None if found[name] is None else make(found[name]) for name, make in SUBJECT.items()}
    if not subject["exception_id"]:
        raise InvalidInputError("A case needs an exception_id.")
    if subject["kind"] not in KINDS:
        raise UnknownNameError("kind", str(subject["kind"]), KINDS)
    return {**subject, "reason": subject["reason"] or "", "evidence": subject["evidence"] or "{}"}


def _insert(write: Write, subject: Mapping[str, Any], department: str, assignee: str | None, due_at: datetime) -> int:
    values = {
        **subject,
        "state": "new",
        "state_since": write.at,
        "department": department,
        "assignee": assignee,
        "due_at": due_at,
        "opened_by": write.actor.name,
        "opened_at": write.at,
        "updated_at": write.at,
        "reopened_count": 0,
    }
    case_id = int(write.execute(insert(cases).values(values).returning(cases.c.case_id)).scalar_one())
    add_event(write, case_id, "opened", None, "new")
    add_event(write, case_id, "assigned", None, f"{department} {assignee or ''}".strip())
    exception_id, kind = subject["exception_id"], subject["kind"]
    write.note(f"case {case_id}", exception_id=exception_id, kind=kind, department=department, due_at=due_at)
    return case_id


def _assign(write: Write, row: RowMapping, department: str | None, assignee: str | None) -> None:
    department = department or str(row["department"])
    assignee = row["assignee"] if assignee is None else assignee or None
    change = {"department": department, "assignee": assignee, "updated_at": write.at}
    write.execute(update(cases).where(cases.c.case_id == row["case_id"]).values(change))
    before = f"{row['department']} {row['assignee'] or ''}".strip()
    add_event(write, row["case_id"], "assigned", before, f"{department} {assignee or ''}".strip())
    write.note(f"case {row['case_id']}", department=department, assignee=assignee, before=before)
