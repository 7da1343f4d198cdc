"""Answer which orders and customers were entered twice, how they differ, where repeats come from; merge them."""

import streamlit as st

from dashboard import duplicate_views, pair_review, widgets
from dashboard.casework import merging_form, same_customers
from dashboard.i18n import _

widgets.need_findings()
st.title(_("Duplicates"))
parts = {
    _("Orders"): pair_review.review,
    _("Customers"): same_customers.show,
    _("Merges"): merging_form.listed,
    _("Threshold"): duplicate_views.threshold,
    _("Where they come from"): duplicate_views.origins,
}
for tab, show in zip(st.tabs(list(parts), key="duplicates_tabs", on_change="rerun"), parts.values(), strict=True):
    if tab.open:
        with tab:
            show()
