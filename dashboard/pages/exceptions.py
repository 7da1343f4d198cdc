"""Answer which orders need a look, why, and what people say about them."""

import streamlit as st

from dashboard import detail, downloads, filters, queries, queue_table, triage, widgets
from dashboard.i18n import _

widgets.need_findings()
title, export = st.columns([5, 1], vertical_alignment="bottom")
title.title(_("Exceptions"))
chosen = filters.queue_filters()
alerts = queries.fetch("queue", **filters.parameters(chosen))
with export.container(horizontal=True, horizontal_alignment="right"):
    downloads.buttons(alerts, "exceptions", lambda: queue_table.for_export(alerts))

if alerts.empty and "id" not in st.query_params:
    triage.remember_shown(alerts)
    widgets.empty(
        _("Nothing passes these filters. Lower the chance, choose another status, or clear the filters."),
        _("No exceptions here"),
    )
    st.stop()

queue, case = st.columns([5, 7], gap="medium")
with queue:
    page = queue_table.show(alerts)
opened = triage.open_alert()
with case:
    triage_bar = st.container()
    if opened is not None:
        detail.show(opened)
with triage_bar:
    queue_table.actions(page, opened)
