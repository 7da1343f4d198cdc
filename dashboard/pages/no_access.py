"""Answer why a page is empty: it is not for the visitor's role."""

import streamlit as st

from dashboard import session
from dashboard.i18n import _
from dashboard.words import word

st.title(_("No access"))
st.warning(
    _("This page is not for the role {role}. Ask an administrator for another role.").format(
        role=word(session.actor().role)
    )
)
