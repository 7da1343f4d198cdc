"""Answer whether an order should be held before it is entered."""

import streamlit as st

from dashboard import entry, widgets
from dashboard.i18n import _

widgets.page_title(_("Check an order"), _("The same checks as for the history, before the order is entered."))
form, verdict = st.columns([5, 7], gap="large")
with form:
    order = entry.form()
with verdict:
    if order is None:
        st.caption(_("Fill in the order and press Check."))
    else:
        entry.judge(order)
    entry.entered()
