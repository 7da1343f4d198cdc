"""A merge from the names of two to what is stored: one way for the page and for programs."""

from dataclasses import asdict
from typing import Any

from data.casebook import Actor, Casebook
from data.errors import UnknownNameError
from data.warehouse import Warehouse
from models.merging import (
    Choices,
    Original,
    Questions,
    as_stored,
    customer_questions,
    merge_customers,
    merge_orders,
    order_questions,
    read_customer,
    read_order,
)

READERS = {"order": read_order, "customer": read_customer}


def read_both(warehouse: Warehouse, what: str, kept_id: str, merged_id: str) -> tuple[Original, Original]:
    """Return two orders or two customers as they are stored; raise `InvalidInputError` if one is not there."""
    if what not in READERS:
        raise UnknownNameError("sort of merge", what, tuple(READERS))
    return READERS[what](warehouse, kept_id), READERS[what](warehouse, merged_id)


def questions(what: str, kept: Original, merged: Original) -> Questions:
    """Return what has to be answered before two become one."""
    return order_questions(kept, merged) if what == "order" else customer_questions(kept, merged)


def result_of(what: str, kept: Original, merged: Original, choices: Choices) -> dict[str, Any]:
    """Return what the merge would change; raise `InvalidInputError` while a question is open."""
    return merge_orders(kept, merged, choices) if what == "order" else merge_customers(kept, merged, choices)


def make_merge(
    casebook: Casebook,
    actor: Actor,
    what: str,
    kept: Original,
    merged: Original,
    choices: Choices,
    why: str = "",
    channel: str | None = None,
) -> int:
    """Store a merge with both originals, in the course of its case where it has one; return its number.

    Parameters
    ----------
    casebook : Casebook
        Where it is stored.
    actor : Actor
        Who decides.
    what : str
        ``order`` or ``customer``.
    kept, merged : Original
        Which one stays, and which one goes up in it.
    choices : Choices
        An answer to every question.
    why : str, default ""
        The reason.
    channel : str, optional
        How the ERP is asked for the changes, ``file`` or ``webhook``; by default it is not.

    Returns
    -------
    int
        The ``merge_id``.
    """
    result = result_of(what, kept, merged, choices)
    case_id = case_of_order(casebook, kept.name, merged.name) if what == "order" else None
    merge_id = casebook.merges.make(
        actor, what, kept.name, merged.name, asdict(choices), as_stored(kept, merged), result, why, case_id
    )
    if channel:
        casebook.erp_updates.request(
            actor, channel, result["changes"], why.strip() or f"merge {merge_id}", case_id, merge_id
        )
    return merge_id


def case_of_order(casebook: Casebook, *order_ids: str) -> int | None:
    """Return the case about one of these orders being a duplicate, None if there is none."""
    for order_id in order_ids:
        found = casebook.case_lists.list(kinds=["duplicate_order"], words=order_id)
        found = found[found["order_id"].eq(order_id)]
        if len(found):
            return int(found["case_id"].iloc[0])
    return None
