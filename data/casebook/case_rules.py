"""Who gets a case and until when: the rules shipped, and those that managers put in their place, version by version."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from data.casebook.actor import Actor
from data.casebook.chain import canonical
from data.casebook.store import Store
from data.casebook.tables_of_cases import case_rulebooks
from data.errors import InvalidInputError, UnknownNameError
from data.vocabulary import CAUSES, DEPARTMENTS, KINDS

MAX_RULES = 500
CONDITIONS = ("kind", "cause", "warehouse_id", "region")


@dataclass(frozen=True)
class AssignmentRule:
    """Who gets a case of a sort; a condition that is None holds for every case.

    Attributes
    ----------
    department : str
        One of `data.vocabulary.DEPARTMENTS`.
    assignee : str, optional
        The account that gets it; None leaves it to the department.
    kind, cause, warehouse_id, region : str, optional
        When it applies.
    """

    department: str
    assignee: str | None = None
    kind: str | None = None
    cause: str | None = None
    warehouse_id: str | None = None
    region: str | None = None

    def fits(self, case: Mapping[str, Any]) -> bool:
        """Return whether it applies to a case."""
        return all(getattr(self, name) in (None, case.get(name)) for name in CONDITIONS)

    @property
    def condition_count(self) -> int:
        """How specific it is."""
        return sum(getattr(self, name) is not None for name in CONDITIONS)


@dataclass(frozen=True)
class ServiceLevel:
    """How many working hours a case may take, from which money at risk on.

    Attributes
    ----------
    hours : float
        Working hours.
    impact_from : float
        Holds from this money at risk on.
    kind : str, optional
        None holds for every kind that has no level of its own.
    """

    hours: float
    impact_from: float = 0.0
    kind: str | None = None


ASSIGNMENT = tuple(
    [AssignmentRule(kind.department, kind=kind.name) for kind in KINDS.values()]
    + [
        AssignmentRule("purchasing", cause="late_supplier"),
        AssignmentRule("purchasing", cause="under_forecast"),
        AssignmentRule("purchasing", cause="reorder_policy"),
        AssignmentRule("warehouse", cause="stock_record_error"),
        AssignmentRule("sales", cause="unauthorised_discount"),
        AssignmentRule("finance", cause="customer_default"),
        AssignmentRule("it", cause="edi_resend"),
        AssignmentRule("it", cause="system_fault"),
    ]
)

SERVICE_LEVELS = (
    ServiceLevel(27),
    ServiceLevel(18, 1_000),
    ServiceLevel(9, 10_000),
    ServiceLevel(9, kind="duplicate_order"),
    ServiceLevel(4, 1_000, kind="duplicate_order"),
    ServiceLevel(9, kind="stock_shortage"),
    ServiceLevel(4, 10_000, kind="stock_shortage"),
    ServiceLevel(4, kind="system_fault"),
    ServiceLevel(45, kind="payment_problem"),
    ServiceLevel(18, 10_000, kind="payment_problem"),
)
"""Nine working hours are a day."""

RULE_TYPES: dict[str, type[AssignmentRule] | type[ServiceLevel]] = {
    "assignment": AssignmentRule,
    "service_levels": ServiceLevel,
}


class CaseRules:
    """Read and replace the rules; every version is kept."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def assignment(self) -> list[AssignmentRule]:
        """Return the assignment rules in force."""
        with self.store.read() as connection:
            return assignment_rules(connection)

    def service_levels(self) -> list[ServiceLevel]:
        """Return the service levels in force."""
        with self.store.read() as connection:
            return service_levels(connection)

    def replace(self, actor: Actor, what: str, rules: Sequence[AssignmentRule] | Sequence[ServiceLevel]) -> None:
        """Put other rules in force, as a whole.

        Parameters
        ----------
        actor : Actor
            Who decides.
        what : str
            ``assignment`` or ``service_levels``.
        rules : sequence of AssignmentRule or ServiceLevel
            All rules that shall hold.

        Raises
        ------
        InvalidInputError
            If a rule makes no sense, or some case would be without one; nothing is changed.
        """
        if what not in RULE_TYPES:
            raise UnknownNameError("rulebook", what, RULE_TYPES)
        if len(rules) > MAX_RULES:
            raise InvalidInputError(f"There may be {MAX_RULES} rules (got {len(rules)}).")
        for rule in rules:
            _check(rule)
        if what == "service_levels" and not any(
            isinstance(rule, ServiceLevel) and rule.kind is None and rule.impact_from <= 0 for rule in rules
        ):
            raise InvalidInputError("One service level has to hold for every kind, from a money at risk of 0 on.")
        with self.store.write(actor, "case.set_rules") as write:
            content = canonical([asdict(rule) for rule in rules])
            write.execute(insert(case_rulebooks).values(what=what, content=content, by=actor.name, at=write.at))
            write.note(what, rules=json.loads(content))


def assignment_rules(connection: Connection) -> list[AssignmentRule]:
    """Return the assignment rules in force, as this connection sees them."""
    content = _latest(connection, "assignment")
    return list(ASSIGNMENT) if content is None else [AssignmentRule(**rule) for rule in content]


def service_levels(connection: Connection) -> list[ServiceLevel]:
    """Return the service levels in force, as this connection sees them."""
    content = _latest(connection, "service_levels")
    return list(SERVICE_LEVELS) if content is None else [ServiceLevel(**rule) for rule in content]


def choose_department(case: Mapping[str, Any], rules: Sequence[AssignmentRule]) -> AssignmentRule:
    """Return the rule that a case falls under: the most specific, a cause before a kind, the later of two alike."""
    fitting = [rule for rule in rules if rule.fits(case)]
    fallback = AssignmentRule(KINDS[str(case["kind"])].department)
    return max(reversed(fitting), key=_precedence, default=fallback)


def _precedence(rule: AssignmentRule) -> tuple[int, bool]:
    return rule.condition_count, rule.cause is not None


def choose_hours(kind: str, impact: float | None, levels: Sequence[ServiceLevel]) -> float:
    """Return the working hours that a case may take: by its own kind's levels if there are any, else by the others'."""
    own = [level for level in levels if level.kind == kind] or [level for level in levels if level.kind is None]
    reached = [level for level in own if level.impact_from <= (impact or 0.0)] or own
    return max(reached, key=lambda level: level.impact_from).hours


def _latest(connection: Connection, what: str) -> list[dict[str, Any]] | None:
    query = select(case_rulebooks.c.content).where(case_rulebooks.c.what == what)
    text = connection.execute(query.order_by(case_rulebooks.c.rulebook_id.desc()).limit(1)).scalar()
    return None if text is None else json.loads(text)


def _check(rule: AssignmentRule | ServiceLevel) -> None:
    if rule.kind is not None and rule.kind not in KINDS:
        raise UnknownNameError("kind", rule.kind, KINDS)
    if isinstance(rule, ServiceLevel):
        if not 0 < rule.hours <= 10_000 or rule.impact_from < 0:
            raise InvalidInputError(f"A service level has 0 to 10,000 hours and an impact of 0 or more (got {rule}).")
        return
    if rule.department not in DEPARTMENTS:
        raise UnknownNameError("department", rule.department, DEPARTMENTS)
    if rule.cause is not None and rule.cause not in CAUSES:
        raise UnknownNameError("cause", rule.cause, CAUSES)
