"""For everybody: one's own password and one's own sessions."""

import pandas as pd
import streamlit as st

from dashboard import session, widgets
from dashboard.administration import local_times
from dashboard.i18n import _, ngettext
from dashboard.words import word
from dashboard.workspace import current
from data.casebook.sign_in import SignInRefusedError
from data.errors import InvalidInputError, OrderlensError


def who() -> None:
    """Say who is signed in, in which role."""
    by = session.actor()
    st.markdown(f"**{widgets.plain(by.name)}** · {word(by.role)}")


def password() -> None:
    """Change one's own password, proving oneself by the old one; all one's sessions end with it."""
    if current().is_demo:
        st.info(_("This is a demo on sample data: no password is needed."))
        return
    if current().settings.sign_in != "accounts":
        st.info(_("Your company signs you in; there is no password to change here."))
        return
    with st.form("password_change", clear_on_submit=True, width=480):
        st.markdown(f"**{_('Change the password')}**")
        old = st.text_input(_("Old password"), type="password", key="password_old", autocomplete="current-password")
        new = st.text_input(_("New password"), type="password", key="password_new", autocomplete="new-password")
        again = st.text_input(
            _("New password again"), type="password", key="password_again", autocomplete="new-password"
        )
        st.caption(_("You are signed out everywhere, and sign in again with the new one."))
        is_asked = st.form_submit_button(_("Change the password"), key="password_save")
    if is_asked:
        if new != again:
            st.error(_("The two passwords differ."))
        elif _change(old or "", new or ""):
            st.rerun()


def _change(old: str, new: str) -> bool:
    try:
        current().casebook.accounts.change_password(session.actor(), old, new, session.origin())
    except SignInRefusedError as refused:
        st.error(_("The old password is wrong.") if not refused.retry_after_seconds else wait_text(refused))
    except InvalidInputError:
        st.error(_("A password has 10 to 512 characters, at least five different ones, and is not the name."))
    except OrderlensError as wrong:
        st.error(widgets.plain(str(wrong)))
    else:
        return True
    return False


def wait_text(refused: SignInRefusedError) -> str:
    """Say how long somebody who tried too often has to wait."""
    minutes = -(-refused.retry_after_seconds // 60)
    return ngettext(
        "Too many attempts. Try again in {count} minute.", "Too many attempts. Try again in {count} minutes.", minutes
    )


def sessions() -> None:
    """List where one is signed in; end all sessions but this one."""
    service, by = current().casebook.sessions, session.actor()
    frame = service.list(by.name)
    shown = pd.DataFrame(
        {
            "seen": local_times(frame["last_seen_at"]),
            "started": local_times(frame["started_at"]),
            "ends": local_times(frame["expires_at"]),
            "origin": frame["origin"],
            "agent": frame["agent"],
        }
    )
    columns = {
        "seen": widgets.column(_("Last seen"), "time"),
        "started": widgets.column(_("Started"), "time"),
        "ends": widgets.column(_("Ends at the latest"), "time"),
        "origin": widgets.column(_("Address")),
        "agent": widgets.column(_("Browser"), width="large"),
    }
    st.markdown(f"**{_('Where you are signed in')}**")
    widgets.table(shown, columns, _("Where you are signed in"), height="content")
    others = len(frame) - 1
    label = ngettext("End {count} other session", "End {count} other sessions", max(others, 0))
    if st.button(label, key="end_others", disabled=others < 1):
        service.revoke_all(by, by.name, keep=session.token())
        st.rerun()
