"""What verdicts on similar findings say about the one that is open: how far they moved it, and what was decided."""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import queries, widgets
from dashboard.i18n import N_, _, format_percent, is_missing, ngettext
from dashboard.widgets import plain
from dashboard.words import reason, word, would_pass

LEAST_MOVE = 0.005
SHARED = {
    "kind": N_("same kind"),
    "source": N_("same check"),
    "variant": N_("same check and pattern"),
    "channel": N_("same check and channel"),
    "operator": N_("same check, entered by the same"),
    "region": N_("same check and region"),
    "customer": N_("same customer"),
    "product": N_("same check and product"),
    "customer_product": N_("same customer and product"),
}


def counterfactual(row: pd.Series) -> None:
    """Say what would have let it pass."""
    if told := would_pass(row.to_dict()):
        st.caption(plain(told))


def moved(row: pd.Series) -> None:
    """Say how far the labels moved the chance, and which ones."""
    learned = queries.lessons().about(row.to_dict())
    before, after = float(row["prior_score"]), float(row["score"])
    if learned.empty or abs(after - before) < LEAST_MOVE:
        return
    told = learned.iloc[int(learned["weight"].abs().to_numpy().argmax())]
    confirmed, rejected = int(told["confirmed_count"]), int(told["rejected_count"])
    values = {"shared": _(SHARED[told["trait"]]), "before": format_percent(before), "after": format_percent(after)}
    parts = []
    if rejected:
        parts.append(ngettext("{count} rejected", "{count} rejected", rejected).format(count=rejected))
    if confirmed:
        parts.append(ngettext("{count} confirmed", "{count} confirmed", confirmed).format(count=confirmed))
    told_as = _("Resembles what was judged before ({shared}: {verdicts}): {before} by the check alone, {after} now.")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(told_as.format(verdicts=", ".join(parts), **values))
        with st.popover(_("What was learned"), type="tertiary", icon=":material/school:"):
            _traits(learned)


def _traits(learned: pd.DataFrame) -> None:
    shown = pd.DataFrame(
        {
            "shared": [_(SHARED[name]) for name in learned["trait"]],
            "confirmed": learned["confirmed_count"],
            "rejected": learned["rejected_count"],
            "weight": learned["weight"].round(2),
        }
    )
    columns = {
        "shared": widgets.column(_("In common")),
        "confirmed": widgets.column(_("Confirmed"), "whole"),
        "rejected": widgets.column(_("Rejected"), "whole"),
        "weight": widgets.column(_("Log-odds added"), "number"),
    }
    widgets.table(shown, columns, _("What was learned"), height="content")


def similar(row: pd.Series) -> None:
    """List judged findings that resemble this one, with what was decided and why."""
    found = queries.fetch("similar", id=row["exception_id"])
    if found.empty:
        st.caption(_("Nothing like it has been judged yet."))
        return
    confirmed = int(found["label"].eq("confirmed").sum())
    told = ngettext(
        "{count} similar exception was judged: {confirmed} confirmed, {rejected} rejected",
        "{count} similar exceptions were judged: {confirmed} confirmed, {rejected} rejected",
        len(found),
        confirmed=confirmed,
        rejected=len(found) - confirmed,
    )
    st.markdown(f"**{told}**")
    rows = found.to_dict("records")
    shown = pd.DataFrame(
        {
            "order": found["order_id"],
            "label": [word(name) for name in found["label"]],
            "because": [None if is_missing(name) else word(name) for name in found["because"]],
            "shared": [_common(case) for case in rows],
            "told": [reason(case) for case in rows],
            "note": found["note"],
            "by": found["by"],
            "at": found["judged_at"],
        }
    )
    columns = {
        "order": widgets.column(_("Order"), width=90),
        "label": widgets.column(_("Verdict"), width=100),
        "because": widgets.column(_("Reason"), width=110),
        "shared": widgets.column(_("In common"), width=150),
        "told": widgets.column(_("What it said"), width="large"),
        "note": widgets.column(_("Note")),
        "by": widgets.column(_("By"), width=80),
        "at": widgets.column(_("When"), "time"),
    }
    columns = {name: made for name, made in columns.items() if shown[name].notna().any() and shown[name].ne("").any()}
    widgets.table(shown, columns, _("Similar exceptions"), max_height=400)


def _common(case: dict[Any, Any]) -> str:
    names = {
        "is_same_check": _("check"),
        "is_same_customer": _("customer"),
        "is_same_product": _("product"),
        "is_same_operator": _("entered by"),
    }
    return ", ".join(title for name, title in names.items() if case[name])
