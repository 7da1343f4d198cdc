"""For administrators: accounts, tokens for programs, and the audit log."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import downloads, session, widgets
from dashboard.i18n import _, format_number, ngettext
from dashboard.permission_words import action_title
from dashboard.words import word
from dashboard.workspace import current
from data.errors import OrderlensError
from data.vocabulary import ROLES

LOG_LIMIT = 2000


def try_to(change: Callable[[], Any]) -> bool:
    """Make a change; show why it was refused, in its place."""
    try:
        change()
    except OrderlensError as wrong:
        st.error(widgets.plain(str(wrong)))
        return False
    return True


def local_times(times: pd.Series) -> pd.Series:
    """Return points in time in the setting ``time_zone``, without their offset, as tables show them."""
    moments = pd.to_datetime(times, utc=True)
    return moments.dt.tz_convert(current().settings.time_zone).dt.tz_localize(None)


def accounts() -> None:
    """List the accounts, add one, change or disable the one that is picked."""
    service, by = current().casebook.accounts, session.actor()
    frame = service.list()
    shown = pd.DataFrame(
        {
            "name": frame["name"],
            "role": [word(role) for role in frame["role"]],
            "state": [_("Active") if enabled else _("Disabled") for enabled in frame["is_enabled"]],
            "seen": local_times(frame["last_seen_at"]),
            "created": local_times(frame["created_at"]),
        }
    )
    columns = {
        "name": widgets.column(_("Name")),
        "role": widgets.column(_("Role")),
        "state": widgets.column(_("State")),
        "seen": widgets.column(_("Last seen"), "time"),
        "created": widgets.column(_("Created"), "time"),
    }
    widgets.table(shown, columns, _("Accounts"), height="content")
    left, right = st.columns(2, gap="large")
    with left, st.form("account_add", clear_on_submit=True):
        st.markdown(f"**{_('Add an account')}**")
        name = st.text_input(_("Name"), key="account_name", autocomplete="off")
        role = st.selectbox(_("Role"), ROLES, format_func=word, key="account_role")
        password = st.text_input(
            _("Password"), type="password", key="account_password", autocomplete="new-password",
            help=_("Empty: the person sets one by a link that you hand over."),
        )  # fmt: skip
        if st.form_submit_button(_("Add")) and try_to(lambda: service.add(by, name, role, password or None)):
            st.rerun()
    with right, st.form("account_change"):
        st.markdown(f"**{_('Change an account')}**")
        chosen = st.selectbox(
            _("Account"), frame["name"], index=None, key="account_chosen", placeholder=_("Choose one")
        )
        new_role = st.selectbox(_("Role"), ROLES, format_func=word, key="account_new_role")
        with st.container(horizontal=True):
            set_role = st.form_submit_button(_("Give this role"), key="account_set_role")
            disable = st.form_submit_button(_("Disable"), key="account_disable")
            enable = st.form_submit_button(_("Enable"), key="account_enable")
            link = st.form_submit_button(_("Make a password link"), key="account_link")
        whom = str(chosen)
        changes: dict[bool, Callable[[], Any]] = {
            set_role: lambda: service.set_role(by, whom, new_role),
            disable: lambda: service.disable(by, whom),
            enable: lambda: service.enable(by, whom),
        }
        if chosen and True in changes and try_to(changes[True]):
            st.rerun()
        made: list[str] = []
        if chosen and link and try_to(lambda: made.append(service.issue_password_token(by, whom))):
            st.success(_("Hand this link over; whoever opens it within two days sets the password, once."))
            st.code(f"{current().settings.public_url.rstrip('/')}/password?token={made[0]}", language=None)


def tokens() -> None:
    """List the tokens by which programs use the API, add one, revoke one."""
    service, by = current().casebook.api_tokens, session.actor()
    frame = service.list()
    active = frame[frame["revoked_at"].isna()]
    shown = pd.DataFrame(
        {
            "name": frame["name"],
            "role": [word(role) for role in frame["role"]],
            "state": [_("Revoked") if revoked else _("Active") for revoked in frame["revoked_at"].notna()],
            "used": local_times(frame["last_used_at"]),
            "expires": local_times(frame["expires_at"]),
        }
    )
    columns = {
        "name": widgets.column(_("Name")),
        "role": widgets.column(_("Role")),
        "state": widgets.column(_("State")),
        "used": widgets.column(_("Last used"), "time"),
        "expires": widgets.column(_("Expires"), "time"),
    }
    if frame.empty:
        widgets.empty(_("Programs use the API with a token of their own."), _("No tokens yet"))
    else:
        widgets.table(shown, columns, _("API tokens"), height="content")
    with st.form("token_add", clear_on_submit=True), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(_("Name"), key="token_name", autocomplete="off")
        role = st.selectbox(_("Role"), ROLES, format_func=word, key="token_role")
        days = st.number_input(_("Valid for days"), 1, 3650, 365, key="token_days")
        if st.form_submit_button(_("Make a token")):
            made: list[str] = []
            if try_to(lambda: made.append(service.add(by, name, role, int(days)))):
                st.success(_("Copy it now; it is shown this once."))
                st.code(made[0], language=None)
    if len(active):
        names = dict(zip(active["api_token_id"], active["name"], strict=True))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chosen = st.selectbox(
                _("Token"), list(names), index=None, format_func=lambda key: names[key], key="token_chosen",
                placeholder=_("Choose one"), width=280,
            )  # fmt: skip
            is_asked = st.button(_("Revoke"), key="token_revoke", disabled=chosen is None)
        if is_asked and chosen is not None and try_to(lambda: service.revoke(by, int(chosen))):
            st.rerun()


def audit_log() -> None:
    """List what was done, newest first, and check that nobody tampered with it."""
    service = current().casebook.audit
    shown = _log(service.entries(limit=LOG_LIMIT))
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(_("Verify the chain"), key="verify_log", icon=":material/verified:"):
            is_intact, detail = service.verify()[:2]
            if is_intact:
                count = int(detail.split()[0])
                st.success(ngettext("Intact: {count} entry.", "Intact: {count} entries.", count))
            else:
                st.error(detail, title=_("The log was tampered with"))
        downloads.buttons(lambda: _log(service.entries()), "audit")
    if len(shown) == LOG_LIMIT:
        text = _("The latest {count} entries are shown; the export holds all of them.")
        st.caption(text.format(count=format_number(LOG_LIMIT)))
    columns = {
        "id": widgets.column(_("No."), "whole", width=60),
        "at": widgets.column(_("When"), "time"),
        "actor": widgets.column(_("Who")),
        "role": widgets.column(_("Role")),
        "via": widgets.column(_("Via"), width=60),
        "what": widgets.column(_("Action")),
        "subject": widgets.column(_("Subject")),
        "detail": widgets.column(_("Detail"), width="large"),
    }
    widgets.table(shown, columns, _("Audit log"), max_height=560)


def _log(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": frame["audit_id"],
            "at": local_times(frame["at"]),
            "actor": frame["actor"],
            "role": [word(role) for role in frame["role"]],
            "via": frame["via"],
            "what": [action_title(action) for action in frame["action"]],
            "action": frame["action"],
            "subject": frame["subject"],
            "detail": [_told(detail) for detail in frame["detail"]],
            "hash": frame["hash"],
        }
    )


def _told(detail: Mapping[str, Any]) -> str:
    """Return what an entry says beside its subject; what is empty is left out."""
    said = {name: value for name, value in detail.items() if value is not None and value not in ("", [], {})}
    return json.dumps(said, ensure_ascii=False) if said else ""
