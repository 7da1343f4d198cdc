"""What a look at a customer's latest orders settles about a new one: which checks can find nothing in it.

Most orders are like the last ones of their customer, which the latest run has judged. Each condition here is a reason
why some checks stay silent; a check names it in its header (``-- silent_if: usual_prices``), and is run wherever it
doesn't hold. A check that names none is always run.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from math import log
from statistics import median
from typing import Any

from models.entry_pairs import is_like_another
from models.entry_past import SHIP_TO, Past, Row

LATEST = 3
"""How many latest orders say what a customer's orders carry and lack."""

LEAST_AFTER_MOVE, MOST_STAYS = 3, 7
"""How many orders who has moved has at the new place at least, and between how many places he goes at most."""

ROUNDING = 0.003
"""How far, in logs, a price may be from the last one's part of the list price: both are rounded."""

LEAST_DROPPED = 3
"""On how many order days a customer ordered a product at least before a digit may be said to lack."""

FURTHEST_KNOWN, FURTHEST_NEW = 0.5, 1.5
"""How far, in logs, a quantity may be above what is expected: half of where checks begin to look at it."""

GIVEN = ("channel", "entered_by", "customer_po")
"""What a customer's orders may or may not carry; the order number and the like are given at entry only."""

UNFINISHED = frozenset({"", "new", "confirmed", "allocated", "picked", "on_hold", "backordered"})


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _in_force(past: Past, product: str, at: datetime) -> list[dict[str, Any]]:
    """Return the prices and promotions of a product in force at some time, or within a day of it."""
    day = timedelta(days=1)
    return [
        row
        for row in past.terms
        if row["product_id"] in (None, product)
        and (row["valid_from"] is None or row["valid_from"] <= at + day)
        and (row["valid_to"] is None or row["valid_to"] >= at - day)
    ]


def _stated_price(terms: Iterable[Row]) -> tuple[str | None, float] | None:
    """Return whose price it is and the price, if one of the customer's own or else one list price is in force."""
    stated = [(row["customer_id"], row["unit_price"]) for row in terms if row["unit_price"]]
    chosen = [row for row in stated if row[0]] or stated
    return chosen[0] if len(chosen) == 1 else None


def _is_price_kept(line: Row, head: Row, last: Row, at: datetime, past: Past) -> bool:
    """Return whether a price is the last one, or went with the price in the books; not while promotions run."""
    before, now = (_in_force(past, line["product_id"], moment) for moment in (head["ordered_at"], at))
    if any(row["unit_price"] is None for row in (*before, *now)) or last["unit_price"] <= 0:
        return False
    if not before and not now:
        return bool(line["unit_price"] == last["unit_price"])
    then, today = _stated_price(before), _stated_price(now)
    if not then or not today or then[0] != today[0]:
        return False
    return abs(log(line["unit_price"] / today[1]) - log(last["unit_price"] / then[1])) <= ROUNDING


def _is_in_books(line: Row, order: Row, past: Past) -> bool:
    """Return whether a price is the only one in the books for the customer then, in the currency of the books."""
    terms = _in_force(past, line["product_id"], order["ordered_at"] or past.now)
    stated = _stated_price(terms)
    return (
        stated is not None
        and all(row["unit_price"] is None or row["unit_price"] > 0 for row in terms)
        and line["unit_price"] > 0
        and not line["discount"]
        and (order["currency"] or past.usual_currency(order)) in past.standing.main_currency
        and abs(log(line["unit_price"] / stated[1])) <= ROUNDING
    )


def usual_prices(order: Row, past: Past) -> bool:
    """Return whether each price is the one in the books, or as that of the customer's last line of the product."""
    for line in order["lines"]:
        if _is_in_books(line, order, past):
            continue
        earlier = past.own_lines(order, line["product_id"])
        if not earlier or line["unit_price"] <= 0:
            return False
        (head, last), discount = earlier[0], line["discount"] or 0
        if (
            discount != (last["discount"] or 0)
            or discount >= 1
            or (order["currency"] or head["currency"]) != head["currency"]
            or ("price_error", head["order_id"], last["line_no"]) in past.flagged
            or not _is_price_kept(line, head, last, order["ordered_at"] or past.now, past)
        ):
            return False
    return True


def _size(order: Row, past: Past) -> float:
    """Return how much larger than its segment's the customer's quantities are, in logs: `quantity_customer_levels`."""
    at, days = order["ordered_at"] or past.now, dict[date, list[float]]()
    for head in past.own(order):
        for line in past.lines.get(head["order_id"], ()):
            usual = past.usual_quantity(order["customer_id"], line["product_id"])
            if usual is not None and line["quantity"] > 0 and head["ordered_at"].date() < at.date():
                days.setdefault(head["ordered_at"].date(), []).append(log(line["quantity"]) - usual)
    sizes = [median(days[day]) for day in sorted(days, reverse=True)[:12]]
    return median(sizes) * len(sizes) / (len(sizes) + 3) if sizes else 0.0


def usual_quantities(order: Row, past: Past) -> bool:
    """Return whether each quantity was ordered before, is near those that were, or is what others order of a product.

    Notes
    -----
    No check looks at a quantity below 2.7 times what is expected, nor above a fifth of it; of a product that is new to
    the customer, none at one below sixteen times. What is expected lies between the customer's own usual quantity and
    what customers like it order, and is known here but for rounding and the last days.
    """
    size: float | None = None
    for line in order["lines"]:
        quantity, product = line["quantity"], line["product_id"]
        if quantity <= 0:
            return False
        earlier = past.own_lines(order, product)
        known = sorted(
            line["quantity"]
            for head, line in earlier
            if ("quantity_outlier", head["order_id"], line["line_no"]) not in past.flagged
        )
        if earlier:
            if not known:
                return False
            middle, top = known[len(known) // 2], known[-2 if len(known) >= 4 else -1]
            is_enough = min(known[0], middle / 2) <= quantity
            if quantity in known or (is_enough and quantity <= min(max(1.3 * top, top + 1), 2 * middle)):
                continue
            if middle <= 0 or not (is_enough or len(earlier) < LEAST_DROPPED):
                return False
        usual = past.usual_quantity(order["customer_id"], product)
        size = _size(order, past) if size is None else size
        expected = [*([log(middle)] if earlier else ()), *([usual + size] if usual is not None else ())]
        if expected and log(quantity) - min(expected) > (FURTHEST_KNOWN if earlier else FURTHEST_NEW):
            return False
    return True


def positive_prices(order: Row, past: Past) -> bool:  # noqa: ARG001
    """Return whether something is to be paid for each line."""
    return all(line["unit_price"] > 0 and (line["discount"] or 0) < 1 for line in order["lines"])


def whole_quantities(order: Row, past: Past) -> bool:  # noqa: ARG001
    """Return whether each quantity is a whole number above zero."""
    return all(line["quantity"] > 0 and line["quantity"] == int(line["quantity"]) for line in order["lines"])


def common_sizes(order: Row, past: Past) -> bool:
    """Return whether no quantity is more than twice what the company's latest orders went up to."""
    return all(line["quantity"] <= 2 * past.standing.large_quantity for line in order["lines"])


def _fine(order: Row, past: Past, columns: Iterable[str]) -> list[dict[str, Any]]:
    """Return those of the customer's orders in which nothing was found and that agree in some columns."""
    wrong = {order_id for kind, order_id, _ in past.flagged if kind in ("customer_info", "order_info", "system_fault")}
    return [
        row
        for row in past.own(order)
        if row["order_id"] not in wrong and all(_text(row[name]) == _text(order[name]) for name in columns)
    ]


def earlier_ship_to(order: Row, past: Past) -> bool:
    """Return whether an order of the customer in which nothing was found went there."""
    is_full = all(_text(order[name]) for name in SHIP_TO)
    return bool(_fine(order, past, SHIP_TO if is_full else ("channel", *SHIP_TO)))


def known_ship_to(order: Row, past: Past) -> bool:
    """Return whether an earlier order went there, and the customer has not moved away since.

    Notes
    -----
    Who has moved has three orders behind him at a place that was new then, right after the old one, and seldom moves.
    """
    place = _place(order)
    stays = [(each, len([*rows])) for each, rows in groupby(past.own(order), key=_place)]
    has_moved = (
        place != stays[0][0]
        and stays[0][1] >= LEAST_AFTER_MOVE
        and place in {each for each, _ in stays[1:2]}
        and stays[0][0] not in {each for each, _ in stays[1:]}
        and len(stays) <= MOST_STAYS
        if stays
        else False
    )
    return earlier_ship_to(order, past) and not has_moved


def _place(order: Row) -> tuple[str, str]:
    return _digits(order["ship_to_address"]), _text(order["ship_to_city"]).lower()


def known_references(order: Row, past: Past) -> bool:
    """Return whether customer and products are known, and a latest order of the customer lacked what this one lacks."""
    lacking = [name for name in GIVEN if not _text(order[name])]
    latest = {row["order_id"] for row in past.own(order)[:LATEST]}
    return past.is_known and (
        not lacking
        or any(
            row["order_id"] in latest and all(not _text(row[name]) for name in lacking)
            for row in _fine(order, past, ("channel",))
        )
    )


def plain_lines(order: Row, past: Past) -> bool:  # noqa: ARG001
    """Return whether the lines are numbered through, and none comes twice."""
    numbers = [line["line_no"] or place for place, line in enumerate(order["lines"], 1)]
    products = [line["product_id"] for line in order["lines"]]
    return sorted(numbers) == list(range(1, len(numbers) + 1)) and len(set(products)) == len(products)


def plain_dates(order: Row, past: Past) -> bool:
    """Return whether nothing has been shipped, and what is planned lies in the coming months."""
    at = order["ordered_at"] or past.now
    planned = [order[name] for name in ("promised_at", "requested_at", "payment_due_at") if order[name]]
    return not (order["shipped_at"] or order["delivered_at"]) and all(
        at <= moment < at + timedelta(days=200) for moment in planned
    )


def plain_status(order: Row, past: Past) -> bool:  # noqa: ARG001
    """Return whether the order is open and nothing was shipped."""
    return _text(order["status"]) in UNFINISHED and not (order["shipped_at"] or order["delivered_at"])


def _form(number: object) -> str:
    return re.sub("[A-Za-z]", "A", re.sub("[0-9]+", "9", _text(number)))


def plain_number(order: Row, past: Past) -> bool:
    """Return whether there is no order number yet, or a new one that looks like those of the latest orders."""
    forms = {_form(row["order_number"]) for row in _fine(order, past, ("channel",))[:LATEST]}
    return not _text(order["order_number"]) or (not past.is_number_used and _form(order["order_number"]) in forms)


def no_payment(order: Row, past: Past) -> bool:
    """Return whether nothing can be due yet."""
    due = order["payment_due_at"]
    return plain_status(order, past) and (due is None or due >= past.now)


def _goods(lines: Iterable[Row]) -> float:
    return float(sum(line["quantity"] * line["unit_price"] * (1 - (line["discount"] or 0)) for line in lines))


def usual_total(order: Row, past: Past) -> bool:
    """Return whether there is no total yet, or it is to its lines as the customer's totals usually are."""
    if order["total_amount"] is None:
        return True
    goods = _goods(order["lines"])
    if goods <= 0 or order["total_amount"] <= 0:
        return False
    ratios = Counter(
        round(row["total_amount"] / value, 3)
        for row in past.own(order)
        if row["total_amount"] is not None and (value := _goods(past.lines.get(row["order_id"], ()))) > 0
    )
    same = ratios[round(order["total_amount"] / goods, 3)] + 1
    return same >= 3 and same >= 0.2 * (ratios.total() + 1)


def within_credit(order: Row, past: Past) -> bool:
    """Return whether the customer's open orders and this one stay below the credit limit, or there is none."""
    if not past.credit_limit or past.credit_limit <= 0:
        return True
    return past.owed + (order["total_amount"] or 0) <= past.credit_limit


def nothing_alike(order: Row, past: Past) -> bool:
    """Return whether the order repeats none of the customer's, or of those related, so likely that it would be told."""
    return not is_like_another(order, past)


@lru_cache(maxsize=10_000)
def _digits(value: str | None) -> str:
    return "".join(sign for sign in _text(value) if sign.isdigit()).lstrip("0")


CONDITIONS: dict[str, Callable[[Row, Past], bool]] = {
    condition.__name__: condition
    for condition in (
        usual_prices,
        usual_quantities,
        positive_prices,
        whole_quantities,
        common_sizes,
        earlier_ship_to,
        known_ship_to,
        known_references,
        plain_lines,
        plain_dates,
        plain_status,
        plain_number,
        no_payment,
        usual_total,
        within_credit,
        nothing_alike,
    )
}
"""The conditions by the name that checks give in their header."""


def holding(order: Row, past: Past) -> frozenset[str]:
    """Return the names of the conditions that hold for a new order."""
    return frozenset(name for name, condition in CONDITIONS.items() if condition(order, past))
