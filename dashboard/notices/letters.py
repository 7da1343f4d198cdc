"""The text of a message, in the language of its readers; what comes from orders stays one harmless line each."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from dashboard import words
from dashboard.i18n import N_, _, format_money, format_number, format_percent, ngettext, speaking
from data.casebook.outbox import Message

MAX_VALUE = 400
HARMLESS = str.maketrans({"<": "‹", ">": "›"})
"""Signs that chat services take for links or marks."""


def one_line(text: object) -> str:
    """Return a text as one line of limited length, without what a reader's program could take for marks or links."""
    line = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", " ", str(text)).split())
    return line.translate(HARMLESS).replace("](", "] (")[:MAX_VALUE]


def write(message: Message, items: Sequence[Mapping[str, Any]], base: str = "") -> tuple[str, str]:
    """Return title and body of a message.

    Parameters
    ----------
    message : Message
        What is sent: its rule names the language.
    items : sequence of mapping
        The causes to list, the first to look at first.
    base : str, default ""
        The address of the dashboard, for links; empty for none.

    Returns
    -------
    tuple of str
        The title, one line, and the body, plain text.
    """
    with speaking(message.rule.language):
        footer = _("Rule: {name}. Message {number}.").format(
            name=one_line(message.rule.name), number=message.notification_id
        )
        if message.is_test:
            return _("Orderlens: test message"), f"{_('Messages of this rule arrive here.')}\n\n{footer}"
        parts = [_item(item, base) for item in items]
        if message.more_count:
            parts.append(ngettext("And {count} more.", "And {count} more.", message.more_count))
        return _title(items, message.more_count), "\n\n".join([*parts, footer])


def _title(items: Sequence[Mapping[str, Any]], more_count: int) -> str:
    count = len(items) + more_count
    case_count = sum("topic" in item for item in items)
    if count != 1 and case_count == len(items):
        return ngettext("Orderlens: {count} case to look at", "Orderlens: {count} cases to look at", count)
    if count != 1 and case_count:
        return ngettext("Orderlens: {count} thing to look at", "Orderlens: {count} things to look at", count)
    if count != 1:
        return ngettext("Orderlens: {count} exception to look at", "Orderlens: {count} exceptions to look at", count)
    (item,) = items
    if "topic" in item:
        return one_line(_("Orderlens: {what}").format(what=_happened(item)))
    form = _("Orderlens: {kind}, {money} at risk")
    if item.get("is_worse"):
        form = _("Orderlens: worse than told before: {kind}, {money} at risk")
    return one_line(form.format(kind=words.kind_title(item["kind"]), money=_money(item)))


HAPPENED = {
    "assigned": N_("case {number} was given to {whom}"),
    "mentioned": N_("{by} mentioned somebody in case {number}"),
    "overdue": N_("case {number} of {whom} is overdue since {due}"),
    "reopened": N_("case {number} of {whom} was reopened"),
}


def _happened(item: Mapping[str, Any]) -> str:
    """Say what happened to a case."""
    whom = item.get("assignee") or words.word(item.get("department"))
    due = str(item.get("due_at", ""))[:16].replace("T", " ")
    return _(HAPPENED[item["topic"]]).format(number=item["case_id"], whom=whom, by=item.get("by", ""), due=due)


def _case(item: Mapping[str, Any], base: str) -> str:
    """Write what happened to a case, what it is about, and the comment, if somebody made one."""
    about = [words.kind_title(item["kind"])]
    if item.get("order_id"):
        about.append(_("order {order}").format(order=one_line(item["order_id"])))
    elif item.get("product_id"):
        about.append(_("product {product}").format(product=one_line(item["product_id"])))
    happened = one_line(_happened(item))
    lines = [happened[:1].upper() + happened[1:], " · ".join(about), one_line(words.reason(item))]
    if item.get("text"):
        lines.append(f"{one_line(item['by'])}: {one_line(item['text'])}")
    if base:
        lines.append(f"{base.rstrip('/')}/cases?case={int(item['case_id'])}&view=all")
    return "\n".join(line for line in lines if line)


def _item(item: Mapping[str, Any], base: str) -> str:
    if "topic" in item:
        return _case(item, base)
    head = [words.kind_title(item["kind"])]
    if item["order_count"] > 1:
        head.append(ngettext("{count} order, one cause", "{count} orders, one cause", item["order_count"]))
    elif item.get("order_id"):
        head.append(_("order {order}").format(order=one_line(item["order_id"])))
    elif item.get("product_id"):
        head.append(_("product {product}").format(product=one_line(item["product_id"])))
    if item.get("customer_name"):
        head.append(one_line(item["customer_name"]))
    facts = [
        _("{money} at risk").format(money=_money(item)),
        _("{chance} likely").format(chance=format_percent(item.get("score"))),
        words.word(item.get("department")),
    ]
    if item.get("is_worse"):
        facts.append(_("worse than told before"))
    lines = [" · ".join(head), one_line(words.reason(item)), " · ".join(facts)]
    if base:
        lines.append(f"{base.rstrip('/')}/exceptions?id={quote(str(item['cause_key']), safe='')}")
    return "\n".join(line for line in lines if line)


def _money(item: Mapping[str, Any]) -> str:
    currency = item.get("currency")
    amount = format_money(item["impact"], one_line(currency) if currency else None)
    return amount if item["impact"] else format_number(0)
