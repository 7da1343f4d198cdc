"""Copies of orders the way duplicates come about: what a repeated order keeps, loses and changes.

The copies teach the matcher how the comparison of a true duplicate looks in *this* user's data, without one label: an
order is repeated as people and systems repeat orders, and the repeat is compared with the original like any other
pair.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from math import exp, log
from random import Random
from typing import Any

from opencc import OpenCC

Order = dict[str, Any]
Line = dict[str, Any]

DOUBLES = "double_submit", "rekeyed", "resend", "late", "second_customer", "edited"


@dataclass(frozen=True)
class Mixture:
    """How often duplicates come about in which way, and how careful people copy.

    Attributes
    ----------
    weights : tuple of float
        Shares of `DOUBLES`.
    keeps_po, keeps_requested, retypes, slips : float
        Probability that a repeat by hand has the same PO, the same requested date, names written anew, a line changed.
    stretch : float
        Factor on all delays.
    channels : tuple of str
        The channels in use.
    operators : tuple of str
        Who enters orders.
    """

    weights: tuple[float, ...] = (0.24, 0.22, 0.14, 0.16, 0.1, 0.14)
    keeps_po: float = 0.65
    keeps_requested: float = 0.6
    retypes: float = 0.4
    slips: float = 0.1
    stretch: float = 1.0
    channels: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    other_customers: dict[str, str] = field(default_factory=dict)


@cache
def _to_traditional() -> OpenCC:
    return OpenCC("s2t")


def retype(text: str | None, random: Random) -> str | None:
    """Write ``text`` as another hand would: other case, width, script, a shortened word, or a slip of the finger."""
    if not text:
        return text
    way = random.random()
    if way < 0.25:
        return text.upper() if random.random() < 0.5 else text.title()
    if way < 0.4:
        return text.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    if way < 0.6 and not text.isascii():
        return str(_to_traditional().convert(text))
    if way < 0.75:
        words = (
            ("Street", "St"),
            ("Road", "Rd"),
            (" Ltd", " Limited"),
            ("有限公司", ""),
            (" Inc", ""),
            ("省", ""),
            (".", ""),
        )
        for long, short in words:
            if long in text:
                return text.replace(long, short)
        return text.replace(" ", "  ")
    if way < 0.9 or len(text) < 6:
        return text.replace(",", " ").strip()
    place = random.randrange(1, len(text) - 1)
    if text[place].isdigit():
        return text
    return text[:place] + text[place + 1 :] if random.random() < 0.6 else text[:place] + text[place] + text[place:]


def retype_phone(text: str | None, random: Random) -> str | None:
    """Write a phone number in another format."""
    digits = "".join(character for character in text or "" if character.isdigit())
    if len(digits) < 7:
        return text
    return random.choice(
        (digits, f"+86 {digits}" if len(digits) == 11 else digits, f"{digits[:3]}-{digits[3:7]}-{digits[7:]}")
    )


def retype_reference(text: str | None, random: Random) -> str | None:
    """Write a reference again: marked as a repeat, with a prefix, a look-alike, or a digit wrong."""
    if not text:
        return text
    way = random.random()
    if way < 0.4:
        return text + random.choice(("-1", "-2", "R", "A", " COPY", "-DUP", "/2", "-R"))
    if way < 0.6:
        return f"PO {text}" if not text.upper().startswith("PO") else text[2:].lstrip("-# ")
    if way < 0.75 and "0" in text:
        return text.replace("0", "O", 1)
    places = [place for place, character in enumerate(text) if character.isdigit()]
    if len(places) < 3:
        return text.lower()
    place = random.choice(places[:-1])
    if way < 0.88:
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text[:place] + random.choice("0123456789") + text[place + 1 :]


def _delay(random: Random, least: float, most: float) -> timedelta:
    """Draw a delay in hours, evenly on the logarithm."""
    return timedelta(hours=exp(random.uniform(log(least), log(most))))


def _change_lines(lines: list[Line], random: Random) -> list[Line]:
    """Change, drop or add to a few lines, at least one and never all of several."""
    changed = [dict(line) for line in lines]
    if len(changed) > 1 and random.random() < 0.45:
        del changed[random.randrange(len(changed))]
        if len(changed) > 3 and random.random() < 0.3:
            del changed[random.randrange(len(changed))]
        return changed
    line = random.choice(changed)
    quantity = float(line["quantity"])
    line["quantity"] = max(
        1.0, random.choice((quantity + 1, quantity - 1, quantity * 2, quantity * 10, round(quantity / 2)))
    )
    return changed


def _by_hand(copy: Order, random: Random, mixture: Mixture) -> None:
    """Change what a person who enters the order anew may change."""
    if random.random() > mixture.keeps_po:
        way = random.random()
        copy["customer_po"] = None if way < 0.45 else retype_reference(copy["customer_po"], random)
    if copy.get("requested_at") is not None and random.random() > mixture.keeps_requested:
        copy["requested_at"] += copy["ordered_at"].replace(minute=0) - copy["first_at"].replace(minute=0)
    for column in ("ship_to_name", "ship_to_address"):
        if random.random() < mixture.retypes:
            copy[column] = retype(copy.get(column), random)
    if random.random() < mixture.retypes:
        copy["ship_to_phone"] = retype_phone(copy.get("ship_to_phone"), random)


def repeat(order: Order, lines: list[Line], random: Random, mixture: Mixture) -> tuple[str, Order, list[Line]]:
    """Return how the order was repeated, the repeat, and its lines.

    Parameters
    ----------
    order : dict
        A row of `orders`.
    lines : list of dict
        Its rows of `order_lines`.
    random : random.Random
        The source of chance.
    mixture : Mixture
        How duplicates come about.

    Returns
    -------
    way : str
        One of `DOUBLES`.
    copy : dict
        The repeated order, later than ``order``; the caller gives it its ``order_id``.
    lines : list of dict
        Its lines.
    """
    way = random.choices(DOUBLES, mixture.weights)[0]
    if way == "second_customer" and order["customer_id"] not in mixture.other_customers:
        way = "rekeyed"
    copy, copied = {**order, "first_at": order["ordered_at"]}, [dict(line) for line in lines]
    least, most = {
        "double_submit": (0.001, 0.3),
        "rekeyed": (0.15, 96),
        "resend": (0.1, 240),
        "late": (20, 800),
        "second_customer": (0.1, 120),
        "edited": (0.1, 120),
    }[way]
    copy["ordered_at"] = order["ordered_at"] + _delay(random, least, most) * mixture.stretch
    _at_work(copy, random)
    if way == "resend" and copy.get("order_number") and random.random() < 0.35:
        copy["order_number"] = random.choice(
            (copy["order_number"], f"{copy['order_number']}-1", f"{copy['order_number']}R")
        )
    else:
        copy["order_number"] = None
    if way in ("rekeyed", "second_customer") and len(mixture.channels) > 1:
        copy["channel"] = random.choice([name for name in mixture.channels if name != order.get("channel")])
    if way not in ("double_submit", "resend"):
        if mixture.operators and copy.get("entered_by") is not None and random.random() < 0.6:
            copy["entered_by"] = random.choice(mixture.operators)
        _by_hand(copy, random, mixture)
    if way == "second_customer":
        copy["customer_id"] = mixture.other_customers[order["customer_id"]]
    if way == "edited" or (way in ("rekeyed", "late", "second_customer") and random.random() < mixture.slips):
        copied = _change_lines(copied, random)
        copy["total_amount"] = _total(copied)
    del copy["first_at"]
    return way, copy, copied


def _at_work(copy: Order, random: Random) -> None:
    """Move a repeat by hand out of the night; keep times of day out of data that has none."""
    first: datetime = copy["first_at"]
    at: datetime = copy["ordered_at"]
    if first.time() == datetime.min.time():
        copy["ordered_at"] = at.replace(hour=0, minute=0, second=0, microsecond=0)
    elif (at - first) > timedelta(hours=5) and random.random() < 0.9:
        copy["ordered_at"] = at.replace(hour=random.randint(8, 17))
        if copy["ordered_at"] <= first:
            copy["ordered_at"] = at


def _total(lines: list[Line]) -> float:
    return round(
        sum(
            float(line["quantity"]) * float(line["unit_price"]) * (1 - float(line.get("discount") or 0))
            for line in lines
        ),
        2,
    )
