"""What to do about a case: actions suggested, the standard procedure beside them, what was done and how it ended."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import session, widgets
from dashboard.casework.case_table import local
from dashboard.i18n import _, current_language, format_percent, is_missing, ngettext
from dashboard.words import word
from dashboard.workspace import current
from data.casebook.procedures import Procedure, standard_actions
from data.vocabulary import ACTIONS, OUTCOMES
from models.action_ranking import rank_actions

SUGGESTED = 4


def show(case: Mapping[str, Any]) -> None:
    """Draw what was done so far, then the suggestions with the procedure of the one that is chosen."""
    _planned(case)
    ranked = suggestions(case)
    names = ranked["action"].head(SUGGESTED).tolist()
    left, right = st.columns([4, 5], gap="medium")
    with left:
        st.markdown(f"**{_('Suggested actions')}**")
        more = [name for name in ACTIONS if name not in names]
        chosen = st.radio(
            _("Action"),
            [*names, *more] if st.session_state.get("case_more_actions") else names,
            format_func=word,
            captions=[_experience(row) for row in ranked.head(SUGGESTED).to_dict("records")]
            + ([""] * len(more) if st.session_state.get("case_more_actions") else []),
            key=f"case_action_{case['case_id']}",
            label_visibility="collapsed",
        )
        st.toggle(_("Show all actions"), key="case_more_actions")
    with right:
        procedure(current().casebook.procedures.get(str(chosen)))
        if session.may("case.plan_action"):
            note = st.text_input(
                _("Note"), key=f"case_plan_note_{case['case_id']}_{chosen}", placeholder=_("What exactly"),
                label_visibility="collapsed",
            )  # fmt: skip
            st.button(
                _("Plan this action"), key="case_plan", icon=":material/add_task:",
                on_click=_plan, args=(int(case["case_id"]), str(chosen), note or ""),
            )  # fmt: skip


def suggestions(case: Mapping[str, Any]) -> pd.DataFrame:
    """Return the actions for a case, the most promising first; see `models.action_ranking`."""
    kind, cause = str(case["kind"]), case["cause"]
    return rank_actions(current().casebook.corrective_actions.experience(kind), cause, standard_actions(kind, cause))


def _experience(row: Mapping[Any, Any]) -> str:
    if not row["case_count"]:
        return _("Standard; not tried yet")
    count = ngettext("{count} similar case", "{count} similar cases", row["case_count"])
    return _("Worked in {share} of {cases}").format(share=format_percent(row["worked_share"]), cases=count)


def procedure(one: Procedure) -> None:
    """Draw the steps of a procedure, and which version it is."""
    with st.container(border=True):
        st.markdown(f"**{_('Procedure: {action}').format(action=word(one.action))}**")
        for line in one.text(current_language()).splitlines():
            st.markdown(widgets.plain(line))
        by = _("shipped with Orderlens")
        if one.at is not None:
            by = f"{one.by}, {local(pd.Series([one.at])).iloc[0]:%Y-%m-%d}"
        st.caption(_("Version {number}, {by}").format(number=one.version, by=widgets.plain(by)))


@session.safely
def _plan(case_id: int, action: str, note: str) -> None:
    current().casebook.corrective_actions.plan(session.actor(), case_id, action, note)
    st.toast(_("Planned: {action}").format(action=word(action)), duration="short")


def _planned(case: Mapping[str, Any]) -> None:
    """List the case's actions; ask how those that are open ended."""
    actions = current().casebook.corrective_actions.list(int(case["case_id"]))
    if actions.empty:
        return
    shown = pd.DataFrame(
        {
            "action": [word(name) for name in actions["action"]],
            "state": [
                word(state if is_missing(outcome) else outcome)
                for state, outcome in zip(actions["state"], actions["outcome"], strict=True)
            ],
            "note": [
                " · ".join(filter(None, parts)) for parts in zip(actions["note"], actions["outcome_note"], strict=True)
            ],
            "by": actions["finished_by"].fillna(actions["planned_by"]),
            "at": local(actions["finished_at"].where(actions["finished_at"].notna(), actions["planned_at"])),
        }
    )
    columns = {
        "action": widgets.column(_("Action"), width=150),
        "state": widgets.column(_("State"), width=90),
        "note": widgets.column(_("Note"), width=140),
        "by": widgets.column(_("By"), width=100),
        "at": widgets.column(_("When"), "time", width=126),
    }
    widgets.table(shown, columns, _("Actions of the case"), height="content")
    waiting = actions[actions["state"].eq("planned")]
    if waiting.empty or not session.may("case.finish_action"):
        return
    names = dict(zip(waiting["case_action_id"].astype(int), [word(name) for name in waiting["action"]], strict=True))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            _("How did it end?"), list(names), format_func=lambda name: names[name], key="case_finish_which", width=220
        )
        note = st.text_input(
            _("Outcome"), key=f"case_finish_note_{chosen}", placeholder=_("What came of it"),
            label_visibility="collapsed", width=220,
        )  # fmt: skip
        for outcome in OUTCOMES:
            st.button(word(outcome), key=f"case_{outcome}", on_click=_finish, args=(chosen, outcome, note or ""))
        st.button(
            _("Not done"), key="case_not_done", type="tertiary", on_click=_finish, args=(chosen, None, note or "")
        )


@session.safely
def _finish(case_action_id: int, outcome: str | None, note: str) -> None:
    current().casebook.corrective_actions.finish(session.actor(), case_action_id, outcome, note)
