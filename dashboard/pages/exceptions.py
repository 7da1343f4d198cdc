"""Answer which orders need a look, why, and what people say about them."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from dashboard import alerts, detail, downloads, filters, frame, queue_table, second_opinions, triage, widgets
from dashboard.i18n import _
from dashboard.workspace import current


@frame.part
def work(chosen: dict[str, Any]) -> None:
    """Draw the queue beside the alert that is open; a verdict draws no more than these anew."""
    if second_opinions.asked_of_me() != st.session_state.get("queue_asked_of_me"):
        st.rerun()  # the filters above say how many wait
    now = datetime.now(ZoneInfo(current().settings.time_zone))
    share = current().settings.exploration_share
    found = alerts.queue_with_lots(share, f"{now:%G-W%V}", **filters.parameters(chosen))
    if not len(found) and "id" not in st.query_params:
        triage.remember_shown(found.rows())
        widgets.empty(
            _("Nothing passes these filters. Lower the chance, choose another status, or clear the filters."),
            _("No exceptions here"),
        )
        return
    queue, case = st.columns([5, 7], gap="medium")
    with queue:
        page = queue_table.show(found)
    opened = triage.open_alert()
    with case:
        triage_bar = st.container()
        if opened is not None:
            detail.show(opened)
    with triage_bar:
        queue_table.actions(page, opened)


widgets.need_findings()
title, export = st.columns([5, 1], vertical_alignment="bottom")
title.title(_("Exceptions"))
chosen = filters.queue_filters()
st.session_state["queue_asked_of_me"] = second_opinions.asked_of_me()
with export.container(horizontal=True, horizontal_alignment="right"):
    downloads.buttons(lambda: queue_table.for_export(alerts.queue(**filters.parameters(chosen)).rows()), "exceptions")
work(chosen)
