"""Merging two orders or two customers: what conflicts is asked, the result is previewed, and only then it is stored."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import session, widgets
from dashboard.casework import erp_changes
from dashboard.i18n import N_, _, format_number, ngettext
from dashboard.widgets import plain
from dashboard.words import header_field, word
from dashboard.workspace import current
from data.errors import OrderlensError
from models.merge_requests import make_merge, result_of
from models.merging import (
    LINE_ANSWERS,
    Choices,
    Original,
    Questions,
    customer_questions,
    order_questions,
    order_to_keep,
    read_customer,
    read_order,
)

ANSWERS = {
    "kept": N_("Those of the order that stays"),
    "merged": N_("Those of the other order"),
    "sum": N_("Both: quantities added up"),
    "largest": N_("Both: the larger quantity of each product"),
    "take_back": N_("Take the goods back"),
    "count_as_delivery": N_("Count it as the delivery of the order that stays"),
    "transfer": N_("Transfer the payment to the order that stays"),
    "refund": N_("Refund the payment"),
}


def offer_orders(first_id: str, second_id: str) -> None:
    """Draw the merge of two orders, or that they are merged already."""
    if _is_merged("order", first_id, second_id):
        return
    if not session.may("merge.make"):
        st.caption(_("Your role looks at duplicates but does not merge them."))
        return
    if not st.toggle(_("Merge these two orders"), key=f"merge_open_{first_id}_{second_id}"):
        return
    warehouse = current().warehouse
    orders = [read_order(warehouse, name) for name in (first_id, second_id)]
    with st.container(border=True):
        kept, merged = _which_stays(orders, order_to_keep(orders[0], orders[1])[0].name)
        questions = order_questions(kept, merged)
        choices = _ask(kept, merged, questions)
        _finish("order", kept, merged, choices)


def offer_customers(first_id: str, second_id: str) -> None:
    """Draw the merge of two customers, or that they are merged already."""
    if _is_merged("customer", first_id, second_id) or not session.may("merge.make"):
        return
    customers = [read_customer(current().warehouse, name) for name in (first_id, second_id)]
    with st.container(border=True):
        more = max(customers, key=lambda one: one.order_count)
        kept, merged = _which_stays(customers, more.name)
        _finish("customer", kept, merged, _ask(kept, merged, customer_questions(kept, merged)))


def _is_merged(what: str, first_id: str, second_id: str) -> bool:
    """Say that one of the two was merged already, and offer to undo it."""
    for name in (first_id, second_id):
        for row in current().casebook.merges.of(what, name).to_dict("records"):
            text = _("{merged} was merged into {kept} by {by}.").format(
                merged=row["merged_id"], kept=row["kept_id"], by=row["by"]
            )
            st.success(plain(text), icon=":material/merge:")
            _undo_button(int(row["merge_id"]), str(row["by"]), f"undo_{what}_{name}")
            return True
    return False


def _undo_button(merge_id: int, by: str, key: str) -> None:
    if session.may("merge.undo_any") or (session.may("merge.undo") and by == session.actor().name):
        st.button(
            _("Undo this merge"), key=f"{key}_{merge_id}", icon=":material/undo:", on_click=_undo, args=(merge_id,)
        )


@session.safely
def _undo(merge_id: int) -> None:
    current().casebook.merges.undo(session.actor(), merge_id)
    st.toast(_("The merge was undone; both stand for themselves again."), duration="short")


def _which_stays(both: list[Original], suggested: str) -> tuple[Original, Original]:
    names = [one.name for one in both]
    stays = st.segmented_control(
        _("Which one stays?"), names, default=suggested, key=f"merge_stays_{'_'.join(names)}", required=True
    )
    kept = both[names.index(str(stays))]
    merged = both[1 - names.index(str(stays))]
    if merged.has_shipped:
        st.warning(plain(_("{name} has shipped already.").format(name=merged.name)), icon=":material/local_shipping:")
    if merged.paid_amount > 0:
        paid = format_number(merged.paid_amount, 2)
        st.warning(
            plain(_("{name} was paid already: {amount}.").format(name=merged.name, amount=paid)),
            icon=":material/payments:",
        )
    return kept, merged


def _ask(kept: Original, merged: Original, questions: Questions) -> Choices:
    """Ask what conflicts; what is not answered stays open, and stops the merge."""
    key = f"{kept.name}_{merged.name}"
    if questions.fields:
        st.markdown(f"**{_('These fields differ: which value is right?')}**")
    answered: dict[str, str] = {}
    for name, values in questions.fields.items():
        told = dict(zip(("kept", "merged"), (header_field(name, value) for value in values), strict=True))
        given = st.radio(
            word(name), list(told), index=None, format_func=_titles(told), horizontal=True, key=f"merge_{key}_{name}"
        )
        if given:
            answered[name] = given
    return Choices(
        answered,
        lines=_pick(_("The lines differ: which ones count?"), LINE_ANSWERS, f"merge_{key}__lines")
        if questions.has_lines
        else None,
        shipped=_pick(_("What happens to the goods that have shipped?"), questions.shipped, f"merge_{key}__shipped"),
        paid=_pick(_("What happens to what was paid?"), questions.paid, f"merge_{key}__paid"),
    )


def _titles(told: Mapping[str, str]) -> Callable[[str], str]:
    return lambda side: plain(told[side])


def _pick(label: str, answers: tuple[str, ...], key: str) -> str | None:
    if not answers:
        return None
    given = st.radio(label, answers, index=None, format_func=lambda name: _(ANSWERS[name]), key=key)
    return None if given is None else str(given)


def _finish(what: str, kept: Original, merged: Original, choices: Choices) -> None:
    """Show what would change; merge on request."""
    try:
        result = result_of(what, kept, merged, choices)
    except OrderlensError:
        st.info(_("Answer the questions above to see the result."), icon=":material/help:")
        return
    count = len(result["changes"])
    st.markdown(f"**{ngettext('{count} field would change', '{count} fields would change', count)}**")
    widgets.table(_changes(result["changes"]), _change_columns(), _("What would change"), max_height=260)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        why = st.text_input(_("Why"), key=f"merge_why_{kept.name}_{merged.name}", width=300)
        channel = st.selectbox(
            _("Tell the ERP"), [None, *erp_changes.channels()], key="merge_channel", width=170,
            format_func=lambda name: word(name) if name else _("Not yet"),
        )  # fmt: skip
        st.button(
            _("Merge"), key="merge_do", type="primary", icon=":material/merge:", on_click=_merge,
            args=(what, kept, merged, choices, why or "", channel),
        )  # fmt: skip


@session.safely
def _merge(
    what: str,
    kept: Original,
    merged: Original,
    choices: Choices,
    why: str,
    channel: str | None,
) -> None:
    make_merge(current().casebook, session.actor(), what, kept, merged, choices, why, channel)
    st.toast(_("Merged. Both originals are kept, and it can be undone."), duration="short")


def _changes(changes: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "what": [word(change["record"]) for change in changes],
            "id": [change["record_id"] for change in changes],
            "line": pd.array([change["line_no"] for change in changes], dtype="Int64"),
            "field": [word(change["field"]) for change in changes],
            "before": [header_field(change["field"], change["before"]) for change in changes],
            "after": [header_field(change["field"], change["after"]) for change in changes],
        }
    )


def _change_columns() -> dict[str, Any]:
    return {
        "what": widgets.column(_("Table"), width=90),
        "id": widgets.column(_("Identifier"), width=96),
        "line": widgets.column(_("Line"), "whole", width=44),
        "field": widgets.column(_("Field"), width=120),
        "before": widgets.column(_("Now"), width=140),
        "after": widgets.column(_("Would be"), width=140),
    }


def listed() -> None:
    """List all merges, those that were undone too; each can be looked at, undone and exported."""
    from dashboard import downloads
    from dashboard.casework.case_table import local

    frame = current().casebook.merges.list()
    if frame.empty:
        widgets.empty(_("Merge two orders or customers that are one; it can always be undone."), _("No merges yet"))
        return
    shown = pd.DataFrame(
        {
            "number": frame["merge_id"],
            "what": [_("Order") if what == "order" else _("Customer") for what in frame["what"]],
            "kept": frame["kept_id"],
            "merged": frame["merged_id"],
            "state": [_("In force") if held else _("Undone") for held in frame["is_in_force"]],
            "why": frame["why"],
            "by": frame["by"],
            "at": local(frame["at"]),
            "undone_by": frame["undone_by"],
        }
    )
    columns = {
        "number": widgets.column(_("No."), "whole", width=44),
        "what": widgets.column(_("What"), width=80),
        "merged": widgets.column(_("Merged")),
        "kept": widgets.column(_("Into")),
        "state": widgets.column(_("State"), width=80),
        "why": widgets.column(_("Why"), width="medium"),
        "by": widgets.column(_("By")),
        "at": widgets.column(_("When"), "time"),
        "undone_by": widgets.column(_("Undone by")),
    }
    with st.container(horizontal=True, horizontal_alignment="right"):
        downloads.buttons(shown.rename(columns={name: str(made["label"]) for name, made in columns.items()}), "merges")
    widgets.table(shown, columns, _("Merges"), max_height=420)
    chosen = st.selectbox(_("Merge"), frame["merge_id"].tolist(), key="merges_chosen", width=120)
    row = frame[frame["merge_id"].eq(chosen)].iloc[0]
    widgets.table(_changes(row["result"]["changes"]), _change_columns(), _("What the merge changes"), max_height=260)
    if row["is_in_force"]:
        _undo_button(int(row["merge_id"]), str(row["by"]), "undo_listed")
