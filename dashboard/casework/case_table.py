"""The cases as a table, which of them is open, and what is done with several at once."""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import session, widgets
from dashboard.casework import case_moves
from dashboard.i18n import _, is_missing, ngettext
from dashboard.words import cause_title, kind_title, word
from dashboard.workspace import current
from data.vocabulary import DEPARTMENTS

TABLE_HEIGHT = 640


def local(times: pd.Series) -> pd.Series:
    """Return moments in the configured time zone, as the orders' own times are shown."""
    moments = pd.to_datetime(times, utc=True)
    return moments.dt.tz_convert(current().settings.time_zone).dt.tz_localize(None)


def opened(cases: pd.DataFrame) -> int | None:
    """Return the case that is open: the address's, else the first of the list."""
    asked = st.query_params.get("case", "")
    if asked.isdecimal():
        return int(asked)
    return int(cases["case_id"].iloc[0]) if len(cases) else None


def select(case_id: int) -> None:
    """Open a case; its number goes into the address, to be shared."""
    st.query_params["case"] = str(case_id)


def _about(row: Any) -> str:
    about = row["order_id"] if not is_missing(row["order_id"]) else row["product_id"]
    return "–" if is_missing(about) else str(about)


def show(cases: pd.DataFrame) -> None:
    """Draw the list; a click opens a case, ticks collect cases for one decision."""
    rows = cases.to_dict("records")
    st.session_state["cases_shown"] = [int(name) for name in cases["case_id"]]
    open_id = opened(cases)
    view = pd.DataFrame(
        {
            "mark": ["▶" if row["case_id"] == open_id else "" for row in rows],
            "number": cases["case_id"].to_numpy(),
            "state": [word(row["state"]) for row in rows],
            "due": local(cases["due_at"]).to_numpy(),
            "kind": [kind_title(row["kind"]) for row in rows],
            "about": [_about(row) for row in rows],
            "owner": [word(row["department"]) if not row["assignee"] else row["assignee"] for row in rows],
            "impact": cases["impact"].to_numpy(),
        }
    )
    late = cases["is_overdue"].to_numpy()
    columns = {
        "mark": widgets.column("", width=20),
        "number": widgets.column(_("Case"), "whole", width=44),
        "due": st.column_config.DatetimeColumn(_("Due"), format="MM-DD HH:mm", width=92),
        "state": widgets.column(_("State"), width=122),
        "about": widgets.column(_("Order"), width=82),
        "kind": widgets.column(_("Kind"), width=116),
        "owner": widgets.column(_("With"), width=100),
        "impact": widgets.column(_("At risk"), "whole", width=72),
    }
    marked = view.style.apply(lambda row: [_shade(name, late[int(row.name)]) for name in view.columns], axis=1)
    st.dataframe(
        marked,
        column_config=columns,
        column_order=list(columns),
        hide_index=True,
        placeholder="–",
        alt=_("List of cases"),
        key=_key(),
        on_select=pick_clicked,
        selection_mode=["multi-row", "single-cell"],
        height=min(TABLE_HEIGHT, widgets.ROW_HEIGHT * (len(view) + 1) + 3),
    )
    overdue = int(late.sum())
    told = ngettext("{count} case", "{count} cases", len(cases))
    if overdue:
        told += " · " + ngettext("{count} overdue", "{count} overdue", overdue)
    st.caption(told)


def _shade(name: str, is_late: bool) -> str:
    return "color: #dc2626; font-weight: 600" if is_late and name == "due" else ""


def _key() -> str:
    return f"cases_table_{st.session_state.setdefault('cases_round', 0)}_{len(st.session_state['cases_shown'])}"


def _state() -> Any:
    return st.session_state.get(_key()) if "cases_shown" in st.session_state else None


def ticked() -> list[int]:
    """Return the cases whose boxes are ticked, resolved against what was on screen."""
    state = _state()
    shown = st.session_state.get("cases_shown", [])
    return [shown[row] for row in state["selection"]["rows"] if row < len(shown)] if state else []


def pick_clicked() -> None:
    """Open the case whose row was clicked; called when the table's selection changed."""
    state = _state()
    cells = state["selection"].get("cells", []) if state else []
    shown = st.session_state.get("cases_shown", [])
    if cells and cells[0][0] < len(shown):
        select(shown[cells[0][0]])


def bulk(cases: pd.DataFrame) -> None:
    """Offer what can be done with the ticked cases together."""
    chosen = ticked()
    if not chosen:
        return
    states = cases[cases["case_id"].isin(chosen)]["state"].unique()
    with st.container(border=True):
        st.markdown(f"**{ngettext('{count} case ticked', '{count} cases ticked', len(chosen))}**")
        if session.may("case.assign"):
            with st.container(horizontal=True, vertical_alignment="bottom"):
                department = st.selectbox(
                    _("Department"), DEPARTMENTS, index=None, format_func=word, key="bulk_department",
                    placeholder=_("Unchanged"), width=180,
                )  # fmt: skip
                people = case_moves.people()
                person = st.selectbox(
                    _("Person"), people, index=None, key="bulk_person", placeholder=_("Unchanged"), width=180
                )
                st.button(
                    _("Assign"), key="bulk_assign", on_click=_assign, args=(chosen, department, person),
                    disabled=not (department or person),
                )  # fmt: skip
        if len(states) == 1:
            case_moves.buttons(chosen, str(states[0]), "bulk")
        else:
            st.caption(_("They are in different states: tick cases of one state to move them together."))


@session.safely
def _assign(case_ids: list[int], department: str | None, person: str | None) -> None:
    current().casebook.cases.assign(session.actor(), case_ids, department, person)
    st.session_state["cases_round"] += 1
    st.toast(ngettext("{count} case assigned", "{count} cases assigned", len(case_ids)), duration="short")


def for_export(cases: pd.DataFrame) -> pd.DataFrame:
    """Return the list under translated headings, for a file."""
    rows = cases.to_dict("records")
    return pd.DataFrame(
        {
            _("Case"): cases["case_id"],
            _("State"): [word(row["state"]) for row in rows],
            _("Overdue"): [_("Yes") if row["is_overdue"] else _("No") for row in rows],
            _("Due"): local(cases["due_at"]),
            _("Kind"): [kind_title(row["kind"]) for row in rows],
            _("Cause"): [cause_title(row["cause"], row["kind"]) for row in rows],
            _("Order"): cases["order_id"],
            _("Product"): cases["product_id"],
            _("Department"): [word(row["department"]) for row in rows],
            _("Person"): cases["assignee"],
            _("Money at risk"): cases["impact"],
            _("Currency"): cases["currency"],
            _("Opened"): local(cases["opened_at"]),
            _("Closed"): local(cases["closed_at"]),
            _("Identifier"): cases["exception_id"],
        }
    )
