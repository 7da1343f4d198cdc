"""How a new order compares with the latest ones: the comparison vectors of ``features/pairs``, without SQL.

Of a few hundred orders, one of which is new, DuckDB takes most of a tenth of a second to make the vectors, nearly all
of it for operators without a row. The same levels are worked out here in Python; a test holds both equal, pair by pair.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import pandas as pd

from features.normalise import address_key, address_numbers
from models.detectors.duplicate_order import may_be_told, scored
from models.entry_past import Past, Row
from models.entry_sides import Side, are_like_addresses, are_like_names, channel_sort, is_same, side_of

DAY, HOUR = 86_400, 3_600
APART = 4 * HOUR
"""From when on a repeat counts for a rhythm: what is closer may be a duplicate itself."""

TYPING_SLIP = re.compile(r"(?:[1-9]|18|27|36|45|54|63|72|81)0*")
FARTHEST_DAYS = 120
BORROWED = 2
"""How many orders of anyone's a customer's own frequency is mixed with."""

OFF_RHYTHM = frozenset({1, 2, 3, 5, 6, 7})
"""The levels of ``rhythm`` of what does not come when it usually does."""


def _usual(gaps: list[int]) -> int | None:
    """Return the 51st percentile of some gaps, one of them, as DuckDB's ``quantile_disc``."""
    return sorted(gaps)[max(1, len(gaps) - 49 * len(gaps) // 100) - 1] if gaps else None


class Rhythm(NamedTuple):
    """How often something comes again, far enough apart, and usually after how long."""

    gap_count: int
    usual_gap: int | None


def _rhythm(seconds: list[int]) -> Rhythm:
    gaps = [later - earlier for earlier, later in pairwise(seconds) if later - earlier >= APART]
    return Rhythm(len(gaps), _usual(gaps))


class Habits:
    """What a customer usually does, as far as it tells of one order: ``habit_*``, ``reach_*`` and ``item_habits.sql``.

    Parameters
    ----------
    new : Side
        The order.
    sides : list of Side
        All orders there are, it too, in the order in which they came.
    """

    def __init__(self, new: Side, sides: list[Side]) -> None:
        own = [side for side in sides if side.entity == new.entity]
        gaps = [later.second - earlier.second for earlier, later in pairwise(own)]
        same = [side for side in own if side.basket == new.basket]
        self.order_count = len(own)
        self.usual_gap = _usual(gaps)
        self.mean_gap = (max(side.second for side in own) - min(side.second for side in own)) / len(own)
        self.close_counts = {span: sum(gap <= span for gap in gaps) for span in (HOUR, APART, DAY)}
        self.basket_count = len({side.basket for side in own if side.basket})
        self.ship_count = len({side.ship for side in own if side.ship})
        references = [side.po.key for side in own if side.po]
        self.po_order_count, self.po_count = len(references), len({*references})
        dated = [side.beside_date for side in own if side.beside_date is not None]
        self.has_dates_for_po = len(dated) >= 3 and 10 * len({*dated}) <= 4 * len(references)
        days = Counter(side.ordered_at.isoweekday() for side in own)
        self.usual_weekdays = {day for day, count in days.items() if 100 * count >= 15 * len(own)}
        self.basket = _rhythm([side.second for side in same])
        self.products = _rhythm([side.second for side in own if side.products == new.products])
        self.is_basket_known = len(same) > 1
        after = [side.second for side in same if side.second >= new.second + APART]
        self.gap_after = min(after) - new.second if self.is_basket_known and after else None
        self.entity_count = len({side.entity for side in sides if side.basket == new.basket})
        self.stem_count = sum(
            new.number is not None and side.number is not None and side.number.stem == new.number.stem for side in sides
        )
        self.use_count, self.span_days = self._uses(new, own)
        self.bits = self._bits(new, own, sides)

    @staticmethod
    def _uses(new: Side, own: list[Side]) -> tuple[int, float]:
        """Return how often the customer PO was used, a repeat within hours left out, and over how many days."""
        uses = [side for side in own if side.po and new.po and side.po.key == new.po.key]
        if len(uses) < 2:
            return 0, 0.0
        last: dict[object, int] = {}
        count = 0
        for side in uses:
            count += side.basket not in last or side.second - last[side.basket] >= APART
            last[side.basket] = side.second
        seconds = [side.second for side in uses]
        return count, (max(seconds) - min(seconds)) / DAY

    @staticmethod
    def _bits(new: Side, own: list[Side], sides: list[Side]) -> dict[str, float]:
        """Return how surprising each quantity is for the customer, in bits, by product."""

        def count(orders: list[Side], product: str) -> int:
            return sum(side.items.get(product) == new.items[product] for side in orders)

        known = max(len(own) - 2, 0) + BORROWED
        return {
            product: -math.log2(
                (max(count(own, product) - 2, 0) + BORROWED * count(sides, product) / len(sides)) / known
            )
            for product in new.items
        }


def _are_met(left: Side, new: Side, rarest: Mapping[str, frozenset[str]]) -> bool:
    """Return whether a blocking rule brings an earlier order and the new one together, as ``blocked_pairs.sql``."""
    seconds = new.second - left.second
    if seconds > FARTHEST_DAYS * DAY:
        return False
    days = seconds / DAY
    is_rare = bool(rarest[left.order_id] & rarest[new.order_id])
    has_products, has_basket = left.products == new.products, left.basket == new.basket
    has_po = left.po is not None and new.po is not None and left.po.stem == new.po.stem
    return (
        (
            left.entity == new.entity
            and (
                days <= 3
                or (is_rare and days <= 14)
                or (has_products and days <= 21)
                or (has_basket and days <= 60)
                or has_po
            )
        )
        or (is_same(left.phone, new.phone) is True and (days <= 3 or (has_products and days <= 45)))
        or (is_same(left.ship, new.ship) is True and has_products and days <= 45)
        or (is_same(left.receiver, new.receiver) is True and has_basket and days <= 45)
        or (has_po and has_products)
        or (left.number is not None and new.number is not None and left.number.stem == new.number.stem)
        or (has_basket and len(left.items) >= 3 and days <= 10)
    )


def _rarest(sides: Iterable[Side]) -> dict[str, frozenset[str]]:
    """Return by order its rarest products: all that are equally rare, of which SQL takes one."""
    sides = list(sides)
    reach = Counter(product for side in sides for product in side.items)
    found = {}
    for side in sides:
        least = min((reach[product] for product in side.items), default=0)
        found[side.order_id] = frozenset(product for product in side.items if reach[product] == least)
    return found


def _first(value: float, limits: Iterable[float]) -> int:
    """Return how many of the limits, which rise, the value is above."""
    return sum(value > limit for limit in limits)


def _below(value: float, usual: float, shares: Iterable[int]) -> int:
    """Return how many of the hundredths of something usual the value is not below."""
    return sum(100 * value >= share * usual for share in shares)


def _time_levels(left: Side, new: Side, habits: Habits) -> Iterator[tuple[str, int]]:
    """Yield how far apart two orders are, against the calendar, the basket's rhythm and the customer's."""
    gap = new.second - left.second
    days = gap / DAY
    whole = math.floor(days + 0.5)
    has_basket, has_products = is_same(left.basket, new.basket), is_same(left.products, new.products)
    rhythm = habits.basket if has_basket else habits.products
    others, usual = rhythm.gap_count - (gap >= APART), rhythm.usual_gap or 0
    spans = (120, 900, HOUR, APART, 12 * HOUR, 1.5 * DAY, 3.5 * DAY, 6.5 * DAY, 8 * DAY, 16 * DAY, 45 * DAY)
    yield "gap", 12 if left.is_date_only and new.is_date_only and gap == 0 else _first(gap, spans)
    yield "calendar", 0 if days < 0.9 else 1 if abs(days - whole) > 2 / 24 else 3 if whole % 7 == 0 else 2
    if has_products is False:
        yield "rhythm", 0
    elif others <= 0:
        yield "rhythm", 1
    elif others <= 2:
        yield "rhythm", 2 + _below(gap, usual, (15, 60))
    else:
        yield "rhythm", 5 + _below(gap, usual, (5, 15, 35, 60, 85)) + (100 * gap > 120 * usual)
    is_new = habits.order_count < 5 or habits.usual_gap is None
    yield "customer_rhythm", 0 if is_new else 1 + _below(gap, habits.usual_gap or 0, (5, 20, 50, 90, 200))
    after = habits.gap_after
    if not has_basket or others <= 0 or after is None:
        yield "cadence", 0
    else:
        is_left_out = 4 * abs(gap + after - usual) <= usual
        yield "cadence", 1 if is_left_out else 2 if 4 * abs(after - usual) <= usual else 3
    usual_days = habits.usual_weekdays
    if habits.order_count < 8:
        yield "weekday", 0
    else:
        on_usual = (new.ordered_at.isoweekday() in usual_days, left.ordered_at.isoweekday() in usual_days)
        yield "weekday", 1 if on_usual[0] else 2 if on_usual[1] else 3


def _items_level(left: Side, new: Side, shared: int, equal: int) -> int:
    """Return how much of the basket is the same."""
    count_l, count_r = len(left.items), len(new.items)
    most = max(count_l, count_r)
    if is_same(left.basket, new.basket):
        return 0 if most >= 6 else 1 if most >= 3 else 2 if most == 2 else 3
    if is_same(left.products, new.products):
        return 7 if most == 1 else 4 if 2 * equal >= most else 6 if most == 2 else 5
    if not count_l or not count_r:
        return 15
    if not shared:
        return 14
    if equal == count_r:
        return 8 if count_r > 1 else 16
    if equal == count_l:
        return 10 if count_l > 1 else 9
    return 11 if 10 * equal >= 6 * most else 12 if 2 * shared >= most else 13


def _chance_level(left: Side, new: Side, habits: Habits, bits: float) -> int:
    """Return how likely this customer orders these lines again within this time by chance."""
    if bits == 0:
        return 0
    gap = new.second - left.second
    close = next((count for span, count in habits.close_counts.items() if gap <= span), 1) - 1
    again = max(habits.basket.gap_count - (gap >= APART), 0)
    has_basket = bool(is_same(left.basket, new.basket))
    anything = max(gap / max(habits.mean_gap, HOUR), max(close, 0) / max(habits.order_count - 1, 1))
    the_same = again / max(habits.order_count - 2, 1) if has_basket else 0
    chance = max(min(1, anything), 0.00001) * max(2**-bits, the_same, 0.00001)
    return 1 + min(12, math.floor(-2 * math.log10(chance)))


def _item_levels(left: Side, new: Side, habits: Habits) -> Iterator[tuple[str, int]]:
    """Yield how much of the basket is the same, and how ordinary that is."""
    shared = left.items.keys() & new.items.keys()
    equal = [habits.bits[product] for product in shared if left.items[product] == new.items[product]]
    yield "items", _items_level(left, new, len(shared), len(equal))
    has_products = bool(is_same(left.products, new.products))
    yield "reach", 1 + _first(habits.entity_count, (1, 3, 10)) if has_products else 0
    is_new, repertoire = habits.order_count < 5, 100 * habits.basket_count
    yield "repertoire", 0 if is_new else 4 - sum(repertoire >= share * habits.order_count for share in (35, 70, 95))
    greatest = max(abs(left.amount), abs(new.amount)) if left.amount is not None and new.amount is not None else 0
    change = abs((left.amount or 0) - (new.amount or 0)) / greatest if greatest else None
    yield "amount", 0 if change is None else 1 + sum(change >= limit for limit in (0.0005, 0.03, 0.15))
    yield "chance", _chance_level(left, new, habits, 0.5 * max(equal, default=0) + 0.5 * sum(equal))


def _same_po_level(left: Side, new: Side, habits: Habits) -> int:
    """Return what the same customer PO says."""
    if habits.has_dates_for_po and new.beside_date is not None:
        return 10
    is_other = new.second - left.second >= APART or left.basket != new.basket
    others = habits.use_count - 1 - is_other if habits.use_count else 0
    if others > 4 or (others > 0 and habits.span_days > 45):
        return 4
    used = habits.po_order_count - 2 - others
    if used >= 4 and 10 * (habits.po_count - 1) < 7 * used:
        return 5
    return 3 if others > 0 else 2


def _po_level(left: Side, new: Side, habits: Habits) -> int:
    """Return how two customer POs compare."""
    if left.po is None and new.po is None:
        return 0
    if left.po is None:
        return 1
    if new.po is None:
        given = habits.order_count >= 5 and 100 * (habits.po_order_count - 1) >= 85 * (habits.order_count - 2)
        return 12 if given else 1
    if left.po.key == new.po.key:
        return _same_po_level(left, new, habits)
    if habits.has_dates_for_po and left.beside_date is not None and new.beside_date is not None:
        return 11
    if new.po.key == left.po.stem or left.po.key == new.po.stem:
        return 6
    if left.po.shape == new.po.shape and left.po.number is not None and new.po.number is not None:
        distance = abs(left.po.number - new.po.number)
        return 7 if distance <= 60 else 9 if TYPING_SLIP.fullmatch(str(distance)) else 8
    return 8


def _number_level(left: Side, new: Side, habits: Habits) -> int:
    """Return how two order numbers compare."""
    if left.number is None or new.number is None or not 2 <= habits.stem_count <= 3:
        return 0
    if left.number.key == new.number.key:
        return 1
    is_added = new.number.key == left.number.stem or left.number.key == new.number.stem
    return 2 if left.number.stem == new.number.stem and is_added else 0


def _reference_levels(left: Side, new: Side, habits: Habits) -> Iterator[tuple[str, int]]:
    """Yield how customer PO, order number and requested date compare, and whether all that was entered is the same."""
    yield "po", _po_level(left, new, habits)
    yield "number", _number_level(left, new, habits)
    if left.requested_on is None or new.requested_on is None:
        yield "requested", 0
    else:
        shift = (new.requested_on - left.requested_on).days
        ordered = (new.ordered_at.date() - left.ordered_at.date()).days
        later = 3 if ordered == 0 else 4 if abs(shift - ordered) <= 1 else 5
        yield "requested", (1 if ordered == 0 else 2) if shift == 0 else later
    is_copy = left.basket is not None and all(
        getattr(left, name) == getattr(new, name) for name in ("basket", "entity", "ship", "requested_on", "channel")
    )
    is_copy = is_copy and (left.po and left.po.key) == (new.po and new.po.key)
    gap = new.second - left.second
    if not is_copy:
        yield "copy", 0
    elif left.is_date_only and new.is_date_only and gap == 0:
        yield "copy", 7
    else:
        yield "copy", 1 + _first(gap, (30, 300, HOUR, 12 * HOUR, 3 * DAY))


def _party_levels(left: Side, new: Side, habits: Habits, numbers: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Yield who the two orders are from, where they go, who entered them and how."""
    ships, receivers = is_same(left.ship, new.ship), is_same(left.receiver, new.receiver)
    phones, channels = is_same(left.phone, new.phone), is_same(left.channel, new.channel)
    is_near, is_alike = False, False
    if left.ship and new.ship and not ships:
        is_near = are_like_addresses(left.ship, new.ship, numbers[left.ship], numbers[new.ship])
    if left.receiver and new.receiver and not receivers:
        is_alike = are_like_names(left.receiver, new.receiver)
    if left.customer == new.customer:
        yield "customer", 0
    elif left.entity == new.entity:
        yield "customer", 1
    elif ships and receivers:
        yield "customer", 2
    elif phones and (ships or is_near or is_alike):
        yield "customer", 3
    else:
        yield "customer", 4 if phones or ships or receivers else 5
    other = 2 if is_near else 3 if habits.ship_count >= 3 else 4
    yield "ship", 0 if ships is None else 1 if ships else other
    yield "receiver", 0 if receivers is None else 1 if receivers else 2 if is_alike else 3
    yield "phone", 0 if phones is None else 1 if phones else 2
    sorts = {"machine": 2, "web": 3, "manual": 4}
    yield "channel", 0 if channels is None else sorts[channel_sort(left.channel) or ""] if channels else 1
    operators = is_same(left.operator, new.operator)
    yield "operator", 0 if operators is None else 1 if operators else 2


def _details(left: Side, new: Side, habits: Habits) -> dict[str, object]:
    """Return what the finding says of two orders."""
    gap = new.second - left.second
    rhythm = habits.basket if habits.is_basket_known else habits.products
    usual = habits.basket.usual_gap or habits.products.usual_gap
    return {
        "order_id": new.order_id,
        "duplicate_of": left.order_id,
        "first_on": f"{left.ordered_at:%Y-%m-%d}",
        "minutes": gap / 60,
        "hours": gap / HOUR,
        "days": gap / DAY,
        "channel_name": new.written["channel"] or "",
        "first_channel_name": left.written["channel"] or "",
        "customer_id": new.customer,
        "first_customer": left.customer,
        "reference": new.written["customer_po"] or new.written["order_number"] or "",
        "equal_lines": sum(left.items.get(product) == quantity for product, quantity in new.items.items()),
        "lines": max(len(left.items), len(new.items)),
        "usual_days": usual / DAY if usual else None,
        "other_gap_count": rhythm.gap_count - (gap >= APART),
        "impact": new.amount or 0.0,
    }


def comparisons(order: Row, past: Past) -> pd.DataFrame:
    """Compare a new order with the earlier ones that blocking rules bring it together with.

    Parameters
    ----------
    order : mapping
        The new order, as from `models.new_order.read_orders`.
    past : Past
        The orders of all customers that may be concerned.

    Returns
    -------
    pandas.DataFrame
        A row for each earlier order, in the order of time: the levels of `models.duplicates.levels.COMPARISONS`, those
        of hindsight 0, as an order is not paid or returned before it is entered; ``id_l`` and ``id_r``; and what
        `models.detectors.duplicate_order.DETAILS` says. Blocking takes all rarest products of an order for one that SQL
        takes at random, so that a few pairs may be there that SQL does not compare.
    """
    if order["status"] == "cancelled":
        return pd.DataFrame()
    new = side_of({**order, "ordered_at": order["ordered_at"] or past.now}, order["lines"], past)
    alive = [row for row in past.related if row["status"] != "cancelled"]
    known = (side_of(row, past.lines.get(row["order_id"], ()), past) for row in alive)
    sides = sorted([*known, new], key=lambda side: side.place)
    rarest, here = _rarest(sides), sides.index(new)
    met = [(place, side) for place, side in enumerate(sides[:here]) if _are_met(side, new, rarest)]
    if not met:
        return pd.DataFrame()
    addresses = {row["ship_to_address"] or "" for row in (*alive, order)}
    addresses |= {home.address or "" for home in past.homes.values()}
    numbers = {address_key(each): address_numbers(each) for each in sorted(addresses, reverse=True)}
    habits = Habits(new, sides)
    found: list[dict[str, Any]] = [
        {
            "id_l": place,
            "id_r": here,
            **dict(_time_levels(left, new, habits)),
            **dict(_item_levels(left, new, habits)),
            **dict(_reference_levels(left, new, habits)),
            **dict(_party_levels(left, new, habits, numbers)),
            "payment": 0,
            "fate": 0,
            **_details(left, new, habits),
        }
        for place, left in met
    ]
    # One order is no burst; of one without a channel it isn't known what came in with it, which SQL takes for one.
    repeats = any(levels["items"] <= 3 and levels["rhythm"] in OFF_RHYTHM for levels in found)
    batch = 2 if repeats and new.channel is None and not new.is_date_only else 0
    return pd.DataFrame.from_records([{**levels, "batch": batch} for levels in found])


def is_like_another(order: Row, past: Past) -> bool:
    """Return whether a new order repeats an earlier one so likely that it would be told."""
    found = comparisons(order, past)
    return not found.empty and bool(may_be_told(scored(past.model, found)).any())
