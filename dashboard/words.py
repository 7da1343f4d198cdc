"""The product's own words as people read them: kinds, causes, statuses, columns, reasons, in the visitor's language."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from dashboard.i18n import N_, _, current_language, format_list, format_number, format_time, is_missing
from data.vocabulary import KINDS
from models.checks import checks
from models.detectors import DETECTORS
from models.findings import Finder, named, sentence
from models.level_shifts import SHIFT_REASON

TITLES = {
    "unknown": "Not known",
    "open": "Open",
    "false_positive": "False positive",
    "it": "IT",
    "earlier_price_count": "Earlier prices known",
    "edi": "EDI",
    "edi_resend": "EDI resend",
    "po_id": "PO number",
    "customer_po": "Customer PO",
    "nobody": "Not signed in",
}
"""English titles of code words that do not simply read as they are written."""


SHIFT_EVIDENCE = frozenset({"shift_line_count", "shift_order_count", "shift_from", "shift_to"})
"""What is told of a shift in its sentence alone."""

HIDDEN_EVIDENCE = (
    frozenset({"contributions", "shares", "ways_to_pass", "not_judged", "orders", "members", "order_ids"})
    | SHIFT_EVIDENCE
)
"""Parts of the evidence that are drawn, or listed elsewhere, instead of being named."""

PHRASES = frozenset(
    {
        N_("customer and product"),
        N_("customer and category"),
        N_("segment and product"),
        N_("customer"),
        N_("segment"),
        N_("product"),
        N_("category"),
        N_("contract"),
        N_("next contract"),
        N_("previous contract"),
        N_("ended contract"),
        N_("list price"),
        N_("next list price"),
        N_("previous list price"),
        N_("last agreed price"),
        N_("promotion"),
        N_("quantity"),
        N_("other customers"),
        N_("the customer master"),
        N_("an earlier order"),
        N_("ordered"),
        N_("requested"),
        N_("promised"),
        N_("payment due"),
        N_("updated"),
        N_("same time"),
        N_("same place"),
        N_("sent again"),
        N_("clock shift"),
        N_("garbled"),
        N_("no lines"),
        N_("zero total"),
        N_("outage"),
        N_("failed_import"),
        N_("deployment"),
        N_("clear"),
        N_("probable"),
    }
)
"""What checks and detectors write into the evidence as words, beside code words and what comes from the data."""

MIDNIGHT = " 00:00:00"

HEADER_FIELDS = (
    "order_number customer_name customer_id segment channel entered_by status customer_po currency total_amount "
    "credit_limit ordered_at requested_at promised_at shipped_at delivered_at payment_due_at ship_to_name "
    "ship_to_phone ship_to_address ship_to_city ship_to_region ship_to_postal_code ship_to_country"
).split()
"""What is shown of an order's header, in this order."""

STATES = "nobody open running done failed".split()
CHANNELS = "web phone edi marketplace email fax shop sales_rep customer_name time place value".split()
CASE_WORDS = "planned file webhook merged_into refund".split()
SUPPLY = "smooth erratic intermittent lumpy none out low enough clear probable mixed".split()
OTHER_WORDS = [*STATES, *CHANNELS, *SUPPLY, *CASE_WORDS]
"""Code words that come from no closed set: states of jobs, channels, steps of cases, classes of demand and stock."""


def title(word: str) -> str:
    """Return the English title of a code word: ``late_supplier`` reads ``Late supplier``."""
    return TITLES.get(word) or word.replace("_", " ").capitalize()


def word(name: str | None) -> str:
    """Return a code word's title in the visitor's language."""
    return "–" if name is None or is_missing(name) or not name else _(title(str(name)))


def kind_title(kind: str) -> str:
    """Return the title of a kind of exception."""
    return _(KINDS[kind].title) if kind in KINDS else word(kind)


def cause_title(cause: str | None, kind: str = "") -> str:
    """Return a cause's title; what no cause explains in a shortage is ordinary variability."""
    if cause == "unknown" and kind in ("stock_shortage", "stockout_risk"):
        return _("Ordinary variability")
    return word(cause)


@cache
def finders() -> Mapping[str, Finder]:
    """Return every check and detector by name."""
    return {**checks(), **DETECTORS}


def reason(row: Mapping[Any, Any]) -> str:
    """Return a finding's sentence in the visitor's language; as stored, if its check is gone."""
    finder = finders().get(str(row.get("source")))
    template = finder.reasons.get(str(row.get("variant"))) if finder else None
    if template is None or not row.get("evidence"):
        return str(row.get("reason") or "")
    evidence = _spoken(json.loads(row["evidence"]))
    told = sentence(_(template), evidence)
    return f"{told} {sentence(_(SHIFT_REASON), evidence)}" if "shift_line_count" in evidence else told


def would_pass(row: Mapping[Any, Any]) -> str:
    """Return what would have let a finding pass, in the visitor's language; empty where a number for it is missing."""
    finder = finders().get(str(row.get("source")))
    template = finder.counterfactuals.get(str(row.get("variant")), "") if finder else ""
    evidence = json.loads(row["evidence"]) if row.get("evidence") else {}
    if not template or any(evidence.get(name) is None for name in named(template)):
        return ""
    return sentence(_(template), _spoken(evidence))


def _spoken(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Return the evidence with its words translated; numbers stay numbers for the template to format."""
    return {key: phrase(value) if isinstance(value, str) else value for key, value in evidence.items()}


def phrase(text: str) -> str:
    """Return a word or phrase of the evidence in the visitor's language; what comes from orders stays as it is."""
    if current_language() == "en":
        return text.removesuffix(MIDNIGHT)
    parts = [_part(part) for part in text.split(", ")]
    return format_list([part for part in parts if part]) if all(parts) else text.removesuffix(MIDNIGHT)


def _part(text: str) -> str:
    name = text.replace(" ", "_")
    if name in code_words():
        return word(name)
    if text in PHRASES:
        return _(text)
    if text.startswith("blank ") and name.removeprefix("blank_") in code_words():
        return _("blank {field}").format(field=word(name.removeprefix("blank_")))
    if found := re.fullmatch(r"([\d.]+) (hours|days)", text):
        return (_("{number} hours") if found[2] == "hours" else _("{number} days")).format(number=found[1])
    return ""


@cache
def code_words() -> frozenset[str]:
    """Return the code words that may stand in evidence as values."""
    from data.schema import TABLES
    from data.vocabulary import CAUSES, STATUSES

    columns = {name for table in TABLES.values() for name in table.column_names}
    return frozenset({*STATUSES, *CAUSES, *TABLES, *columns, *OTHER_WORDS})


def header_field(name: str, value: Any) -> str:
    """Return a field of an order's header, readable."""
    if is_missing(value) or value == "":
        return "–"
    if name.endswith("_at"):
        return format_time(datetime.fromisoformat(value) if isinstance(value, str) else value)
    if name in ("status", "channel"):
        return word(value) if str(value) in code_words() else str(value)
    return format_number(value, 2) if isinstance(value, float) else str(value)


def evidence_value(value: Any) -> str:
    """Return one value of the evidence, readable."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, int | float):
        return format_number(value, 0 if float(value).is_integer() else 2 if abs(value) >= 1 else 3)
    if isinstance(value, list):
        return ", ".join(evidence_value(part) for part in value)
    return word(value) if value in code_words() else phrase(str(value))
