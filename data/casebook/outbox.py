"""The outbox: messages wait here until they are out. Each goes out once, or is still here with the reason.

Nobody can tell whether a message got through when its sender dies between handing it over and writing that down. Such a
message is *held*: it is not sent again by itself, stands on top of the page, and a person decides.
"""

import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from os import getpid
from typing import Any

import pandas as pd
from sqlalchemy import RowMapping, Select, and_, func, insert, or_, select, update

from data.casebook.actor import Actor
from data.casebook.notification_rules import Rule, as_rule
from data.casebook.notification_targets import masked
from data.casebook.store import Store, Write
from data.casebook.tables import notification_items, notification_rules, notifications
from data.errors import InvalidInputError
from data.home import is_running

STATUSES = ("queued", "sending", "sent", "failed", "held", "dropped")
OPEN = ("queued", "sending", "failed", "held")
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720))
"""How long to wait after each failed attempt; after the last one the message stays in the outbox as failed."""

LOST_AFTER = timedelta(minutes=10)
"""A message that a process of another machine claimed this long ago, without a word since, is held."""

WORSE_IMPACT = 1.5
WORSE_ORDERS = 2
"""A cause is told again once its money at risk is half as much again, or its orders are twice as many."""

AT_ONCE = 5
"""More new causes than these at one time go out as one message that lists them."""

LISTED_IN_FULL = 20
"""What one message lists; the rest is counted."""

IN_DOUBT = "Its sender ended while sending; it may be out."
DISCARDED = "Somebody discarded it."
JUDGED = "All it tells of was judged in the meantime."

SHOWN = "notification_id rule_id purpose status queued_at due_at attempt_count error finished_at".split()


@dataclass(frozen=True)
class News:
    """One cause to tell of: an order, or all orders of one common cause."""

    cause_key: str
    exception_id: str
    impact: float
    order_count: int
    content: Mapping[str, Any]


@dataclass(frozen=True)
class Message:
    """One message as its sender claimed it; ``target`` is a secret.

    ``items`` hold the content of each cause listed, the first to look at first; ``more_count`` counts the others.
    """

    notification_id: int
    rule: Rule
    target: str
    is_test: bool
    items: tuple[Mapping[str, Any], ...]
    more_count: int
    attempt: int


class Outbox:
    """Queue messages, hand them to senders one at a time, and keep what became of them."""

    def __init__(self, store: Store, zone: str) -> None:
        self.store = store
        self.zone = zone

    def queue(self, actor: Actor, rule_id: int, rule: Rule, news: Sequence[News]) -> int:
        """Queue what a rule's readers do not know yet, or what got worse since; return how many causes that are.

        Calling it again with the same news adds nothing.
        """
        if not news or not self._unknown(rule_id, news):
            return 0
        with self.store.write(actor, "notification.queue", is_noted=False) as write:
            fresh = [(one, is_worse) for one in news if (is_worse := _is_news(write, rule_id, one)) is not None]
            if not fresh:
                return 0
            due_at = rule.timetable(self.zone).due(write.at)
            if rule.delivery == "digest":
                waiting = _waiting(write, rule_id) or _insert(write, rule_id, "news", due_at)
                _add_items(write, waiting, rule_id, fresh)
            elif len(fresh) > AT_ONCE:
                _add_items(write, _insert(write, rule_id, "news", due_at), rule_id, fresh)
            else:
                for one in fresh:
                    waiting = _waiting(write, rule_id, one[0].cause_key) or _insert(write, rule_id, "news", due_at)
                    _add_items(write, waiting, rule_id, [one])
            write.note(rule_id, name=rule.name, cause_count=len(fresh), due_at=due_at.isoformat(timespec="seconds"))
        return len(fresh)

    def queue_test(self, actor: Actor, rule_id: int) -> int:
        """Queue a test message to a rule's address, at once; return its number."""
        with self.store.write(actor, "notification.set_rule") as write:
            is_it = (notification_rules.c.rule_id == rule_id) & notification_rules.c.removed_at.is_(None)
            if not write.execute(select(notification_rules.c.rule_id).where(is_it)).first():
                raise InvalidInputError(f"There is no notification rule {rule_id}.")
            notification_id = _insert(write, rule_id, "test", write.at)
            write.note(rule_id, test=notification_id)
        return notification_id

    def claim(self, actor: Actor, now: datetime | None = None) -> Message | None:
        """Take the next message that is due, for this process alone; None if there is none."""
        enabled = select(notification_rules.c.rule_id).where(notification_rules.c.is_enabled)
        due = and_(
            notifications.c.status == "queued",
            notifications.c.due_at <= (now or datetime.now(UTC)),
            or_(notifications.c.purpose == "test", notifications.c.rule_id.in_(enabled)),
        )
        with self.store.read() as connection:
            if not connection.execute(select(notifications.c.notification_id).where(due).limit(1)).first():
                return None
        with self.store.write(actor, "notification.send", is_noted=False) as write:
            query = select(notifications.c.notification_id).where(due)
            number = write.execute(query.order_by(notifications.c.due_at, notifications.c.notification_id)).scalar()
            if number is None:
                return None
            claim = {"status": "sending", "claimed_at": write.at, "host": socket.gethostname()[:128], "pid": getpid()}
            claim["attempt_count"] = notifications.c.attempt_count + 1
            write.execute(update(notifications).where(notifications.c.notification_id == number).values(claim))
            return _read(write, int(number))

    def finish(self, actor: Actor, message: Message, error: str | None = None) -> None:
        """Say that a claimed message is out, or why not; then it is tried again later, a few times."""
        with self.store.write(actor, "notification.send") as write:
            change: dict[str, Any] = {"status": "sent", "error": "", "finished_at": write.at}
            if error is not None:
                change = {"status": "failed", "error": error[:500], "finished_at": write.at}
                if message.attempt <= len(RETRY_AFTER):
                    later = write.at + RETRY_AFTER[message.attempt - 1]
                    change |= {"status": "queued", "due_at": message.rule.timetable(self.zone).after_quiet(later)}
            _change(write, message.notification_id, ("sending",), change)
            told = {"rule": message.rule.name, "attempt": message.attempt, "status": change["status"]}
            write.note(message.notification_id, **told, target=masked(message.target), error=change["error"])

    def drop(self, actor: Actor, message: Message) -> None:
        """Drop a claimed message: all that it tells of was judged while it waited."""
        with self.store.write(actor, "notification.send") as write:
            change = {"status": "dropped", "error": JUDGED, "finished_at": write.at}
            _change(write, message.notification_id, ("sending",), change)
            write.note(message.notification_id, rule=message.rule.name, status="dropped", why=JUDGED)

    def hold_lost(self, actor: Actor) -> list[int]:
        """Hold the messages whose sender died while sending: they may be out, or not; return their numbers."""
        here = socket.gethostname()[:128]
        query = select(notifications).where(notifications.c.status == "sending")
        with self.store.read() as connection:
            rows = connection.execute(query).mappings().all()
        early = datetime.now(UTC) - LOST_AFTER
        lost = [
            row["notification_id"]
            for row in rows
            if (not is_running(row["pid"]) if row["host"] == here else row["claimed_at"] < early)
        ]
        if not lost:
            return []
        with self.store.write(actor, "notification.send", is_noted=False) as write:
            change = {"status": "held", "error": IN_DOUBT}
            for number in lost:
                is_it = (notifications.c.notification_id == number) & (notifications.c.status == "sending")
                if write.execute(update(notifications).where(is_it).values(change)).rowcount:
                    write.note(number, status="held")
        return lost

    def send_again(self, actor: Actor, notification_id: int) -> None:
        """Queue a held or failed message anew, at once."""
        with self.store.write(actor, "notification.resend") as write:
            change = {"status": "queued", "due_at": write.at, "attempt_count": 0, "error": "", "finished_at": None}
            _change(write, notification_id, ("held", "failed"), change)
            write.note(notification_id)

    def discard(self, actor: Actor, notification_id: int) -> None:
        """Drop a message that waits, is held or failed."""
        with self.store.write(actor, "notification.resend") as write:
            change = {"status": "dropped", "finished_at": write.at, "error": DISCARDED}
            _change(write, notification_id, ("queued", "held", "failed"), change)
            write.note(notification_id, status="dropped")

    def list(self, limit: int = 500) -> pd.DataFrame:
        """Return the latest messages, newest first, with their rule's ``name`` and ``cause_count``; nothing secret."""
        counts = (
            select(notification_items.c.notification_id, func.count().label("cause_count"))
            .group_by(notification_items.c.notification_id)
            .subquery()
        )
        columns = [notifications.c[name] for name in SHOWN]
        query = (
            select(*columns, notification_rules.c.name, func.coalesce(counts.c.cause_count, 0))
            .join(notification_rules, notification_rules.c.rule_id == notifications.c.rule_id)
            .outerjoin(counts, counts.c.notification_id == notifications.c.notification_id)
            .order_by(notifications.c.notification_id.desc())
            .limit(limit)
        )
        with self.store.read() as connection:
            return pd.DataFrame(connection.execute(query).fetchall(), columns=[*SHOWN, "name", "cause_count"])

    def counts(self) -> dict[str, int]:
        """Return how many messages stand at each status."""
        query = select(notifications.c.status, func.count()).group_by(notifications.c.status)
        with self.store.read() as connection:
            found = {row[0]: int(row[1]) for row in connection.execute(query)}
        return {status: found.get(status, 0) for status in STATUSES}

    def _unknown(self, rule_id: int, news: Sequence[News]) -> bool:
        """Return whether anything is new, without waiting for the write lock: mostly nothing is."""
        with self.store.read() as connection:
            told = {row.cause_key: row for row in connection.execute(_told(rule_id))}
        return any(_judge(told.get(one.cause_key), one) is not None for one in news)


def _told(rule_id: int) -> Select[Any]:
    """Select what a rule's readers were told of each cause, at its worst."""
    is_told = and_(notification_items.c.rule_id == rule_id, notifications.c.status != "dropped")
    return (
        select(
            notification_items.c.cause_key,
            func.max(notification_items.c.impact).label("impact"),
            func.max(notification_items.c.order_count).label("order_count"),
        )
        .join(notifications, notifications.c.notification_id == notification_items.c.notification_id)
        .where(is_told)
        .group_by(notification_items.c.cause_key)
    )


def _judge(told: Any, one: News) -> bool | None:
    """Return False for news, True for what got worse, None for what is known."""
    if told is None:
        return False
    is_worse = one.impact >= WORSE_IMPACT * max(told.impact, 1) or one.order_count >= WORSE_ORDERS * told.order_count
    return True if is_worse else None


def _is_news(write: Write, rule_id: int, one: News) -> bool | None:
    told = write.execute(_told(rule_id).where(notification_items.c.cause_key == one.cause_key)).one_or_none()
    return _judge(told, one)


def _insert(write: Write, rule_id: int, purpose: str, due_at: datetime) -> int:
    values = {"rule_id": rule_id, "purpose": purpose, "status": "queued", "queued_at": write.at, "due_at": due_at}
    values |= {"attempt_count": 0, "error": ""}
    added = insert(notifications).values(values).returning(notifications.c.notification_id)
    return int(write.execute(added).scalar_one())


def _waiting(write: Write, rule_id: int, cause_key: str | None = None) -> int | None:
    """Return the message of a rule that waits for its first attempt, the one about a cause if one is named."""
    is_waiting = and_(
        notifications.c.rule_id == rule_id,
        notifications.c.purpose == "news",
        notifications.c.status == "queued",
        notifications.c.attempt_count == 0,
    )
    query = select(func.max(notifications.c.notification_id)).where(is_waiting)
    if cause_key is not None:
        about = select(notification_items.c.notification_id).where(notification_items.c.cause_key == cause_key)
        query = query.where(notifications.c.notification_id.in_(about))
    found = write.execute(query).scalar()
    return None if found is None else int(found)


def _add_items(write: Write, notification_id: int, rule_id: int, fresh: Sequence[tuple[News, bool]]) -> None:
    is_here = notification_items.c.notification_id == notification_id
    there = int(write.execute(select(func.count()).where(is_here)).scalar_one())
    rows = [
        {
            "notification_id": notification_id,
            "rule_id": rule_id,
            "cause_key": one.cause_key,
            "exception_id": one.exception_id,
            "impact": one.impact,
            "order_count": one.order_count,
            "is_worse": is_worse,
            "content": json.dumps(dict(one.content), default=str) if there + place < LISTED_IN_FULL else None,
        }
        for place, (one, is_worse) in enumerate(fresh)
    ]
    write.execute(insert(notification_items), rows)


def _read(write: Write, number: int) -> Message:
    joined = select(notifications, notification_rules).join(
        notification_rules, notification_rules.c.rule_id == notifications.c.rule_id
    )
    row = write.execute(joined.where(notifications.c.notification_id == number)).mappings().one()
    query = select(notification_items).where(notification_items.c.notification_id == number)
    stored = write.execute(query.order_by(notification_items.c.item_id)).mappings().all()
    latest = [
        list(group)[-1] for _, group in groupby(sorted(stored, key=_by_cause), key=lambda item: item["cause_key"])
    ]
    listed = sorted((item for item in latest if item["content"]), key=lambda item: int(item["item_id"]))
    contents = tuple({**json.loads(item["content"]), **_facts(item)} for item in listed)
    return Message(
        number, as_rule(row), row["target"], row["purpose"] == "test", contents, len(latest) - len(listed),
        int(row["attempt_count"]),
    )  # fmt: skip


def _by_cause(item: RowMapping) -> tuple[str, int]:
    return str(item["cause_key"]), int(item["item_id"])


def _facts(item: RowMapping) -> dict[str, Any]:
    return {name: item[name] for name in ("cause_key", "exception_id", "impact", "order_count", "is_worse")}


def _change(write: Write, number: int, allowed: tuple[str, ...], change: Mapping[str, Any]) -> None:
    is_it = and_(notifications.c.notification_id == number, or_(*(notifications.c.status == word for word in allowed)))
    if write.execute(update(notifications).where(is_it).values(**change)).rowcount != 1:
        raise InvalidInputError(f"Message {number} is not {' or '.join(allowed)}.")
