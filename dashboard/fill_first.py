"""Which waiting order to fill first of each scarce product, with the reason for its place."""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import downloads, queries, widgets
from dashboard.i18n import _, ngettext
from models.order_priority import PLACE_REASONS, rank_orders


def ranked() -> pd.DataFrame:
    """Return the waiting lines of scarce products in the order to fill them, reasons in the visitor's language."""
    lines = queries.fetch("fill_first")
    clock = queries.fetch("clock")
    if lines.empty or clock.empty:
        return pd.DataFrame()
    stock = lines.groupby("product_id")["stock"].first()
    places = rank_orders(lines, stock, pd.Timestamp(clock["now"].iloc[0]))
    return places.assign(told=[_told(row) for row in places.to_dict("records")])


def _told(row: dict[Any, Any]) -> str:
    return _(PLACE_REASONS[row["reason"]]).format(**row)


def show() -> None:
    """List the waiting orders of one scarce product, or of all."""
    places = ranked()
    if places.empty:
        widgets.empty(_("No stock is wanted by more orders than it covers."), _("Every order can be filled"))
        return
    names = dict(zip(places["product_id"], places["product_name"], strict=True))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            _("Product"), [None, *names], key="fill_product", width=320, label_visibility="collapsed",
            format_func=lambda name: f"{name} · {names[name]}" if name else _("All scarce products"),
        )  # fmt: skip
        shown = places if chosen is None else places[places["product_id"].eq(chosen)]
        columns = _columns()
        named = {name: str(column["label"]) for name, column in columns.items()}
        downloads.buttons(shown[list(columns)].rename(columns=named), "fill_first")
    full = int(shown["short_quantity"].le(0).sum())
    count = ngettext("{count} order line waits", "{count} order lines wait", len(shown))
    filled = ngettext("stock fills {count} of them", "stock fills {count} of them", full)
    st.markdown(f"**{count}, {filled}**")
    widgets.table(shown, columns, _("Which order to fill first"), max_height=560)
    st.caption(
        _(
            "A place counts 35 % for urgency, 25 % for value per unit, 15 % each for the customer's rank and for what "
            "was paid, 10 % for completing an order."
        )
    )


def _columns() -> dict[str, Any]:
    return {
        "product_id": widgets.column(_("Product"), width=84),
        "place": widgets.column(_("Place"), "whole", width=50),
        "order_id": widgets.column(_("Order"), width=92),
        "customer_name": widgets.column(_("Customer"), width=150),
        "needed_at": widgets.column(_("Needed"), "day", width=96),
        "quantity": widgets.column(_("Waits for"), "number", width=76),
        "filled_quantity": widgets.column(_("Gets"), "number", width=66),
        "short_quantity": widgets.column(_("Stays short"), "number", width=84),
        "told": widgets.column(_("Why this place"), width="large"),
    }
