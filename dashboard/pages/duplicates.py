"""Answer which orders were entered twice, and how the two differ."""

import streamlit as st

from dashboard import comparison, downloads, queries, widgets
from dashboard.i18n import _, ngettext

widgets.need_findings()
title, export = st.columns([5, 1], vertical_alignment="bottom")
title.title(_("Duplicates"))
if not queries.has("duplicates"):
    widgets.empty(_("The latest run did not look for duplicates."), _("No duplicates"))
    st.stop()
score = st.slider(
    _("Probability, at least"), 0, 100, 50, step=5, format="%d%%", key="pairs_score", width=320, persist_state="session"
)
pairs = queries.fetch("pairs", score=score / 100)
if pairs.empty:
    widgets.empty(_("No two orders look the same at this probability."), _("No duplicates"))
    st.stop()
with export.container(horizontal=True, horizontal_alignment="right"):
    downloads.buttons(pairs.drop(columns=["cluster_id"], errors="ignore"), "duplicates")
st.caption(ngettext("{count} pair of orders", "{count} pairs of orders", len(pairs)))
left, right = st.columns([5, 7], gap="medium")
with left:
    place = comparison.pick(pairs)
with right:
    comparison.show(pairs.iloc[place])
