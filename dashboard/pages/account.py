"""Answer who one is here, and let one change one's password and end one's sessions."""

from dashboard import account, widgets
from dashboard.i18n import _

widgets.page_title(_("Your account"))
account.who()
account.password()
account.sessions()
