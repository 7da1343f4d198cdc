"""The filters of the cases: one row of controls, kept in the address."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import session, url_state
from dashboard.i18n import N_, _, ngettext
from dashboard.words import kind_title, word
from dashboard.workspace import current
from data.casebook.case_states import CLOSED, OPEN
from data.vocabulary import CASE_STATES, DEPARTMENTS, KINDS

PAGE = "cases"
VIEWS = {
    "open": N_("Open"),
    "mine": N_("My cases"),
    "overdue": N_("Overdue"),
    "closed": N_("Closed"),
    "all": N_("All"),
}
DEFAULTS: dict[str, url_state.Value] = {"q": "", "view": "open", "kind": [], "state": [], "department": []}


def show() -> dict[str, Any]:
    """Draw the filters and return what they say."""
    allowed: dict[str, Sequence[str]] = {
        "view": list(VIEWS),
        "kind": list(KINDS),
        "state": CASE_STATES,
        "department": DEPARTMENTS,
    }
    url_state.load(PAGE, DEFAULTS, allowed)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            _("Search"),
            key=f"{PAGE}_q",
            type="search",
            live=True,
            placeholder=_("Order, product, customer, person …"),
            label_visibility="collapsed",
            width=240,
        )
        st.segmented_control(
            _("View"),
            list(VIEWS),
            format_func=lambda name: _(VIEWS[name]),
            key=f"{PAGE}_view",
            label_visibility="collapsed",
            required=True,
        )
        chosen = sum(bool(st.session_state[f"{PAGE}_{name}"]) for name in ("kind", "state", "department"))
        label = ngettext("Filters ({count})", "Filters ({count})", chosen) if chosen else _("Filters")
        with st.popover(label, icon=":material/tune:"):
            _more()
    return url_state.save(PAGE, DEFAULTS)


def _more() -> None:
    for name, label, options, title in (
        ("kind", _("Kind"), list(KINDS), kind_title),
        ("state", _("State"), list(CASE_STATES), word),
        ("department", _("Department"), list(DEPARTMENTS), word),
    ):
        st.multiselect(label, options, format_func=title, key=f"{PAGE}_{name}", placeholder=_("Any"), width="stretch")


def fetch(chosen: dict[str, Any]) -> pd.DataFrame:
    """Return the cases that pass the filters, what is overdue first."""
    view = chosen["view"]
    groups = {"open": OPEN, "mine": OPEN, "overdue": OPEN, "closed": tuple(CLOSED), "all": CASE_STATES}
    states = [state for state in groups[view] if not chosen["state"] or state in chosen["state"]]
    if not states:
        return current().casebook.case_lists.list(limit=0)
    return current().casebook.case_lists.list(
        states=states,
        kinds=chosen["kind"],
        departments=chosen["department"],
        assignee=session.actor().name if view == "mine" else None,
        is_overdue_only=view == "overdue",
        words=str(chosen["q"]),
    )
