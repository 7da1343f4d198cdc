"""The closed sets of words: statuses, kinds, causes, labels, roles. Each stands here once."""

from dataclasses import dataclass
from typing import Literal

Grain = Literal["line", "order", "product"]

STATUSES = (
    "new",
    "confirmed",
    "allocated",
    "picked",
    "shipped",
    "delivered",
    "invoiced",
    "closed",
    "cancelled",
    "returned",
    "on_hold",
    "backordered",
)

SHORTAGE_CAUSES = (
    "under_forecast",
    "demand_spike",
    "late_supplier",
    "stock_record_error",
    "reorder_policy",
    "allocation",
)

CAUSES = (
    *SHORTAGE_CAUSES,
    "data_entry",
    "stale_master_data",
    "unauthorised_discount",
    "unit_of_measure",
    "resubmission",
    "cross_channel",
    "edi_resend",
    "customer_default",
    "process_delay",
    "system_fault",
    "unknown",
)

LABELS = ("confirmed", "false_positive")

FALSE_POSITIVE_REASONS = (
    "legitimate_reorder",
    "promotion",
    "agreed_price",
    "seasonal",
    "known_customer_habit",
    "data_lag",
    "wrong_check",
    "other",
)

ROLES = ("viewer", "analyst", "planner", "order_entry", "manager", "admin")

CASE_STATES = (
    "new",
    "investigating",
    "awaiting_restock",
    "awaiting_correction",
    "awaiting_customer",
    "awaiting_payment",
    "with_support",
    "resolved",
    "dismissed",
)

ACTIONS = (
    "restock_urgently",
    "reprioritise_orders",
    "offer_substitute",
    "agree_later_date",
    "correct_order",
    "contact_customer",
    "correct_price",
    "merge_orders",
    "cancel_duplicate",
    "correct_master_data",
    "collect_payment",
    "block_delivery",
    "expedite_delivery",
    "expedite_supplier",
    "count_stock",
    "adjust_planning",
    "train_operator",
    "call_support",
)

OUTCOMES = ("worked", "partly", "failed")

DEPARTMENTS = ("sales", "order_entry", "purchasing", "warehouse", "logistics", "finance", "it")


@dataclass(frozen=True)
class Kind:
    """A kind of exception as the contract lists it.

    Attributes
    ----------
    name : str
        The contract's name.
    grain : {"line", "order", "product"}
        What one finding of this kind is about.
    title : str
        The English title; translated on screen.
    department : str
        Who usually owns the cause.
    action : str
        What to do about it, in one sentence; translated on screen.
    impact : str
        How the money at risk is computed, in words; translated on screen.
    """

    name: str
    grain: Grain
    title: str
    department: str
    action: str
    impact: str


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "stock_shortage",
            "line",
            "Stock shortage",
            "warehouse",
            "Restock urgently, offer a substitute, or agree on a later date.",
            "units short × unit price",
        ),
        Kind(
            "price_error",
            "line",
            "Price error",
            "sales",
            "Check the price agreed with the customer and correct the line.",
            "price difference × quantity",
        ),
        Kind(
            "quantity_outlier",
            "line",
            "Unusual quantity",
            "order_entry",
            "Ask the customer which quantity was meant.",
            "quantity beyond the usual × unit price",
        ),
        Kind(
            "customer_info",
            "order",
            "Customer data",
            "order_entry",
            "Complete or correct the ship-to and contact data.",
            "a tenth of the order value, the cost of a failed delivery",
        ),
        Kind(
            "payment_problem",
            "order",
            "Payment problem",
            "finance",
            "Contact the customer about the open amount.",
            "amount unpaid or mismatched, or the amount over the credit limit",
        ),
        Kind(
            "duplicate_order",
            "order",
            "Duplicate order",
            "order_entry",
            "Cancel or merge the repeated order before it ships.",
            "value of the repeated order",
        ),
        Kind(
            "delivery_delay",
            "order",
            "Delivery delay",
            "logistics",
            "Expedite the order and tell the customer the new date.",
            "order value × 1 % per day late, at most half the value",
        ),
        Kind(
            "order_info",
            "order",
            "Order data",
            "order_entry",
            "Correct the order header so that totals, dates and references agree.",
            "amount that does not add up, or a twentieth of the order value",
        ),
        Kind(
            "system_fault",
            "order",
            "System fault",
            "it",
            "Have the fault mended and the affected orders sent again.",
            "value of the affected order",
        ),
        Kind(
            "unusual_order",
            "order",
            "Unusual order",
            "sales",
            "Call the customer back and confirm the order.",
            "order value",
        ),
        Kind(
            "stockout_risk",
            "product",
            "Stock-out risk",
            "purchasing",
            "Order or expedite before the date shown.",
            "units short within the lead time × list price",
        ),
    )
}
