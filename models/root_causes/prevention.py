"""From a cause to what prevents it: a setting, a check at entry or a routine, its owner, and what to train."""

from dataclasses import dataclass
from typing import Literal

Where = Literal["entry", "setting", "routine"]


@dataclass(frozen=True)
class Prevention:
    """One thing that would have stopped findings of some kinds and causes.

    Attributes
    ----------
    name : str
        Its name in code and addresses.
    title : str
        What to do, in English; translated on screen.
    where : {"entry", "setting", "routine"}
        A check at entry, a setting of the ERP, or how people work.
    department : str
        Who owns it.
    training : str
        The training topic beside it, in English; empty if none helps.
    stops : frozenset of tuple of str
        The kinds and causes it stops; each stands in one prevention only, so that numbers add up.
    """

    name: str
    title: str
    where: Where
    department: str
    training: str
    stops: frozenset[tuple[str, str]]


def _stops(*pairs: str) -> frozenset[tuple[str, str]]:
    return frozenset((kind, cause) for kind, cause in (pair.split("/") for pair in pairs))


PREVENTIONS = {
    prevention.name: prevention
    for prevention in (
        Prevention(
            "required_fields",
            "Make ship-to, phone and postal code required on the entry form, each with its format.",
            "setting",
            "order_entry",
            "Recording addresses and contacts",
            _stops("customer_info/data_entry", "customer_info/unknown"),
        ),
        Prevention(
            "address_master",
            "Fill in the ship-to from the customer master, and ask where it differs.",
            "setting",
            "sales",
            "Keeping customer data up to date",
            _stops("customer_info/stale_master_data"),
        ),
        Prevention(
            "price_from_list",
            "Take the price from the list or contract; another one needs a release.",
            "entry",
            "sales",
            "Entering prices and discounts",
            _stops("price_error/data_entry", "price_error/unknown"),
        ),
        Prevention(
            "discount_limit",
            "Limit discounts by role; a higher one needs a release.",
            "setting",
            "sales",
            "Which discounts may be given",
            _stops("price_error/unauthorised_discount"),
        ),
        Prevention(
            "price_validity",
            "Block prices whose validity has ended.",
            "setting",
            "sales",
            "Keeping price lists up to date",
            _stops("price_error/stale_master_data"),
        ),
        Prevention(
            "quantity_question",
            "Ask back at entry where a quantity is far beyond what this customer orders.",
            "entry",
            "order_entry",
            "Entering quantities",
            _stops("quantity_outlier/data_entry", "quantity_outlier/unknown"),
        ),
        Prevention(
            "pack_sizes",
            "Show the pack size beside the quantity, and accept whole packs only.",
            "setting",
            "order_entry",
            "Units of measure and pack sizes",
            _stops("quantity_outlier/unit_of_measure", "price_error/unit_of_measure"),
        ),
        Prevention(
            "one_submission",
            "Give every submission a key of its own, and refuse a second one.",
            "setting",
            "it",
            "",
            _stops("duplicate_order/resubmission"),
        ),
        Prevention(
            "look_across_channels",
            "Look for the same order in all channels before it is entered.",
            "entry",
            "order_entry",
            "Recognising orders that came in already",
            _stops("duplicate_order/cross_channel", "duplicate_order/unknown"),
        ),
        Prevention(
            "edi_control_numbers",
            "Refuse EDI messages whose control number was seen before.",
            "setting",
            "it",
            "",
            _stops("duplicate_order/edi_resend"),
        ),
        Prevention(
            "credit_block",
            "Hold orders over the credit limit or with overdue payments until they are released.",
            "setting",
            "finance",
            "",
            _stops("payment_problem/customer_default"),
        ),
        Prevention(
            "payment_matching",
            "Match payments to orders by reference as they come in.",
            "routine",
            "finance",
            "Allocating payments",
            _stops("payment_problem/data_entry", "payment_problem/unknown", "payment_problem/process_delay"),
        ),
        Prevention(
            "computed_totals",
            "Have totals and dates computed and checked instead of typed in.",
            "entry",
            "order_entry",
            "Completing the order header",
            _stops("order_info/data_entry", "order_info/unknown", "order_info/process_delay"),
        ),
        Prevention(
            "known_references",
            "Accept only customers and products that exist.",
            "setting",
            "it",
            "",
            _stops("order_info/stale_master_data", "order_info/system_fault"),
        ),
        Prevention(
            "free_stock",
            "Promise from the stock that is free at entry, and reserve it at once.",
            "entry",
            "warehouse",
            "Promising dates from free stock",
            _stops("stock_shortage/allocation"),
        ),
        Prevention(
            "reorder_points",
            "Review reorder points and order on the day they are reached.",
            "routine",
            "purchasing",
            "",
            _stops("stock_shortage/reorder_policy", "stockout_risk/reorder_policy"),
        ),
        Prevention(
            "forecast_review",
            "Compare forecasts with demand each week and correct those that are low.",
            "routine",
            "purchasing",
            "",
            _stops("stock_shortage/under_forecast", "stockout_risk/under_forecast"),
        ),
        Prevention(
            "announced_demand",
            "Have large customers announce large orders; confirm them in parts.",
            "routine",
            "sales",
            "",
            _stops("stock_shortage/demand_spike", "stockout_risk/demand_spike"),
        ),
        Prevention(
            "supplier_lead_times",
            "Plan with the lead times that suppliers keep, not with those agreed.",
            "routine",
            "purchasing",
            "",
            _stops("stock_shortage/late_supplier", "stockout_risk/late_supplier"),
        ),
        Prevention(
            "cycle_counts",
            "Count products in turns, those with differences more often.",
            "routine",
            "warehouse",
            "Booking stock movements",
            _stops("stock_shortage/stock_record_error", "stockout_risk/stock_record_error"),
        ),
        Prevention(
            "honest_promises",
            "Promise dates by how long orders really take.",
            "setting",
            "logistics",
            "",
            _stops("delivery_delay/process_delay", "delivery_delay/unknown"),
        ),
        Prevention(
            "import_alarm",
            "Raise an alarm on a failed import, and send its orders again at once.",
            "setting",
            "it",
            "",
            _stops("system_fault/system_fault", "system_fault/unknown"),
        ),
    )
}


def prevention_of(kind: str, cause: str) -> Prevention | None:
    """Return what would have stopped findings of a kind and cause, None if nothing is known to."""
    return next((found for found in PREVENTIONS.values() if (kind, cause) in found.stops), None)
