"""For planners: products that run out, and order lines that were short, with the shares of their causes."""

import pandas as pd
import streamlit as st

from dashboard import charts, downloads, queries, widgets
from dashboard.i18n import _, format_number, format_percent, ngettext
from dashboard.words import cause_title
from data.vocabulary import SHORTAGE_CAUSES

SHARES = (*SHORTAGE_CAUSES, "unknown")


def risks() -> None:
    """List the products by their chance of running out before they can be replenished."""
    frame = queries.fetch("risks")
    if frame.empty:
        widgets.empty(_("Stock levels are needed to tell what runs out."), _("Nothing to tell"))
        return
    likely = frame[frame["probability"].ge(queries.LIKELY)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        only = st.toggle(_("Only what is likely to run out"), value=bool(len(likely)), key="risks_only")
        downloads.buttons(frame, "stock_risks")
    told = ngettext(
        "{count} product is likely to run out within its lead time",
        "{count} products are likely to run out within their lead time",
        len(likely),
    )
    st.markdown(f"**{told}**")
    shown = likely if only else frame
    columns = {
        "product_id": widgets.column(_("Product")),
        "product_name": widgets.column(_("Name"), width="medium"),
        "probability": widgets.column(_("Chance"), "share"),
        "runs_out_on": widgets.column(_("Runs out"), "day"),
        "ends_on": widgets.column(_("Until"), "day"),
        "on_hand": widgets.column(_("On hand"), "whole"),
        "owed": widgets.column(_("Owed to customers"), "whole"),
        "daily_demand": widgets.column(_("Demand a day"), "number"),
        "days_of_cover": widgets.column(_("Days of cover"), "whole"),
        "lead_days": widgets.column(_("Lead time (days)"), "whole"),
        "expected_receipts": widgets.column(_("Expected in time"), "whole"),
        "short": widgets.column(_("Units short"), "whole"),
        "impact": widgets.column(_("Money at risk"), "whole"),
    }
    rounded = shown.assign(daily_demand=shown["daily_demand"].round(1)) if "daily_demand" in shown else shown
    widgets.table(rounded, columns, _("Products by their chance of running out"), max_height=560)


def short_lines() -> None:
    """Show the causes of short lines by units, and the lines with the shares of each cause."""
    frame = queries.fetch("short_lines")
    if frame.empty:
        widgets.empty(_("No order line was short, or the source has no stock levels."), _("No shortages"))
        return
    names = [name for name in SHARES if f"share_{name}" in frame]
    units = pd.Series({name: (frame[f"share_{name}"] * frame["short_quantity"]).sum() for name in names})
    units = units[units.gt(0)].sort_values(ascending=False)
    if len(units):
        share = format_percent(units.iloc[0] / units.sum())
        title = _("{cause}: {share} of the units short").format(
            cause=cause_title(str(units.index[0]), "stock_shortage"), share=share
        )
        with widgets.card(title, _("Each short line is shared out among its causes.")):
            titles = [cause_title(str(name), "stock_shortage") for name in units.index]
            figure = charts.ranked_bars(titles, units.tolist(), [format_number(value) for value in units])
            widgets.chart(figure, "short_causes", title, 30 * len(units) + 16)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{ngettext('{count} short line', '{count} short lines', len(frame))}**")
        downloads.buttons(frame, "stockouts")
    shown = frame.assign(
        cause=[cause_title(cause, "stock_shortage") for cause in frame["cause"]],
        share=pd.Series([row.get(f"share_{row['cause']}") for row in frame.to_dict("records")], dtype="float64"),
    )
    columns = {
        "ordered_at": widgets.column(_("Ordered"), "day"),
        "order_id": widgets.column(_("Order")),
        "line_no": widgets.column(_("Line"), "whole"),
        "product_name": widgets.column(_("Product"), width="medium"),
        "customer_name": widgets.column(_("Customer"), width="medium"),
        "quantity": widgets.column(_("Quantity"), "number"),
        "short_quantity": widgets.column(_("Units short"), "number"),
        "cause": widgets.column(_("Main cause")),
        "share": widgets.column(_("Its share"), "share"),
    }
    widgets.table(shown, columns, _("Order lines that were short"), max_height=480)
