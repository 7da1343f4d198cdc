"""Answer what came in, what was kept out and why, what was checked, and what runs at the moment."""

import streamlit as st

from dashboard import imports, records, widgets
from dashboard.i18n import _

widgets.page_title(_("Data"))
imports.running()
names = [_("Import"), _("Quarantine"), _("Audits"), _("Detection")]
importing, quarantine, audits, detection = st.tabs(names, key="data_tabs", on_change="rerun")
if importing.open:
    with importing:
        imports.form()
        records.loads()
        imports.done()
if quarantine.open:
    with quarantine:
        records.quarantine()
if audits.open:
    with audits:
        records.audits()
if detection.open:
    with detection:
        imports.detect_button()
        records.checks()
        st.markdown(f"**{_('Runs')}**")
        records.runs()
