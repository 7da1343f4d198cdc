"""What casework goes by: the procedures of actions, who gets which case, and how long it may take."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import session, widgets
from dashboard.casework import case_actions
from dashboard.i18n import _, ngettext
from dashboard.words import cause_title, kind_title, word
from dashboard.workspace import current
from data.casebook.case_rules import AssignmentRule, ServiceLevel
from data.vocabulary import ACTIONS, CAUSES, DEPARTMENTS, KINDS


def procedures() -> None:
    """Show an action's procedure; a manager writes the next version in both languages."""
    action = st.selectbox(_("Action"), ACTIONS, format_func=word, key="standards_action", width=320)
    versions = current().casebook.procedures.history(action)
    latest = versions[-1]
    left, right = st.columns(2, gap="large")
    with left:
        numbers = [one.version for one in versions][::-1]
        shown = st.selectbox(
            _("Version"), numbers, key=f"standards_version_{action}_{latest.version}", width=120,
            help=ngettext("{count} version is kept.", "{count} versions are kept.", len(numbers)),
        )  # fmt: skip
        case_actions.procedure(versions[int(shown) - 1])
    with right:
        if not session.may("procedure.edit"):
            st.caption(_("Managers write the procedures."))
            return
        key = f"{action}_{latest.version}"
        with st.form(f"standards_edit_{key}"):
            english = st.text_area("English", latest.text_en, key=f"standards_en_{key}", height=170)
            chinese = st.text_area("简体中文", latest.text_zh, key=f"standards_zh_{key}", height=170)
            if st.form_submit_button(_("Save as version {number}").format(number=latest.version + 1)):
                edit = current().casebook.procedures.edit
                edit(session.actor(), action, str(english), str(chinese), latest.version)
                st.rerun()


def rules() -> None:
    """Show who gets which case and until when; a manager changes it, all at once."""
    service = current().casebook.case_rules
    assignment = pd.DataFrame([asdict(rule) for rule in service.assignment()])
    levels = pd.DataFrame([asdict(level) for level in service.service_levels()])
    st.markdown(f"**{_('Who gets a case')}**")
    st.caption(_("The rule with the most conditions decides; a cause goes before a kind. Empty means any."))
    kind = _choice(_("Kind"), list(KINDS), kind_title)
    _edit(
        "assignment",
        assignment[["kind", "cause", "warehouse_id", "region", "department", "assignee"]],
        {
            "kind": kind,
            "cause": _choice(_("Cause"), list(CAUSES), cause_title),
            "warehouse_id": widgets.column(_("Warehouse")),
            "region": widgets.column(_("Region")),
            "department": _choice(_("Department"), list(DEPARTMENTS), word, is_required=True),
            "assignee": widgets.column(_("Person")),
        },
        lambda row: AssignmentRule(**row),
    )
    st.markdown(f"**{_('How long a case may take')}**")
    country = current().settings.work_country or _("weekends only")
    hours = current().settings.work_hours
    st.caption(_("In working hours ({hours}); free days: {country}.").format(hours=hours, country=country))
    _edit(
        "service_levels",
        levels[["kind", "impact_from", "hours"]],
        {
            "kind": kind,
            "impact_from": st.column_config.NumberColumn(_("From this money at risk on"), min_value=0, required=True),
            "hours": st.column_config.NumberColumn(_("Working hours"), min_value=0.5, required=True),
        },
        lambda row: ServiceLevel(**row),
    )


def _choice(label: str, options: list[str], title: Callable[[Any], str], is_required: bool = False) -> Any:
    return st.column_config.SelectboxColumn(label, options=options, format_func=title, required=is_required)


def _edit(what: str, frame: pd.DataFrame, columns: dict[str, Any], make: Callable[[dict[str, Any]], Any]) -> None:
    may = session.may("case.set_rules")
    texts = frame.astype({name: object for name in frame.columns if name not in ("hours", "impact_from")})
    changed = st.data_editor(
        texts, column_config=columns, key=f"rules_{what}_{st.session_state.get('rules_round', 0)}",
        num_rows="dynamic" if may else "fixed", disabled=not may, hide_index=True,
    )  # fmt: skip
    if may:
        rows = changed.astype(object).where(changed.notna(), None).to_dict("records")
        st.button(
            _("Save these rules"), key=f"rules_{what}_save", on_click=_save, args=(what, rows, make),
            disabled=changed.equals(texts),
        )  # fmt: skip


@session.safely
def _save(what: str, rows: list[dict[str, Any]], make: Callable[[dict[str, Any]], Any]) -> None:
    made = [make({key: None if value == "" else value for key, value in row.items()}) for row in rows]
    current().casebook.case_rules.replace(session.actor(), what, made)
    st.session_state["rules_round"] = st.session_state.get("rules_round", 0) + 1
    st.toast(_("Saved; it holds for cases opened from now on."), duration="short")
