"""Answer what is being followed up, by whom, until when, and what happened so far."""

import streamlit as st

from dashboard import case_detail, case_filters, case_table, downloads, widgets
from dashboard.i18n import _

title, export = st.columns([5, 1], vertical_alignment="bottom")
title.title(_("Cases"))
chosen = case_filters.show()
cases = case_filters.fetch(chosen)
with export.container(horizontal=True, horizontal_alignment="right"):
    downloads.buttons(case_table.for_export(cases), "cases")
if cases.empty and "case" not in st.query_params:
    widgets.empty(
        _("Open one from an exception: the button stands beside its verdict. Or choose another view."),
        _("No cases here"),
    )
    st.stop()
left, right = st.columns([5, 7], gap="medium")
with left:
    case_table.show(cases)
    case_table.bulk(cases)
with right:
    opened = case_table.opened(cases)
    if opened is not None:
        case_detail.show(opened)
