"""The states of a case and the one table of who may move it from where to where."""

from data.casebook.actor import Actor
from data.casebook.permissions import DESK, MANAGERS, OPERATORS, REVIEWERS
from data.errors import InvalidInputError, PermissionDeniedError, UnknownNameError
from data.vocabulary import CASE_STATES

Roles = frozenset[str]

CLOSED = frozenset({"resolved", "dismissed"})
OPEN = tuple(state for state in CASE_STATES if state not in CLOSED)

MONEY = frozenset({"analyst", "manager", "admin"})

TRANSITIONS: dict[str, dict[str, Roles]] = {
    "new": {
        "investigating": OPERATORS,
        "dismissed": REVIEWERS,
    },
    "investigating": {
        "awaiting_restock": REVIEWERS,
        "awaiting_correction": OPERATORS,
        "awaiting_customer": OPERATORS,
        "awaiting_payment": DESK,
        "with_support": OPERATORS,
        "resolved": REVIEWERS,
        "dismissed": REVIEWERS,
    },
    "awaiting_restock": {
        "investigating": OPERATORS,
        "awaiting_correction": OPERATORS,
        "awaiting_customer": OPERATORS,
        "resolved": REVIEWERS,
        "dismissed": REVIEWERS,
    },
    "awaiting_correction": {
        "investigating": OPERATORS,
        "awaiting_customer": OPERATORS,
        "with_support": OPERATORS,
        "resolved": OPERATORS,
        "dismissed": REVIEWERS,
    },
    "awaiting_customer": {
        "investigating": OPERATORS,
        "awaiting_restock": REVIEWERS,
        "awaiting_correction": OPERATORS,
        "awaiting_payment": DESK,
        "resolved": OPERATORS,
        "dismissed": REVIEWERS,
    },
    "awaiting_payment": {
        "investigating": OPERATORS,
        "awaiting_customer": OPERATORS,
        "with_support": OPERATORS,
        "resolved": MONEY,
        "dismissed": MONEY,
    },
    "with_support": {
        "investigating": OPERATORS,
        "awaiting_correction": OPERATORS,
        "resolved": REVIEWERS,
        "dismissed": REVIEWERS,
    },
    "resolved": {"investigating": REVIEWERS},
    "dismissed": {"investigating": MANAGERS},
}
"""From where, to where, by whom. What is not here cannot be done."""


def needs_reason(before: str, after: str) -> bool:
    """Return whether a move has to say why: closing and reopening do."""
    return after in CLOSED or before in CLOSED


def next_states(state: str, role: str) -> list[str]:
    """Return where a role may move a case from a state, in the table's order."""
    return [after for after, roles in TRANSITIONS[state].items() if role in roles]


def check_move(actor: Actor, before: str, after: str, why: str) -> None:
    """Raise unless the actor may move a case so.

    Raises
    ------
    UnknownNameError
        If there is no such state.
    InvalidInputError
        If no case moves that way, or the reason is missing.
    PermissionDeniedError
        If the role may not.
    """
    if after not in CASE_STATES:
        raise UnknownNameError("state", after, CASE_STATES)
    roles = TRANSITIONS[before].get(after)
    if roles is None:
        raise InvalidInputError(f"A case does not go from {before} to {after}. From there: {_listed(before)}.")
    if actor.role not in roles:
        allowed = ", ".join(sorted(roles))
        raise PermissionDeniedError(
            f"{actor.name} may not move a case from {before} to {after} as {actor.role}. Allowed: {allowed}."
        )
    if needs_reason(before, after) and not why.strip():
        raise InvalidInputError(f"Say why, to move a case from {before} to {after}.")


def _listed(state: str) -> str:
    return ", ".join(TRANSITIONS[state])
