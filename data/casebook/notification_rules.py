"""Who is told of what: rules by department and kind, each with its threshold, language, timetable and address."""

import json
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
from sqlalchemy import RowMapping, insert, select, update

from data.casebook.accounts import check_account
from data.casebook.actor import Actor
from data.casebook.notification_targets import check_target, masked
from data.casebook.quiet_hours import Timetable, parse_time
from data.casebook.store import Store, Write
from data.casebook.tables import notification_rules, notifications
from data.errors import InvalidInputError, UnknownNameError
from data.vocabulary import DEPARTMENTS, KINDS

DELIVERIES = ("each", "digest")
LANGUAGES = ("en", "zh")
TOPICS = ("findings", "assigned", "mentioned", "overdue", "reopened")
"""What a rule tells of: findings of a run, and what happens to cases."""

LISTS = ("departments", "kinds", "topics")
RULE_REMOVED = "The rule was removed."
LISTED = (
    "rule_id name is_enabled departments kinds min_score min_impact language delivery digest_at quiet_from "
    "quiet_until is_quiet_at_weekends topics person updated_by updated_at"
).split()


@dataclass(frozen=True)
class Rule:
    """Who is told of what, when, and in which language; all but the address.

    Attributes
    ----------
    name : str
        How people call it, e.g. the channel.
    departments, kinds : tuple of str
        Findings of any of these; empty means all.
    min_score : float
        From this chance of being real on, 0..1.
    min_impact : float
        From this much money at risk on, in the company's currency.
    language : {"en", "zh"}
        The language of the messages.
    delivery : {"each", "digest"}
        One message per cause at once, or one a day that lists them.
    digest_at : str
        When the daily message goes out, ``HH:MM`` in the setting ``time_zone``.
    quiet_from, quiet_until : str or None
        Hours in which nothing goes out; what is ready then goes out afterwards.
    is_quiet_at_weekends : bool
        Whether nothing goes out on Saturdays and Sundays.
    is_enabled : bool
        Whether the rule is in force.
    topics : tuple of str
        Of what it tells, of `TOPICS`.
    person : str or None
        An account: of cases it tells then what is theirs only.
    """

    name: str
    departments: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    min_score: float = 0.5
    min_impact: float = 0.0
    language: str = "en"
    delivery: str = "each"
    digest_at: str = "08:00"
    quiet_from: str | None = None
    quiet_until: str | None = None
    is_quiet_at_weekends: bool = False
    is_enabled: bool = True
    topics: tuple[str, ...] = ("findings",)
    person: str | None = None

    def timetable(self, zone: str) -> Timetable:
        """Return when its messages go out, in a time zone."""
        digest_at = self.digest_at if self.delivery == "digest" else None
        return Timetable(zone, digest_at, self.quiet_from, self.quiet_until, self.is_quiet_at_weekends)


class NotificationRules:
    """Save, list and remove rules; their addresses come in, and go out to the sender alone."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def save(self, actor: Actor, rule: Rule, target: str | None = None, rule_id: int | None = None) -> int:
        """Add a rule, or change one; return its ``rule_id``.

        Parameters
        ----------
        actor : Actor
            Who sets it.
        rule : Rule
            What it says.
        target : str, optional
            The address; left out in a change, the old one stays.
        rule_id : int, optional
            The rule to change; by default a new one is added.

        Returns
        -------
        int
            The rule's number.
        """
        _check(rule)
        values: dict[str, Any] = {**asdict(rule), "name": rule.name.strip()}
        values |= {name: json.dumps(values[name]) for name in LISTS}
        if target is not None:
            values["target"] = check_target(target)
        elif rule_id is None:
            raise InvalidInputError("A new rule needs an address.")
        with self.store.write(actor, "notification.set_rule") as write:
            values |= {"updated_by": actor.name, "updated_at": write.at}
            if rule.person:
                check_account(write, rule.person)
            if rule_id is None:
                added = insert(notification_rules).values(values).returning(notification_rules.c.rule_id)
                rule_id = int(write.execute(added).scalar_one())
            else:
                _find(write, rule_id)
                write.execute(update(notification_rules).where(notification_rules.c.rule_id == rule_id).values(values))
            told = {**asdict(rule), "target": masked(target) if target else "unchanged"}
            write.note(rule_id, **told)
        return rule_id

    def remove(self, actor: Actor, rule_id: int) -> None:
        """Remove a rule and forget its address; what is still waiting for it is dropped."""
        with self.store.write(actor, "notification.remove_rule") as write:
            row = _find(write, rule_id)
            gone = {"removed_at": write.at, "is_enabled": False, "target": masked(row["target"])}
            write.execute(update(notification_rules).where(notification_rules.c.rule_id == rule_id).values(gone))
            waiting = (notifications.c.rule_id == rule_id) & notifications.c.status.in_(("queued", "held", "failed"))
            dropped = {"status": "dropped", "finished_at": write.at, "error": RULE_REMOVED}
            write.execute(update(notifications).where(waiting).values(dropped))
            write.note(rule_id, name=row["name"])

    def list(self) -> pd.DataFrame:
        """Return the rules by name; ``target`` masked, ``departments, kinds, topics`` as lists."""
        query = select(notification_rules).where(notification_rules.c.removed_at.is_(None))
        with self.store.read() as connection:
            rows = connection.execute(query.order_by(notification_rules.c.name)).mappings().all()
        frame = pd.DataFrame([{name: row[name] for name in LISTED} for row in rows], columns=LISTED)
        return frame.assign(
            target=[masked(row["target"]) for row in rows],
            **{name: [json.loads(row[name]) for row in rows] for name in LISTS},
        )

    def in_force(self) -> dict[int, Rule]:
        """Return the enabled rules by number."""
        is_in_force = notification_rules.c.is_enabled & notification_rules.c.removed_at.is_(None)
        query = select(notification_rules).where(is_in_force).order_by(notification_rules.c.rule_id)
        with self.store.read() as connection:
            return {row["rule_id"]: as_rule(row) for row in connection.execute(query).mappings()}

    def get(self, rule_id: int) -> Rule:
        """Return one rule; raise `InvalidInputError` if there is none of that number."""
        with self.store.read() as connection:
            query = select(notification_rules).where(notification_rules.c.rule_id == rule_id)
            row = connection.execute(query).mappings().one_or_none()
        if row is None or row["removed_at"] is not None:
            raise InvalidInputError(f"There is no notification rule {rule_id}.")
        return as_rule(row)


def as_rule(row: RowMapping) -> Rule:
    """Return a stored row as a rule."""
    values = {name: row[name] for name in Rule.__dataclass_fields__}
    return Rule(**{**values, **{name: tuple(json.loads(row[name])) for name in LISTS}})


def _find(write: Write, rule_id: int) -> RowMapping:
    is_it = (notification_rules.c.rule_id == rule_id) & notification_rules.c.removed_at.is_(None)
    row = write.execute(select(notification_rules).where(is_it)).mappings().one_or_none()
    if row is None:
        raise InvalidInputError(f"There is no notification rule {rule_id}.")
    return row


def _check(rule: Rule) -> None:
    name = rule.name.strip()
    if not 1 <= len(name) <= 64 or not name.isprintable():
        raise InvalidInputError(f"A rule's name has 1 to 64 printable characters (got {len(name)}).")
    closed = {"department": (rule.departments, DEPARTMENTS), "kind": (rule.kinds, tuple(KINDS)),
              "language": ((rule.language,), LANGUAGES), "delivery": ((rule.delivery,), DELIVERIES),
              "topic": (rule.topics, TOPICS)}  # fmt: skip
    for what, (given, allowed) in closed.items():
        for word in given:
            if word not in allowed:
                raise UnknownNameError(what, word, allowed)
    if not rule.topics:
        raise InvalidInputError(f"A rule tells of something: {', '.join(TOPICS)}.")
    if not 0 <= rule.min_score <= 1 or not 0 <= rule.min_impact < float("inf"):
        raise InvalidInputError("A rule's score lies between 0 and 1, its money at 0 or above.")
    if (rule.quiet_from is None) != (rule.quiet_until is None):
        raise InvalidInputError("Quiet hours have a beginning and an end.")
    for text in (rule.digest_at, rule.quiet_from, rule.quiet_until):
        if text is not None:
            parse_time(text)
