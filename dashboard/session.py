"""Who is looking, in which language: settled anew at the start of every run, so that a revoked session ends at once."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from dashboard.guard import session_actor
from dashboard.i18n import LANGUAGES, STATE_KEY, best_language
from dashboard.workspace import current
from data.casebook import Actor
from data.casebook.permissions import allows
from data.errors import OrderlensError, PermissionDeniedError

P = ParamSpec("P")

REFUSAL_KEY = "orderlens_refusal"


def current_actor() -> Actor | None:
    """Return the actor of the browser's session, which the guard put into ``st.user``; None once it has ended."""
    token = st.user.get("session")
    return session_actor(current(), str(token)) if token else None


def token() -> str:
    """Return the token of the browser's session."""
    return str(st.user.get("session") or "")


def origin() -> str:
    """Return the address that the browser's connection came from."""
    return str(st.context.ip_address or "")


def actor() -> Actor:
    """Return who is looking; asked anew each time, since callbacks run before the script could notice a revocation."""
    found = current_actor()
    if found is None:
        raise PermissionDeniedError("The session has ended.")
    return found


def safely(callback: Callable[P, None]) -> Callable[P, None]:
    """Return a callback whose refusal is shown on the page instead of breaking the run."""

    @wraps(callback)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            callback(*args, **kwargs)
        except OrderlensError as wrong:
            st.session_state[REFUSAL_KEY] = wrong

    return run


def take_refusal() -> OrderlensError | None:
    """Return what a callback was refused in this run, once."""
    found = st.session_state.pop(REFUSAL_KEY, None)
    return found if isinstance(found, OrderlensError) else None


def sign_out() -> None:
    """End the browser's session; the page then offers to sign in again."""
    current().casebook.sessions.sign_out(token())


def may(action: str) -> bool:
    """Return whether the visitor's role allows an action; the casebook asks again when it is done."""
    return allows(actor().role, action)


def settle_language() -> str:
    """Choose the language: the URL's, else this session's, else the cookie's, else the browser's."""
    asked = st.query_params.get("lang")
    if asked in LANGUAGES:
        st.session_state[STATE_KEY] = asked
    elif STATE_KEY not in st.session_state:
        kept = st.context.cookies.get("orderlens_lang")
        fallback = current().settings.language
        st.session_state[STATE_KEY] = kept if kept in LANGUAGES else best_language(st.context.locale, fallback)
    return str(st.session_state[STATE_KEY])


def change_language() -> None:
    """Take over what the switch in the sidebar says; the address carries it, so that a link keeps it."""
    chosen = st.session_state.get("language_switch")
    if chosen in LANGUAGES:
        st.session_state[STATE_KEY] = chosen
        st.query_params["lang"] = chosen
