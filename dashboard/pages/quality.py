"""Answer how right the checks are, what labels taught them, and what is kept out of sight."""

import streamlit as st

from dashboard import muting, quality, second_opinions, widgets
from dashboard.i18n import _

widgets.need_findings()
widgets.page_title(_("Precision and noise"))
measured, noise = st.tabs(
    [_("How right the checks are"), _("What is kept out of sight")], key="quality_tabs", on_change="rerun"
)
if measured.open:
    with measured:
        left, right = st.columns(2)
        with left:
            quality.reliability()
        with right:
            quality.over_time()
        quality.by_check()
        second_opinions.agreement()
if noise.open:
    with noise:
        with widgets.card(_("Mutes in force"), _("Each ends by itself; nothing is deleted.")):
            muting.listed()
        with widgets.card(
            _("Try a rule on the history"), _("What would be hidden is computed before anything is decided.")
        ):
            muting.simulator()
