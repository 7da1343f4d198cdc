"""What stands around every page: the logo, the language switch, who is signed in, and news of a newer version."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import streamlit as st

from dashboard import queries, session
from dashboard.i18n import LANGUAGES, STATE_KEY, _, format_date, speaking
from dashboard.widgets import plain
from dashboard.words import word
from dashboard.workspace import current
from data.casebook import Actor
from data.errors import BusyError, NotReadyError, OrderlensError, PermissionDeniedError

P = ParamSpec("P")

ASSETS = Path(__file__).parent / "assets"
ICON = str(ASSETS / "icon.png")
SIDEBAR_WIDTH = 220


def ask_to_sign_in() -> None:
    """Say that the session has ended; the way back keeps the address."""
    st.title(_("Signed out"))
    st.info(_("Your session has ended. Sign in again to go on."))
    st.link_button(_("Sign in"), "/signin", type="primary")


def show_error(error: OrderlensError) -> None:
    """Show an error in its place, with what to do about it in the visitor's language."""
    if isinstance(error, NotReadyError):
        st.info(_("There is nothing to show yet."), title=_("Nothing here yet"))
    elif isinstance(error, PermissionDeniedError):
        st.warning(_("Your role may not do this."), title=_("Not allowed"))
    elif isinstance(error, BusyError):
        st.warning(_("Another import or run is writing at the moment. Try again when it has finished."))
    else:
        st.error(plain(str(error)), title=_("This did not work"))


def sidebar(visitor: Actor) -> None:
    """Draw the logo above the navigation and, below it, the data's clock, the language and the visitor."""
    st.logo(str(ASSETS / "logo.svg"), size="large", icon_image=ICON)
    st.session_state["version_shown"] = queries.version()
    with st.sidebar:
        news()
        clock = queries.fetch("clock")
        if len(clock) and clock["now"].notna().all():
            st.caption(_("Data up to {date}").format(date=format_date(clock["now"].iloc[0])))
        st.segmented_control(
            _("Language"),
            list(LANGUAGES),
            default=st.session_state[STATE_KEY],
            format_func=lambda code: LANGUAGES[code],
            key="language_switch",
            on_change=session.change_language,
            label_visibility="collapsed",
            required=True,
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            name = word(visitor.role) if current().is_demo else visitor.name
            st.caption(f"**{name}** · {_('Demo') if current().is_demo else word(visitor.role)}")
            st.button(
                _("Sign out"), key="sign_out", on_click=session.sign_out, type="tertiary", icon=":material/logout:"
            )


def part(show: Callable[P, None]) -> Callable[P, None]:
    """Return a part of a page that what is pressed in it draws anew alone, without the page around it.

    The script that settles who is looking and in which language does not run then, so this does it: a session that was
    revoked ends here as well.
    """

    @st.fragment
    @wraps(show)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with speaking(session.settle_language()):
            if session.current_actor() is None:
                st.rerun()
            if refusal := session.take_refusal():
                show_error(refusal)
            try:
                show(*args, **kwargs)
            except OrderlensError as wrong:
                show_error(wrong)

    return run


@st.fragment(run_every="20s")
def news() -> None:
    """Tell when a newer version of the analytics was published than the one on screen."""
    if queries.version() != st.session_state.get("version_shown"):
        st.info(_("Newer results are ready."))
        if st.button(_("Show them"), key="show_newer", width="stretch"):
            st.rerun()
