"""Answer whether it gets better, by how much, and whether what was done about it worked."""

import streamlit as st

from dashboard import improvement_rates, improvement_work, interventions, queries, widgets
from dashboard.i18n import _

widgets.need_findings()
widgets.page_title(_("Improvement"))
if not queries.has("cause_units") or not improvement_rates.full_weeks():
    widgets.empty(_("Run the detection once more: it has not looked for causes yet."), _("No causes yet"))
    st.stop()
names = [_("Rates"), _("Interventions"), _("Work on findings")]
begin = names[1] if {"seg", "kind", "cause"} & set(st.query_params) else names[0]
rates, done, work = st.tabs(names, key="improvement_tabs", default=begin, on_change="rerun")
if rates.open:
    with rates:
        improvement_rates.show()
if done.open:
    with done:
        interventions.show()
if work.open:
    with work:
        improvement_work.show()
