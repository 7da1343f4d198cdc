"""What an order that is checked before entry is compared by: its references, parties and items in normal form.

The same as the contents of ``features/pairs``, in Python; a test holds both equal.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from features.normalise import address_key, name_key, phone_key, romanise
from models.entry_past import Home, Past, Row
from models.new_order import NEW_ORDER

NOWHERE = Home(None, None, None)

LIKE_ADDRESS, LIKE_NAME = 0.75, 0.8
LATEST_TEXTS = 100_000
"""How many texts keep what was worked out of them."""

WIDE = str.maketrans("０１２３４５６７８９－＿／（）＃．　", "0123456789-_/()#. ")
LOOKALIKES = str.maketrans("OIL", "011")
PREFIX = re.compile(r"^(?:P\.?\s?O\.?|ORDER|ORD|REF|NO|NR)?[\s.:#_/-]*([A-Z]{0,4}[\s_/-]?[0-9OIL])", re.ASCII)
SAID_TWICE = re.compile(
    r"[\s_./(-]*(?:DUPLICATE|DUPL?|COPY|RESEND|RESENT|REV|重复|重發|重发|副本|补单)[\s._-]*\d?\)?\Z", re.ASCII
)
ADDED = re.compile(r"^(.*\d{3})(?:[\s_./(-]+(?:\d|[A-Z])|[RABX])\)?\Z", re.ASCII)
OTHER_SIGNS = re.compile(
    r"[^A-Z0-9\u2e80-\u2fd5\u3005\u3007\u3021-\u3029\u3038-\u303b\u3400-\u9fff\uf900-\ufad9\U00020000-\U000323af]"
)
LAST_DIGITS = re.compile(r"[0-9]{1,15}\Z")
BY_MACHINE = re.compile("edi|import|api|batch|file|interface|接口|导入")
ON_THE_WEB = re.compile("web|portal|shop|app|online|store|网|商城")


class Reference(NamedTuple):
    """A customer PO or order number, as in ``pair_references.sql``."""

    key: str
    stem: str
    number: int | None
    shape: tuple[str, int]


@lru_cache(maxsize=LATEST_TEXTS)
def reference(written: str | None) -> Reference | None:
    """Return the forms of a customer PO or order number; None if it has no digit."""
    text = (written or "").translate(WIDE).strip(" ").upper()
    if not re.search("[0-9]", text):
        return None
    if not re.match("[0-9]", text):
        text = PREFIX.sub(r"\1", text, count=1)
    key = OTHER_SIGNS.sub("", text).translate(LOOKALIKES).lstrip("0")
    stem = key
    if not re.search(r"[0-9]{4}\Z", text):
        bare = ADDED.sub(r"\1", SAID_TWICE.sub("", text, count=1), count=1)
        stem = OTHER_SIGNS.sub("", bare).translate(LOOKALIKES).lstrip("0")
    last = LAST_DIGITS.search(key)
    shape = "" if re.fullmatch("[0-9]{1,15}", key) else LAST_DIGITS.sub("", key, count=1)
    return Reference(key, stem, int(last[0]) if last else None, (shape, len(key))) if key else None


@lru_cache(maxsize=LATEST_TEXTS)
def _beside_date(key: str, day: date) -> str | None:
    """Return what is left of a reference without the day it was written on; None if it doesn't hold it."""
    for form in ("%y%m%d", "%d%m%y", "%d%m%Y", "%m%d%y"):
        if (written := day.strftime(form)) in key:
            return key.replace(written, "")
    return None


@lru_cache(maxsize=LATEST_TEXTS)
def channel_sort(channel: str | None) -> str | None:
    """Return whether orders of a channel come by machine, on the web or by hand; None where it isn't known."""
    if not channel:
        return None
    return "machine" if BY_MACHINE.search(channel) else "web" if ON_THE_WEB.search(channel) else "manual"


def _word(value: str | None) -> str | None:
    return (value or "").strip(" ").lower() or None


def _second(moment: datetime) -> int:
    return round((moment - datetime(1970, 1, 1)).total_seconds())


def _rounded(quantity: float) -> float:
    return math.copysign(math.floor(abs(quantity) * 1000 + 0.5) / 1000, quantity)


@dataclass(frozen=True, eq=False)
class Side:
    """What an order is compared by, as in ``pair_orders.sql``; None where it is not known.

    Attributes
    ----------
    written : dict of str to object
        The order as it is written.
    order_id : str
        Its name.
    ordered_at : datetime
        When it came.
    second : int
        The same, in seconds.
    requested_on : date or None
        When it is wanted.
    customer, entity : str
        Whose it is, and who that is where customers are registered twice.
    channel, operator : str or None
        How it came, and who entered it.
    po, number : Reference or None
        The customer PO and the order number.
    ship, receiver, phone : str or None
        Normal forms of the address, the name and the phone, the customer's own where the order has none.
    items : dict of str to float
        The quantity of each product.
    amount : float or None
        The order's total, or else that of its lines.
    """

    written: Row
    order_id: str
    ordered_at: datetime
    second: int
    requested_on: date | None
    customer: str
    entity: str
    channel: str | None
    operator: str | None
    po: Reference | None
    number: Reference | None
    ship: str | None
    receiver: str | None
    phone: str | None
    items: Mapping[str, float]
    amount: float | None

    @property
    def place(self) -> tuple[datetime, int, str]:
        """What orders are counted by."""
        return self.ordered_at, len(self.order_id), self.order_id

    @cached_property
    def basket(self) -> frozenset[tuple[str, float]] | None:
        """The products with their quantities."""
        return frozenset(self.items.items()) or None

    @cached_property
    def products(self) -> frozenset[str] | None:
        """The products."""
        return frozenset(self.items) or None

    @cached_property
    def beside_date(self) -> str | None:
        """What is left of the customer PO without the day of the order."""
        return _beside_date(self.po.key, self.ordered_at.date()) if self.po else None

    @property
    def is_date_only(self) -> bool:
        """Whether the time of day is not known."""
        return self.ordered_at == datetime.combine(self.ordered_at, datetime.min.time())


def side_of(order: Row, lines: Iterable[Row], past: Past) -> Side:
    """Return what an order is compared by."""
    home = past.homes.get(order["customer_id"], NOWHERE)
    quantities: dict[str, float] = {}
    value, has_lines = 0.0, False
    for line in lines:
        quantities[line["product_id"]] = quantities.get(line["product_id"], 0.0) + line["quantity"]
        value, has_lines = value + line["quantity"] * line["unit_price"] * (1 - (line["discount"] or 0)), True
    keys = (
        key(order[written] or "") or key(own or "") or None
        for key, written, own in (
            (address_key, "ship_to_address", home.address),
            (name_key, "ship_to_name", home.name),
            (phone_key, "ship_to_phone", home.phone),
        )
    )
    ship, receiver, phone = keys
    total = order["total_amount"]
    return Side(
        order,
        order["order_id"] or NEW_ORDER,
        order["ordered_at"],
        _second(order["ordered_at"]),
        order["requested_at"].date() if order["requested_at"] else None,
        order["customer_id"],
        past.entities.get(order["customer_id"], order["customer_id"]),
        _word(order["channel"]),
        _word(order["entered_by"]),
        reference(order["customer_po"]),
        reference(order["order_number"]),
        ship,
        receiver,
        phone,
        {product: _rounded(quantity) for product, quantity in quantities.items()},
        total if total is not None else value if has_lines else None,
    )


def is_same(left: object, right: object) -> bool | None:
    """Return whether two values are equal; None where one is not known."""
    return None if left is None or right is None else left == right


def _likeness(left: str, right: str) -> float:
    """Return how much of two texts is the same, as DuckDB's ``levenshtein``, which goes by bytes."""
    return 1 - Levenshtein.distance(left.encode(), right.encode()) / max(len(left), len(right))


@lru_cache(maxsize=LATEST_TEXTS)
def are_like_names(left: str, right: str) -> bool:
    """Return whether two differing names read or sound alike, as in ``near_names.sql``."""
    if left in right or right in left:
        return True
    shared = 0.0 if left.isascii() else len({*left} & {*right}) / len({*left} | {*right})
    return max(_likeness(romanise(left), romanise(right)), shared) >= LIKE_NAME


@lru_cache(maxsize=LATEST_TEXTS)
def are_like_addresses(left: str, right: str, numbers_left: str, numbers_right: str) -> bool:
    """Return whether two differing addresses read alike, as in ``near_addresses.sql``."""
    if not (numbers_left.startswith(numbers_right) or numbers_right.startswith(numbers_left)):
        return False
    one, other = romanise(left), romanise(right)
    return one in other or other in one or _likeness(one, other) >= LIKE_ADDRESS
