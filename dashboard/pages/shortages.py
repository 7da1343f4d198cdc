"""Answer which order lines could not be filled, why, and how suppliers and stock records have held."""

import streamlit as st

from dashboard import short_lines, supply_notes, supply_records, widgets
from dashboard.i18n import _

widgets.need_findings()
widgets.page_title(_("Shortages"))
supply_notes.coverage()
names = [_("Lines that were short"), _("Suppliers"), _("Stock records")]
parts = [short_lines.show, supply_records.suppliers, supply_records.counts]
for tab, part in zip(st.tabs(names, key="shortage_tabs", on_change="rerun"), parts, strict=True):
    if tab.open:
        with tab:
            part()
