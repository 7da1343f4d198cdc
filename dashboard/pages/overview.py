"""Answer how many orders go wrong, where the money is at risk, and whether it gets better."""

import streamlit as st

from dashboard import improvement_rates, summary, widgets
from dashboard.i18n import _

widgets.need_findings()
widgets.page_title(_("Overview"))
facts = summary.facts()
if facts is None:
    widgets.empty(_("The source has no orders that are not cancelled."), _("No orders"))
    st.stop()
summary.tiles(facts)
with widgets.card(summary.trend_title(facts), _("Likely exceptions that nobody rejected, by the week of the order.")):
    summary.trend(facts)
improvement_rates.signals_now()
left, right = st.columns(2)
with left, widgets.card(summary.money_title(facts), _("Impact × chance of being real, over the open alerts.")):
    summary.money(facts)
with right, widgets.card(summary.causes_title(facts), _("Open alerts by their likely cause.")):
    summary.causes(facts)
left, right = st.columns(2)
with left, widgets.card(summary.departments_title(facts), _("Open alerts by who usually owns the cause.")):
    summary.departments(facts)
with right, widgets.card(summary.precision_title(facts), _("What reviewers confirmed, with the 95% interval.")):
    summary.precision(facts)
