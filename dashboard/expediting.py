"""Purchase orders to expedite: overdue ones by supplier, with the orders that each of them blocks."""

import pandas as pd
import streamlit as st

from dashboard import downloads, queries, widgets
from dashboard.i18n import _, format_number, ngettext
from dashboard.widgets import plain


def show() -> None:
    """List late purchase orders by supplier, and the orders they block; below, substitutes for what runs out."""
    frame, blocked = queries.fetch("overdue_purchases"), queries.fetch("expedites")
    if frame.empty:
        text = _("No purchase order is overdue or due later than an order that waits for it.")
        widgets.empty(text, _("Nothing to expedite"))
    else:
        _late(frame, blocked)
    _substitutes()


def _late(frame: pd.DataFrame, blocked: pd.DataFrame) -> None:
    orders = blocked["order_id"].nunique() if len(blocked) else 0
    late = ngettext("{count} late purchase order", "{count} late purchase orders", len(frame))
    told = ngettext("blocks {count} order", "block {count} orders", orders)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{late} · {told}**")
        downloads.buttons(blocked if len(blocked) else frame, "expedites")
    for supplier, part in frame.groupby(frame["supplier_id"].fillna("–"), sort=False):
        count = ngettext("{count} purchase order", "{count} purchase orders", len(part))
        value = _("{value} waiting").format(value=format_number(part["value"].sum()))
        with st.expander(f"**{plain(str(supplier))}** · {count} · {value}", expanded=len(frame) <= 12):
            _purchases(part, str(supplier))
            _orders(blocked[blocked["po_id"].isin(part["po_id"])] if len(blocked) else blocked)


def _purchases(part: pd.DataFrame, supplier: str) -> None:
    columns = {
        "po_id": widgets.column(_("PO number")),
        "product_id": widgets.column(_("Product")),
        "product_name": widgets.column(_("Name"), width="medium"),
        "quantity": widgets.column(_("Quantity"), "whole"),
        "promised_at": widgets.column(_("Promised"), "day"),
        "overdue_days": widgets.column(_("Days overdue"), "whole"),
        "order_count": widgets.column(_("Orders blocked"), "whole"),
        "value": widgets.column(_("Value waiting"), "whole"),
        "probability": widgets.column(_("Chance of running out"), "share"),
    }
    widgets.table(part, columns, _("Late purchase orders of {supplier}").format(supplier=supplier), max_height=360)


def _orders(part: pd.DataFrame) -> None:
    if part.empty:
        return
    st.caption(_("Orders that wait for them, served in the order of their need"))
    columns = {
        "po_id": widgets.column(_("PO number")),
        "order_id": widgets.column(_("Order")),
        "line_no": widgets.column(_("Line"), "whole"),
        "customer_name": widgets.column(_("Customer"), width="medium"),
        "needed_at": widgets.column(_("Needed by"), "day"),
        "units": widgets.column(_("Units waiting"), "whole"),
        "value": widgets.column(_("Value waiting"), "whole"),
        "late_days": widgets.column(_("Days late at least"), "whole"),
    }
    widgets.table(part, columns, _("Orders that wait for them, served in the order of their need"), max_height=300)


def _substitutes() -> None:
    frame = queries.fetch("substitutes")
    if frame.empty:
        return
    st.markdown(f"**{_('What customers could take instead')}**")
    st.caption(
        _("Of the same category and a similar price, in stock, bought by the same customers, seldom in the same order.")
    )
    columns = {
        "product_name": widgets.column(_("Product that runs out"), width="medium"),
        "substitute_id": widgets.column(_("Product")),
        "substitute_name": widgets.column(_("Instead"), width="medium"),
        "free_units": widgets.column(_("Free units"), "whole"),
        "price_ratio": widgets.column(_("Price against it"), "percent"),
        "customer_count": widgets.column(_("Customers of both"), "whole"),
        "customer_share": widgets.column(_("Of its customers"), "percent"),
    }
    widgets.table(frame, columns, _("What customers could take instead"), max_height=360)
