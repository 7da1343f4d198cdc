"""Answer who is told of what, when and where, and what is still in the outbox."""

import streamlit as st

from dashboard import widgets
from dashboard.i18n import _
from dashboard.notices import rules

widgets.page_title(_("Notifications"), _("Who is told of what, and what is still in the outbox."))
who, way = st.tabs([_("Rules"), _("Outbox")], key="notification_tabs", on_change="rerun")
if who.open:
    with who:
        rules.rules()
if way.open:
    with way:
        rules.outbox()
