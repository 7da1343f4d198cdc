"""The filters of the cases: one row of controls, kept in the address."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import session, url_state
from dashboard.i18n import N_, _
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
        for name, options, title, hint in (
            ("kind", list(KINDS), kind_title, _("All kinds")),
            ("state", list(CASE_STATES), word, _("All states")),
            ("department", list(DEPARTMENTS), word, _("All departments")),
        ):
            st.multiselect(
                hint,
                options,
                format_func=title,
                key=f"{PAGE}_{name}",
                placeholder=hint,
                label_visibility="collapsed",
                width=190,
            )
    return url_state.save(PAGE, DEFAULTS)


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
