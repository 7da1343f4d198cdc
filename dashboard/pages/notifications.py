"""Answer who is told of what, when and where, and what is still in the outbox."""

from zoneinfo import ZoneInfo

import streamlit as st

from dashboard import widgets
from dashboard.i18n import _, format_time
from dashboard.notices import rules, weekly_report
from dashboard.widgets import plain
from dashboard.workspace import current

widgets.page_title(_("Notifications"), _("Who is told of what, and what is still in the outbox."))
for report in weekly_report.untold(current()):
    if report.error:
        zone = ZoneInfo(current().settings.time_zone)
        when = format_time(report.next_at.astimezone(zone)) if report.next_at else _("none")
        st.warning(
            _("{error} Attempts: {count}; the next one: {when}.").format(
                error=plain(_(report.error)), count=report.attempt_count, when=when
            ),
            title=_("Nobody could be told of the weekly report"),
        )
who, way = st.tabs([_("Rules"), _("Outbox")], key="notification_tabs", on_change="rerun")
if who.open:
    with who:
        rules.rules()
if way.open:
    with way:
        rules.outbox()
