"""What a notification rule has to tell of cases: given to somebody, named in a comment, overdue, come back.

Each step of a case is told once, as long as it still holds: who took a case over from somebody else, closed it or has
seen the comment needs no message any more.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import RowMapping, Select, func, select

from data.casebook.case_states import CLOSED
from data.casebook.notification_rules import Rule
from data.casebook.outbox import News
from data.casebook.store import Store
from data.casebook.tables_of_cases import case_events, case_mentions, cases

CONTENT = "case_id kind cause order_id product_id reason source variant evidence currency department assignee".split()
MAX_TOLD = 280
"""Characters of a comment that a message quotes."""


class CaseNews:
    """Find what there is to tell of cases."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def of(self, rule: Rule, now: datetime | None = None) -> list[News]:
        """Return what a rule has to tell of open cases, oldest first; its thresholds are for findings only.

        Parameters
        ----------
        rule : Rule
            Its ``topics``, and the ``person`` or the ``departments`` and ``kinds`` that it is for.
        now : datetime, optional
            The moment at which cases are overdue; by default now.

        Returns
        -------
        list of News
            The ``cause_key`` names the step, so that each is told once; ``content`` has the case, ``topic``, who did
            it (``by``) and the comment (``text``).
        """
        with self.store.read() as connection:
            return [
                _news(topic, row)
                for topic, query in _queries(rule, now or datetime.now(UTC))
                for row in connection.execute(query).mappings()
            ]


def _queries(rule: Rule, now: datetime) -> Iterator[tuple[str, Select[Any]]]:
    """Select for each topic of a rule the cases with the step that is told of."""
    for topic, what in (("assigned", "assigned"), ("reopened", "reopened")):
        if topic in rule.topics:
            latest = select(func.max(case_events.c.event_id)).where(case_events.c.what == what)
            latest = latest.group_by(case_events.c.case_id)
            query = _stepped(rule).where(case_events.c.event_id.in_(latest))
            yield topic, _for_whom(query, rule)
    if "mentioned" in rule.topics:
        query = _stepped(rule).join(case_mentions, case_mentions.c.event_id == case_events.c.event_id)
        query = query.add_columns(case_mentions.c.name.label("named")).where(case_mentions.c.seen_at.is_(None))
        yield "mentioned", query.where(case_mentions.c.name == rule.person) if rule.person else query
    if "overdue" in rule.topics:
        query = _open(select(cases), rule).where(cases.c.due_at < now).order_by(cases.c.due_at, cases.c.case_id)
        yield "overdue", query.where(cases.c.assignee == rule.person) if rule.person else query


def _open(query: Select[Any], rule: Rule) -> Select[Any]:
    query = query.where(cases.c.state.not_in(CLOSED))
    for column, wanted in ((cases.c.department, rule.departments), (cases.c.kind, rule.kinds)):
        if wanted:
            query = query.where(column.in_(wanted))
    return query


def _stepped(rule: Rule) -> Select[Any]:
    steps = [case_events.c.event_id, case_events.c.by, case_events.c.text]
    query = _open(select(cases, *steps).join(case_events, case_events.c.case_id == cases.c.case_id), rule)
    return query.order_by(case_events.c.event_id)


def _for_whom(query: Select[Any], rule: Rule) -> Select[Any]:
    """Keep what is the person's own and what they did not do themselves; of a department all."""
    if not rule.person:
        return query
    return query.where(cases.c.assignee == rule.person, case_events.c.by != rule.person)


def _news(topic: str, row: RowMapping) -> News:
    step = row["due_at"].isoformat(timespec="seconds") if topic == "overdue" else row["event_id"]
    named = f":{row['named']}" if topic == "mentioned" else ""
    content = {name: row[name] for name in CONTENT}
    content |= {"topic": topic, "due_at": row["due_at"].isoformat(timespec="minutes")}
    if topic != "overdue":
        content |= {"by": row["by"], "text": row["text"][:MAX_TOLD] if topic == "mentioned" else ""}
    key = f"case:{row['case_id']}:{topic}:{step}{named}"
    return News(key, row["exception_id"], float(row["impact"] or 0), 1, content)
