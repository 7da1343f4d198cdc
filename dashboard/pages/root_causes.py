"""Answer where wrong orders gather, why, what it costs, and what changed."""

import streamlit as st

from dashboard import prevention, root_causes, url_state, widgets
from dashboard.i18n import _

widgets.need_findings()
widgets.page_title(_("Root causes"))
url_state.load(root_causes.PAGE, root_causes.DEFAULTS, root_causes.allowed())
root_causes.take_choice()
root_causes.controls()
chosen = root_causes.view(url_state.save(root_causes.PAGE, root_causes.DEFAULTS))
if chosen is None:
    widgets.empty(_("Run the detection once more: it has not looked for causes yet."), _("No causes yet"))
    st.stop()
root_causes.claims(chosen)
root_causes.inside(chosen)
left, right = st.columns(2)
with left:
    root_causes.pareto(chosen)
with right:
    root_causes.areas(chosen)
root_causes.hours(chosen)
root_causes.changes(chosen)
prevention.show(chosen)
