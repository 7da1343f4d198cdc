"""For administrators: the review of who may what, with who came in last, what changed, and the sign-off."""

import pandas as pd
import streamlit as st

from dashboard import downloads, session, widgets
from dashboard.administration import local_times, try_to
from dashboard.i18n import N_, _, format_time, ngettext
from dashboard.permission_words import action_title
from dashboard.words import word
from dashboard.workspace import current
from data.casebook.actor import NOBODY
from data.casebook.permissions import PERMISSIONS
from data.vocabulary import ROLES

CHANGES = {
    "new": N_("New"),
    "role_changed": N_("Other role"),
    "disabled": N_("Disabled"),
    "enabled": N_("Enabled again"),
    "": "–",
}


def review() -> None:
    """Show every account and token beside the last sign-off; record the next one."""
    service, by = current().casebook.permission_review, session.actor()
    frame, last = service.accounts(), service.last()
    if last is None:
        st.info(_("Look through the list, mend what is not right, and sign it off."), title=_("Never reviewed yet"))
    else:
        at = local_times(pd.Series([last.at])).iloc[0]
        text = _("Last signed off by {name} on {time}.").format(name=widgets.plain(last.by), time=format_time(at))
        st.caption(f"{text} {widgets.plain(last.note)}")
    changed, unused = int(frame["change"].ne("").sum()), int(frame["is_unused"].sum())
    with st.container(horizontal=True):
        st.metric(_("Active"), int(frame["is_active"].sum()), border=True)
        st.metric(_("Changed since the last sign-off"), changed, border=True)
        st.metric(_("Not used for 90 days"), unused, border=True)
    shown = pd.DataFrame(
        {
            "name": frame["name"],
            "sort": [_("Program") if is_token else _("Person") for is_token in frame["is_token"]],
            "role": [word(role) for role in frame["role"]],
            "state": [_("Active") if active else _("Disabled") for active in frame["is_active"]],
            "change": [_(CHANGES[change]) if change else "–" for change in frame["change"]],
            "before": [word(role) if role else "–" for role in frame["role_before"]],
            "seen": local_times(frame["last_seen_at"]),
            "unused": [_("Yes") if unused else "–" for unused in frame["is_unused"]],
            "created": local_times(frame["created_at"]),
        }
    )
    columns = {
        "name": widgets.column(_("Name")),
        "sort": widgets.column(_("Type of account")),
        "role": widgets.column(_("Role")),
        "state": widgets.column(_("State")),
        "change": widgets.column(_("Since the last sign-off")),
        "before": widgets.column(_("Role before")),
        "seen": widgets.column(_("Last seen"), "time"),
        "unused": widgets.column(_("Not used for 90 days")),
        "created": widgets.column(_("Created"), "time"),
    }
    widgets.table(shown, columns, _("Permission review"), height="content")
    downloads.buttons(
        shown.rename(columns={name: str(column["label"]) for name, column in columns.items()}), "permission_review"
    )
    with st.form("review_sign_off", clear_on_submit=True, width=640):
        note = st.text_input(
            _("Note"), key="review_note", max_chars=2000, placeholder=_("What was looked at, what was changed")
        )
        if st.form_submit_button(_("Sign off"), type="primary", key="review_save") and try_to(
            lambda: service.sign_off(by, note or "")
        ):
            st.rerun()
    _matrix()
    _history()


def _matrix() -> None:
    """Show the table of permissions: which role may do what."""
    names = [action for action, roles in PERMISSIONS.items() if roles != {NOBODY}]
    shown = pd.DataFrame({"action": [action_title(name) for name in names]})
    for role in ROLES:
        shown[role] = ["✓" if role in PERMISSIONS[action] else "" for action in names]
    columns = {"action": widgets.column(_("Action"), width=280)}
    columns |= {role: widgets.column(word(role), alignment="center") for role in ROLES}
    with st.expander(ngettext("{count} action by role", "{count} actions by role", len(names))):
        widgets.table(shown, columns, _("Which role may do what"), max_height=560)


def _history() -> None:
    frame = current().casebook.permission_review.list()
    if len(frame) < 2:
        return
    with st.expander(_("Earlier sign-offs")):
        shown = frame.assign(at=local_times(frame["at"]))
        columns = {
            "at": widgets.column(_("When"), "time"),
            "by": widgets.column(_("Who")),
            "note": widgets.column(_("Note"), width="large"),
        }
        widgets.table(shown, columns, _("Earlier sign-offs"), height="content")
