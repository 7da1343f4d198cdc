"""Answer who may do what, and what was done."""

import streamlit as st

from dashboard import administration, permission_review, widgets
from dashboard.i18n import _

widgets.page_title(_("Administration"))
names = [_("Accounts"), _("Permission review"), _("API tokens"), _("Audit log")]
accounts, review, tokens, log = st.tabs(names, key="admin_tabs", on_change="rerun")
if accounts.open:
    with accounts:
        administration.accounts()
if review.open:
    with review:
        permission_review.review()
if tokens.open:
    with tokens:
        administration.tokens()
if log.open:
    with log:
        administration.audit_log()
