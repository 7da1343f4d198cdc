"""From findings to cases: what a case is told of its finding, and which closed cases come back with a new run."""

from collections.abc import Collection, Sequence
from typing import Any

from data.casebook import Actor, Casebook
from data.casebook.labels import MAX_NOTE
from data.casebook.permissions import allows
from data.errors import InvalidInputError
from data.warehouse import Warehouse

VERDICTS = {"resolved": "confirmed", "dismissed": "false_positive"}
"""What closing a case says about its finding."""

SUBJECTS = """
    select
        exceptions.exception_id, exceptions.kind, exceptions.cause, exceptions.group_id, exceptions.order_id,
        exceptions.line_no, exceptions.product_id, exceptions.customer_id, exceptions.warehouse_id,
        orders.ship_to_region as region, exceptions.reason, exceptions.source, exceptions.variant,
        exceptions.evidence, exceptions.score, exceptions.impact, orders.currency
    from exceptions
    left join orders using (order_id)
    where list_contains($ids, exceptions.exception_id)
"""


def subjects(warehouse: Warehouse, exception_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Return published findings as a case takes them over; raise `InvalidInputError` if one is not there."""
    with warehouse.read() as connection:
        frame = connection.execute(SUBJECTS, {"ids": list(exception_ids)}).df()
    found = {str(row["exception_id"]): row for row in frame.to_dict("records")}
    missing = [name for name in exception_ids if name not in found]
    if missing:
        raise InvalidInputError(f"There is no exception {missing[0]!r}.")
    return [{str(key): value for key, value in found[name].items()} for name in dict.fromkeys(exception_ids)]


def open_cases(warehouse: Warehouse, casebook: Casebook, actor: Actor, exception_ids: Sequence[str]) -> list[int]:
    """Open a case for each of these findings; return their numbers. One that has a case keeps it."""
    return casebook.cases.open_many(actor, subjects(warehouse, exception_ids))


def move_cases(
    casebook: Casebook, actor: Actor, case_ids: Collection[int], after: str, why: str = "", seen: str | None = None
) -> None:
    """Move cases; what is closed that way counts as a verdict on its finding, where nobody has given one yet.

    A resolved case confirms its finding, a dismissed one rejects it, with the same reason: so the next ranking learns
    from casework too. A role that may not judge closes without a verdict.
    """
    casebook.cases.move_many(actor, case_ids, after, why, seen)
    if after not in VERDICTS or not allows(actor.role, "label.add"):
        return
    closed = [casebook.case_lists.get(case_id) for case_id in case_ids]
    judged = set(casebook.labels.current()["exception_id"])
    news = [case for case in closed if case["exception_id"] not in judged]
    casebook.labels.add_many(actor, news, VERDICTS[after], note=why[:MAX_NOTE])


def reopen_recurring(warehouse: Warehouse, casebook: Casebook, actor: Actor) -> list[int]:
    """Reopen the resolved cases whose finding had gone and is in the latest run again; return their numbers."""
    with warehouse.read() as connection:
        found = [str(row[0]) for row in connection.execute("select exception_id from exceptions").fetchall()]
    return casebook.cases.observe(actor, found)
