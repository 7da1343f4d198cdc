"""Suppliers, promised against received; and stock records, counts against book."""

from typing import Any

import streamlit as st

from dashboard import downloads, queries, supply_charts, widgets
from dashboard.i18n import _, format_number, format_percent, is_missing
from dashboard.widgets import plain


def suppliers() -> None:
    """Show how suppliers keep their promises, all of them or the one chosen, by month."""
    frame = queries.fetch("supplier_reliability")
    if frame.empty:
        widgets.empty(
            _("Receipts of purchase orders would tell how suppliers keep their promises."), _("No receipts known")
        )
        return
    received = frame["received_count"].sum()
    kept = (frame["kept_share"] * frame["received_count"]).sum() / max(received, 1)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{_('{share} of the receipts came within two days of the promise').format(share=format_percent(kept))}**"
        )
        downloads.buttons(frame, "suppliers")
    columns = {
        "supplier_id": widgets.column(_("Supplier")),
        "due_count": widgets.column(_("Receipts due"), "whole"),
        "kept_share": widgets.column(_("In time"), "share", width=88),
        "received_share": widgets.column(_("Units received of ordered"), "percent"),
        "median_late_days": widgets.column(_("Usual days late"), "whole"),
        "p80_late_days": widgets.column(_("4 of 5 within (days late)"), "whole"),
        "quoted_lead_days": widgets.column(_("Lead time promised (days)"), "whole"),
        "actual_lead_days": widgets.column(_("Lead time kept (days)"), "whole"),
        "overdue_count": widgets.column(_("Overdue now"), "whole"),
        "overdue_units": widgets.column(_("Units overdue"), "whole"),
    }
    event: Any = widgets.table(
        frame.round({"kept_share": 2, "received_share": 2}),
        columns,
        _("How suppliers keep their promises"),
        max_height=380,
        key=f"suppliers_{queries.version()}",
        on_select="rerun",
        selection_mode="single-row",
    )
    rows = event["selection"]["rows"]
    chosen = str(frame["supplier_id"].iloc[rows[0]]) if rows and rows[0] < len(frame) else ""
    months = queries.fetch("supplier_months", supplier_id=chosen).rename(columns={"due_count": "count_of"})
    if len(months) > 1:
        who = plain(chosen) or _("All suppliers")
        title = _("{who}: receipts in time, by the month they were due").format(who=who)
        st.markdown(f"**{title}**")
        drawn = supply_charts.kept_months(months, "kept_share", _("Share of receipts in time"))
        widgets.chart(drawn, key=f"supplier_months_{chosen}", alt=title, height=240)


def counts() -> None:
    """Show how the book stood against the shelf when stock was counted."""
    frame = queries.fetch("count_accuracy")
    if frame.empty:
        widgets.empty(_("Stock counts would tell how far the book can be trusted."), _("No stock counts"))
        return
    total = frame["count_count"].sum()
    right = (frame["right_share"] * frame["count_count"]).sum() / max(total, 1)
    wrong = frame["wrong_units"].sum()
    told = _("{share} of {count} counts found the book right, within 2 %; {units} units were wrong").format(
        share=format_percent(right), count=format_number(total), units=format_number(wrong)
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{told}**")
        downloads.buttons(frame, "stock_counts")
    columns = {
        "product_id": widgets.column(_("Product")),
        "product_name": widgets.column(_("Name"), width="medium"),
        "warehouse_id": widgets.column(_("Warehouse")),
        "count_count": widgets.column(_("Counts"), "whole"),
        "right_share": widgets.column(_("Book right"), "share"),
        "missing_units": widgets.column(_("Units missing"), "whole"),
        "wrong_units": widgets.column(_("Units wrong either way"), "whole"),
        "last_missing": widgets.column(_("Missing at the last count"), "whole"),
        "last_counted_at": widgets.column(_("Last counted"), "day"),
    }
    shown = {name: made for name, made in columns.items() if not frame[name].map(is_missing).all()}
    widgets.table(frame, shown, _("How the book stood against the shelf"), max_height=380)
    months = queries.fetch("count_months").rename(columns={"count_count": "count_of"})
    if len(months) > 1:
        title = _("Counts that found the book right, by month")
        st.markdown(f"**{title}**")
        drawn = supply_charts.kept_months(months, "right_share", _("Share of counts"))
        widgets.chart(drawn, key="count_months", alt=title, height=240)
