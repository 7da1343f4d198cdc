"""Answer how long orders take, where they wait, and which are stuck now."""

import streamlit as st

from dashboard import order_flow, queries, widgets
from dashboard.i18n import _

widgets.need_findings()
widgets.page_title(_("Order flow"))
if queries.fetch("flow_variants_found").empty:
    widgets.empty(_("Status events of orders are needed: the table order_events."), _("No flow to show"))
    st.stop()
channel = order_flow.choose_channel()
order_flow.steps(channel)
order_flow.waiting(channel)
order_flow.ways()
