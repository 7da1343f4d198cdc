"""Opening a case from a finding, and the buttons that move it on."""

from collections.abc import Sequence

import streamlit as st

from dashboard import navigation, session
from dashboard.i18n import _, format_list, ngettext
from dashboard.words import word
from dashboard.workspace import current
from data.casebook.case_states import CLOSED, needs_reason, next_states
from models.casework import move_cases, open_cases

STATE_COLOURS = {"new": "gray", "investigating": "blue", "resolved": "green", "dismissed": "gray"}
ICONS = {"resolved": ":material/check:", "dismissed": ":material/close:", "investigating": ":material/search:"}


def people() -> list[str]:
    """Return the accounts that a case may be given to."""
    accounts = current().casebook.accounts.list()
    is_usable = accounts["is_enabled"] & (accounts["is_demo"] == current().is_demo)
    return [str(name) for name in accounts[is_usable & accounts["role"].ne("viewer")]["name"]]


def state_badge(state: str, is_late: bool = False) -> None:
    """Show a case's state as a coloured badge, and that it is overdue."""
    st.badge(word(state), color=STATE_COLOURS.get(state, "orange"))  # type: ignore[arg-type]
    if is_late:
        st.badge(_("Overdue"), color="red", icon=":material/schedule:")


def offer_case(exception_ids: Sequence[str]) -> None:
    """Draw, beside an alert, the way to its case: a link if there is one, else a button that opens it."""
    there = current().casebook.case_lists.states_of(exception_ids)
    if there:
        case_id, state = min(there.values())
        st.page_link(
            navigation.PAGES_FOLDER / "cases.py",
            label=_("Case {number}: {state}").format(number=case_id, state=word(state)),
            icon=":material/cases:",
            query_params={"case": str(case_id), "view": "all"},
        )
    elif session.may("case.open"):
        st.button(_("Open a case"), key="case_open", icon=":material/cases:", on_click=_open, args=(exception_ids[0],))


def offer_cases(exception_ids: Sequence[str]) -> None:
    """Draw the button that opens a case for each of several alerts."""
    if exception_ids and session.may("case.open"):
        label = ngettext("Open {count} case", "Open {count} cases", len(exception_ids))
        st.button(label, key="cases_open", icon=":material/cases:", on_click=_open, args=tuple(exception_ids))


@session.safely
def _open(*exception_ids: str) -> None:
    workspace = current()
    given = open_cases(workspace.warehouse, workspace.casebook, session.actor(), exception_ids)
    numbers = format_list([str(number) for number in given])
    st.toast(_("Case {number} opened").format(number=numbers))


def buttons(case_ids: Sequence[int], state: str, key: str) -> None:
    """Draw a button for each state that the visitor may move these cases to; the reason is asked for above."""
    allowed = next_states(state, session.actor().role)
    if not allowed:
        st.caption(_("Your role cannot move this case on from here."))
        return
    why = st.text_input(
        _("Why"),
        key=f"{key}_why_{'_'.join(map(str, case_ids))[:80]}_{state}",
        placeholder=_("Reason or note; needed to close or reopen"),
        label_visibility="collapsed",
        max_chars=1000,
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption(_("Move to"), width="content")
        for after in allowed:
            st.button(
                _("Reopen") if state in CLOSED else word(after),
                key=f"{key}_to_{after}",
                icon=ICONS.get(after),
                type="primary" if after == "resolved" else "secondary",
                disabled=needs_reason(state, after) and not (why or "").strip(),
                on_click=_move,
                args=(list(case_ids), after, why or "", state),
            )


@session.safely
def _move(case_ids: list[int], after: str, why: str, seen: str) -> None:
    move_cases(current().casebook, session.actor(), case_ids, after, why, seen)
    st.session_state["cases_round"] = st.session_state.get("cases_round", 0) + 1
    st.toast(_("Moved to: {state}").format(state=word(after)), duration="short")
