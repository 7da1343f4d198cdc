"""Answer what runs out next and what to do about it: reorder, expedite, share out, replace; and how forecasts hold."""

import streamlit as st

from dashboard import expediting, fill_first, forecast_health, reordering, risks, sharing_out, supply_notes, widgets
from dashboard.i18n import _

widgets.need_findings()
widgets.page_title(_("Stock-out risk"))
supply_notes.coverage()
names = [_("What runs out next"), _("Reorder"), _("Expedite"), _("Scarce stock"), _("Fill first"), _("Forecasts")]
parts = [risks.show, reordering.show, expediting.show, sharing_out.show, fill_first.show, forecast_health.show]
for tab, part in zip(st.tabs(names, key="risk_tabs", on_change="rerun"), parts, strict=True):
    if tab.open:
        with tab:
            part()
