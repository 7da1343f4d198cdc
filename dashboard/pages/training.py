"""Answer which training would prevent most order-entry errors, and for whom."""

from dashboard import training, widgets
from dashboard.i18n import _

widgets.page_title(_("Training needs"), _("What goes wrong when orders are entered, and whom training would help."))
widgets.need_findings()
errors, orders = training.controls()
if orders.empty:
    widgets.empty(_("The orders do not say who entered them."), _("Nothing to compare"))
else:
    training.topics(errors, orders)
    training.findings(errors)
