"""Answer which order lines could not be filled and why, and what runs out next."""

import streamlit as st

from dashboard import supply, widgets
from dashboard.i18n import _

widgets.need_findings()
widgets.page_title(_("Shortages"))
risks, lines = st.tabs([_("What runs out next"), _("Lines that were short")], key="supply_tabs", on_change="rerun")
if risks.open:
    with risks:
        supply.risks()
if lines.open:
    with lines:
        supply.short_lines()
