"""Answer where wrong orders gather, why, what it costs, and what changed."""

import streamlit as st

from dashboard import cause_changes, cause_pictures, cause_view, prevention, root_causes, url_state, widgets
from dashboard.i18n import _

widgets.need_findings()
widgets.page_title(_("Root causes"))
url_state.load(cause_view.PAGE, cause_view.DEFAULTS, cause_view.allowed())
cause_view.take_choice()
cause_view.controls()
chosen = cause_view.view(url_state.save(cause_view.PAGE, cause_view.DEFAULTS))
if chosen is None:
    widgets.empty(_("Run the detection once more: it has not looked for causes yet."), _("No causes yet"))
    st.stop()
root_causes.claims(chosen)
root_causes.inside(chosen)
left, right = st.columns(2)
with left:
    cause_pictures.pareto(chosen)
with right:
    cause_pictures.areas(chosen)
cause_pictures.hours(chosen)
cause_changes.changes(chosen)
prevention.show(chosen)
