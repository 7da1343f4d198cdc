"""One case in full: what it is about, where it stands, what was done, and what may be done next."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import navigation, queries, session, widgets
from dashboard.casework import case_actions, case_files, case_moves, case_table, erp_changes, lessons
from dashboard.i18n import N_, _, format_money, format_time, is_missing
from dashboard.widgets import plain
from dashboard.words import cause_title, kind_title, reason, word
from dashboard.workspace import current
from data.casebook.case_states import CLOSED
from data.vocabulary import CASE_STATES, DEPARTMENTS

STEPS = {
    "opened": N_("Case opened"),
    "moved": N_("Moved: {before} → {after}"),
    "closed": N_("Closed: {after}"),
    "reopened": N_("Reopened"),
    "assigned": N_("Assigned: {after}"),
    "due_set": N_("Due time set: {after}"),
    "commented": N_("Comment"),
    "attached": N_("File attached: {after}"),
    "detached": N_("File removed: {before}"),
    "action_planned": N_("Action planned: {after}"),
    "action_done": N_("Action done: {before}, {after}"),
    "action_cancelled": N_("Action not done: {before}"),
    "merged": N_("Merged: {before} into {after}"),
    "unmerged": N_("Merge undone: {after} stands for itself again"),
    "erp_requested": N_("Change asked of the ERP: {after}"),
    "erp_sent": N_("The ERP took over change {after}"),
    "erp_failed": N_("The ERP did not take over change {after}"),
    "erp_exported": N_("Change {after} handed over as a file"),
}
"""What each step of a case is called; its states and departments are translated within."""

LATEST_COMMENTS = 10


def show(case_id: int) -> None:
    """Draw one case."""
    case = current().casebook.case_lists.get(case_id)
    current().casebook.case_mentions.mark_seen(session.actor(), case_id)
    _head(case)
    case_moves.buttons([case_id], str(case["state"]), "case")
    names = [_("Course"), _("Actions"), _("Change in the ERP"), _("Files"), _("Assignment"), _("Similar cases")]
    parts: list[Any] = [_course, case_actions.show, erp_changes.show, case_files.show, _assignment, lessons.similar]
    tabs = st.tabs(names, key="case_tabs", on_change="rerun")
    for tab, part in zip(tabs, parts, strict=True):
        if tab.open:
            with tab:
                part(case)


def is_late(case: Mapping[str, Any]) -> bool:
    """Return whether a case is open and past its due time."""
    return case["state"] not in CLOSED and case["due_at"] < datetime.now(UTC)


def _head(case: Mapping[str, Any]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{_('Case {number}').format(number=case['case_id'])}**")
        st.badge(kind_title(str(case["kind"])), color="blue")
        case_moves.state_badge(str(case["state"]), is_late(case))
        parts = [case["order_id"], case["product_id"], case["customer_id"]]
        st.markdown(plain(" · ".join(str(part) for part in parts if not is_missing(part))))
    st.markdown(f"#### {plain(reason(case))}")
    told = {
        _("Due"): moment(case["due_at"]),
        _("With"): plain(" · ".join(filter(None, [word(case["department"]), case["assignee"]]))),
        _("Money at risk"): plain(format_money(case["impact"], case["currency"])) if case["impact"] else "–",
        _("Likely cause"): plain(cause_title(case["cause"], str(case["kind"]))),
        _("Opened"): f"{moment(case['opened_at'])} · {plain(str(case['opened_by']))}",
    }
    if case["reopened_count"]:
        told[_("Reopened")] = _("{count} times").format(count=case["reopened_count"])
    st.table(told, border="horizontal", alt=_("Where the case stands"))
    st.page_link(
        navigation.PAGES_FOLDER / "exceptions.py",
        label=_("The finding with its evidence"),
        icon=":material/flag:",
        query_params={"id": str(case["exception_id"]), "score": "0", "status": "all"},
    )


def moment(at: datetime | None) -> str:
    """Return a moment in the configured time zone, readable."""
    if at is None:
        return "–"
    return format_time(case_table.local(pd.Series([at])).iloc[0])


def _course(case: Mapping[str, Any]) -> None:
    """Show what happened to the case and to its order as one course, the latest first, and take a comment."""
    if session.may("case.comment"):
        with st.form("case_comment", clear_on_submit=True, border=False):
            text = st.text_area(
                _("Comment"),
                key="case_comment_text",
                placeholder=_("Write a comment; @name tells a colleague"),
                label_visibility="collapsed",
                max_chars=4000,
                height=80,
            )
            if st.form_submit_button(_("Add comment"), key="case_comment_add") and (text or "").strip():
                current().casebook.cases.comment(session.actor(), int(case["case_id"]), str(text))
    _comments(case)
    frame = course(case)
    columns = {
        "at": widgets.column(_("When"), "time", width=126),
        "origin": widgets.column(_("Belongs to"), width=72),
        "what": widgets.column(_("What"), width=196),
        "text": widgets.column(_("Why, or what was said"), width=160),
        "by": widgets.column(_("By"), width=100),
    }
    widgets.table(frame, columns, _("Course of the case and its order"), max_height=420)


def _comments(case: Mapping[str, Any]) -> None:
    """Show the latest comments in full, the newest first: a table would cut them off."""
    steps = current().casebook.case_lists.course(int(case["case_id"]))
    said = steps[steps["what"].eq("commented")].iloc[::-1].head(LATEST_COMMENTS)
    for row, at in zip(said.to_dict("records"), case_table.local(said["at"]), strict=True):
        st.markdown(f"**{plain(str(row['by']))}** · {format_time(at)}  \n{plain(str(row['text']))}")


def course(case: Mapping[str, Any]) -> pd.DataFrame:
    """Return the steps of a case and the events of its order in one course, the latest first."""
    steps = current().casebook.case_lists.course(int(case["case_id"]))
    steps = steps.iloc[::-1].reset_index(drop=True)  # the latest first, those of one moment too
    own = pd.DataFrame(
        {
            "at": case_table.local(steps["at"]).to_numpy(),
            "what": [_step(row) for row in steps.to_dict("records")],
            "text": steps["text"],
            "by": steps["by"],
            "origin": _("Case"),
        }
    )
    events = queries.fetch("order_course", order_id=case["order_id"] or "")
    if events.empty:
        return own.sort_values("at", ascending=False, kind="stable", ignore_index=True)
    rows = events.to_dict("records")
    order = pd.DataFrame(
        {
            "at": pd.to_datetime(events["moment"]),
            "what": [
                _("Payment: {status}").format(status=word(row["what"]))
                if row["sort"] == "payment"
                else word(row["what"])
                for row in rows
            ],
            "text": "",
            "by": events["by_whom"],
            "origin": _("Order"),
        }
    )
    both = pd.concat([own, order], ignore_index=True)
    return both.sort_values("at", ascending=False, kind="stable", ignore_index=True)


def _step(row: Mapping[Any, Any]) -> str:
    named = {side: _spoken(row["what"], row[side]) for side in ("before", "after")}
    return _(STEPS.get(row["what"], row["what"])).format(**named)


def _spoken(what: str, value: Any) -> str:
    """Return what a step left or reached, in words."""
    if is_missing(value):
        return "–"
    if what == "due_set":
        return moment(datetime.fromisoformat(str(value)))
    if what.startswith("action_"):
        return word(str(value))
    if what == "erp_requested":
        return ", ".join(word(name) for name in str(value).split(", "))
    first, _space, rest = str(value).partition(" ")
    if first in CASE_STATES or first in DEPARTMENTS:
        return " · ".join(filter(None, [word(first), rest]))
    return str(value)


def _assignment(case: Mapping[str, Any]) -> None:
    """Take the case, give it to somebody, or set another due time."""
    case_id = int(case["case_id"])
    cases, by = current().casebook.cases, session.actor()
    if session.may("case.take") and case["assignee"] != by.name:
        st.button(_("Take it myself"), key="case_take", on_click=session.safely(cases.take), args=(by, case_id))
    if session.may("case.assign"):
        with st.form("case_assign"), st.container(horizontal=True, vertical_alignment="bottom"):
            place = DEPARTMENTS.index(case["department"]) if case["department"] in DEPARTMENTS else 0
            department = st.selectbox(
                _("Department"), DEPARTMENTS, index=place, format_func=word, key=f"case_department_{case_id}", width=200
            )
            names = ["", *case_moves.people()]
            held = names.index(case["assignee"]) if case["assignee"] in names else 0
            person = st.selectbox(
                _("Person"), names, index=held, format_func=lambda name: name or _("Nobody yet"),
                key=f"case_person_{case_id}", width=200,
            )  # fmt: skip
            if st.form_submit_button(_("Assign"), key="case_assign_do"):
                cases.assign(by, [case_id], department, person)
                st.rerun()
    if session.may("case.set_due"):
        with st.form("case_due", clear_on_submit=True), st.container(horizontal=True, vertical_alignment="bottom"):
            local = case_table.local(pd.Series([case["due_at"]])).iloc[0].to_pydatetime()
            due = st.datetime_input(_("Due"), value=local, key=f"case_due_{case_id}", width=240)
            why = st.text_input(_("Why"), key="case_due_why", width=240)
            if st.form_submit_button(_("Set due time"), key="case_due_do") and due is not None:
                aware = pd.Timestamp(due).tz_localize(current().settings.time_zone).to_pydatetime()
                cases.set_due(by, case_id, aware, why or "")
                st.rerun()
