"""Phone numbers that can't be dialled, or that are the known number with a slip; judged once per distinct value."""

import re
from collections.abc import Hashable, Mapping
from typing import Any

import phonenumbers

from models.detectors import DETECTORS
from models.findings import Context, Finder, Prior

EXTENSION = re.compile(r"(ext|extension|x|转|分机|tel|phone|fax|mob|电话|手机)[.:\s]*", re.IGNORECASE)
LETTERS = re.compile(r"[A-Za-z]")
INTERNATIONAL = re.compile(r"^00(?=[1-9])")

FOUND = """
select
    orders.order_id,
    phones.variant,
    max(phones.points) as anomaly_score,
    0.1 * any_value(orders.order_value) as impact,
    any_value(phones.cause) as cause,
    {
        'actual': any_value(phones."value"),
        'expected': any_value(phones.known),
        'country': any_value(phones.country)
    } as evidence
from phone_verdicts as phones
inner join order_facts as orders on orders.customer_id = phones.customer_id and orders.ship_to_phone = phones."value"
left join maybe_customers as customers on customers.customer_id = orders.customer_id
left join customer_ship_tos as ship_tos on ship_tos.order_id = orders.order_id
left join customer_places as places on places.place_id = ship_tos.place_id
-- Somebody else at another place has a number of their own, however alike.
where phones.variant = 'not_dialable'
    or customers."name" is null
    or lower(orders.ship_to_name) in (lower(customers."name"), lower(customers.contact_name))
    or places.is_master
    or places.order_count >= 3
group by orders.order_id, phones.variant
"""


def is_dialable(value: str, iso: str | None) -> bool | None:
    """Return whether ``value`` has a possible length for its country; None where the country is unknown."""
    if LETTERS.search(EXTENSION.sub("", value)):
        return False
    try:
        number = phonenumbers.parse(INTERNATIONAL.sub("+", value.strip()), iso)
    except phonenumbers.NumberParseException as wrong:
        is_country_unknown = wrong.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE and not iso
        return None if is_country_unknown else False
    reason = phonenumbers.is_possible_number_with_reason(number)
    return bool(reason == phonenumbers.ValidationResult.IS_POSSIBLE)


def _verdict(phone: Mapping[Hashable, Any]) -> tuple[str, float]:
    """Return the variant and the points of evidence for one customer's distinct number; no points where it is fine."""
    dialable = is_dialable(str(phone["value"]), phone["iso"] if isinstance(phone["iso"], str) else None)
    edits = phone["edits"]
    if dialable is False and phone["length_share"] < 0.05:
        return "not_dialable", 6.0 if edits == edits and edits <= 3 else 5.0
    if edits == edits and 1 <= edits <= 2 and phone["order_count"] <= 2:
        if phone["is_swapped"] and edits == 1:
            return "digit_slip", 5.5
        if not phone["is_same_length"]:
            return "digit_slip", 5.0
        return "digit_slip", 3.2 if edits == 1 else 1.0
    return "", 0.0


def find(context: Context) -> str:
    """Judge the suspect numbers and join them to their orders."""
    connection = context.connection
    suspects = connection.execute("from phone_suspects").df()
    verdicts = [_verdict(row) for row in suspects.to_dict("records")]
    suspects["variant"] = [variant for variant, _ in verdicts]
    suspects["points"] = [points for _, points in verdicts]
    suspects["cause"] = suspects["is_master"].map({True: "stale_master_data", False: "data_entry"})
    connection.register("judged_phones", suspects)
    connection.execute("create or replace temp table phone_verdicts as from judged_phones where variant <> ''")
    connection.unregister("judged_phones")
    connection.execute(f"create or replace temp table customer_phone as {FOUND}")
    return "customer_phone"


DETECTORS.register("customer_phone")(
    Finder(
        name="customer_phone",
        kind="customer_info",
        grain="order",
        title="Phone number wrong",
        reasons={
            "not_dialable": 'Phone "{actual}" cannot be dialled in {country}; it has too few or too many digits.',
            "digit_slip": 'Phone "{actual}" is the known number "{expected}" with a digit changed.',
        },
        priors={"not_dialable": Prior((0.5, 3), (0.95, 6)), "digit_slip": Prior((0.5, 3), (0.95, 6))},
        needs=frozenset({"phone_suspects", "customer_ship_tos", "customer_places", "order_facts"}),
        find=find,
        counterfactuals={
            "not_dialable": "With a number that can be dialled in {country} the order would not be flagged.",
            "digit_slip": 'With "{expected}" the order would not be flagged.',
        },
        silent_if="earlier_ship_to",
    )
)
