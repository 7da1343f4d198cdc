"""The product's own words as people read them: kinds, causes, statuses, columns, reasons, in the visitor's language."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from dashboard.i18n import _, format_number, is_missing
from data.vocabulary import KINDS
from models.checks import checks
from models.detectors import DETECTORS
from models.findings import Finder, sentence

TITLES = {
    "unknown": "Not known",
    "open": "Open",
    "false_positive": "False positive",
    "it": "IT",
    "edi_resend": "EDI resend",
    "po_id": "PO number",
    "customer_po": "Customer PO",
}
"""English titles of code words that do not simply read as they are written."""


HIDDEN_EVIDENCE = frozenset({"contributions", "shares", "not_judged", "orders", "members", "order_ids"})
"""Parts of the evidence that are drawn, or listed elsewhere, instead of being named."""

HEADER_FIELDS = (
    "order_number customer_name customer_id segment channel entered_by status customer_po currency total_amount "
    "credit_limit ordered_at requested_at promised_at shipped_at delivered_at payment_due_at ship_to_name "
    "ship_to_phone ship_to_address ship_to_city ship_to_region ship_to_postal_code ship_to_country"
).split()
"""What is shown of an order's header, in this order."""

OTHER_WORDS = "open running done failed web phone edi marketplace email fax shop sales_rep customer_name".split()
"""Code words that come from no closed set: states of jobs, and the channels that most companies have."""


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
    return sentence(_(template), _spoken(json.loads(row["evidence"])))


def _spoken(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Return the evidence with its code words translated; numbers stay numbers for the template to format."""
    return {key: word(value) if _is_code(value) else _plain(value) for key, value in evidence.items()}


def _is_code(value: Any) -> bool:
    return isinstance(value, str) and value in code_words()


def _plain(value: Any) -> Any:
    if isinstance(value, str) and value.endswith(" 00:00:00"):
        return value.removesuffix(" 00:00:00")
    return value


@cache
def code_words() -> frozenset[str]:
    """Return the code words that may stand in evidence as values."""
    from data.schema import TABLES
    from data.vocabulary import CAUSES, STATUSES

    columns = {name for table in TABLES.values() for name in table.column_names}
    return frozenset({*STATUSES, *CAUSES, *TABLES, *columns})


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
    return word(value) if _is_code(value) else str(_plain(value))
