"""Answer who may do what, and what was done."""

import streamlit as st

from dashboard import administration, widgets
from dashboard.i18n import _

widgets.page_title(_("Administration"))
accounts, tokens, log = st.tabs([_("Accounts"), _("API tokens"), _("Audit log")], key="admin_tabs", on_change="rerun")
if accounts.open:
    with accounts:
        administration.accounts()
if tokens.open:
    with tokens:
        administration.tokens()
if log.open:
    with log:
        administration.audit_log()
