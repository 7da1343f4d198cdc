"""Who is looking, in which language: settled anew at the start of every run, so that a revoked session ends at once."""

import streamlit as st

from dashboard.guard import session_actor
from dashboard.i18n import LANGUAGES, STATE_KEY, best_language
from dashboard.workspace import current
from data.casebook import Actor
from data.casebook.permissions import allows

ACTOR_KEY = "orderlens_actor"


def sign_in_from_headers() -> Actor | None:
    """Return the actor of the browser's session, which the guard put into ``st.user``; None once it has ended."""
    token = st.user.get("session")
    actor = session_actor(current(), str(token)) if token else None
    st.session_state[ACTOR_KEY] = actor
    return actor


def sign_out() -> None:
    """End the browser's session; the page then offers to sign in again."""
    current().casebook.sessions.sign_out(str(st.user.get("session") or ""))


def actor() -> Actor:
    """Return who is looking."""
    found = st.session_state.get(ACTOR_KEY)
    if not isinstance(found, Actor):
        raise RuntimeError("a page ran before the session was settled")
    return found


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
