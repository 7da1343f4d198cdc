"""Answer what is being followed up, by whom, until when, and what it taught."""

import streamlit as st

from dashboard import widgets
from dashboard.casework import case_list, erp_changes, lessons, standards
from dashboard.i18n import _

widgets.page_title(_("Cases"))
parts = {
    _("Cases"): case_list.show,
    _("Knowledge"): lessons.search,
    _("Changes for the ERP"): erp_changes.outbox,
    _("Procedures"): standards.procedures,
    _("Rules"): standards.rules,
}
for tab, show in zip(st.tabs(list(parts), key="cases_tabs", on_change="rerun"), parts.values(), strict=True):
    if tab.open:
        with tab:
            show()
