"""Answer which orders and customers were entered twice, how the two differ, and make one of them."""

import streamlit as st

from dashboard import comparison, widgets
from dashboard.casework import merging_form, same_customers
from dashboard.i18n import _

widgets.need_findings()
st.title(_("Duplicates"))
parts = {_("Orders"): comparison.pairs, _("Customers"): same_customers.show, _("Merges"): merging_form.listed}
for tab, show in zip(st.tabs(list(parts), key="duplicates_tabs", on_change="rerun"), parts.values(), strict=True):
    if tab.open:
        with tab:
            show()
