"""Customers that look registered twice: which ones, how sure, both records side by side, and their merge."""

import pandas as pd
import streamlit as st

from dashboard import queries, widgets
from dashboard.casework import merging_form
from dashboard.i18n import _, format_percent, is_missing
from dashboard.words import header_field, word
from dashboard.workspace import current
from models.merging import CUSTOMER_FIELDS, read_customer

DIFFERENT = "background-color: rgba(245, 158, 11, 0.20)"


def show() -> None:
    """List the pairs beside the one that is picked."""
    pairs = queries.fetch("customer_pairs")
    if pairs.empty:
        widgets.empty(_("No two customer records look the same."), _("No customer is registered twice"))
        return
    left, right = st.columns([5, 7], gap="medium")
    with left:
        shown = pairs.assign(probability=(pairs["probability"] * 100).round())
        columns = {
            "name": widgets.column(_("Customer"), width=150),
            "other_name": widgets.column(_("Same as"), width=150),
            "probability": widgets.column(_("Probability"), "chance", width=88),
            "customer_id": widgets.column(_("Identifier"), width=80),
            "duplicate_of": widgets.column(_("Other identifier"), width=80),
        }
        event = widgets.table(
            shown, columns, _("Customers that look registered twice"), max_height=620, on_select="rerun",
            selection_mode="single-row-required", key=f"customer_pairs_{queries.version()}",
        )  # fmt: skip
    rows = event.selection.rows
    pair = pairs.iloc[rows[0] if rows and rows[0] < len(pairs) else 0]
    with right:
        share = format_percent(pair["probability"])
        title = _("{later} and {earlier} are one customer: {share} likely")
        told = title.format(later=pair["customer_id"], earlier=pair["duplicate_of"], share=share)
        st.markdown(f"#### {widgets.plain(told)}")
        _side_by_side(str(pair["duplicate_of"]), str(pair["customer_id"]))
        merging_form.offer_customers(str(pair["duplicate_of"]), str(pair["customer_id"]))


def _side_by_side(first_id: str, second_id: str) -> None:
    first, second = (read_customer(current().warehouse, name) for name in (first_id, second_id))
    names = [
        name
        for name in CUSTOMER_FIELDS
        if not (is_missing(first.fields.get(name)) and is_missing(second.fields.get(name)))
    ]
    frame = pd.DataFrame(
        {
            "field": [word(name) for name in names] + [_("Orders")],
            first_id: [header_field(name, first.fields.get(name)) for name in names] + [str(first.order_count)],
            second_id: [header_field(name, second.fields.get(name)) for name in names] + [str(second.order_count)],
        }
    )

    def shade(row: pd.Series) -> list[str]:
        return ["", "", ""] if row[first_id] == row[second_id] else ["", DIFFERENT, DIFFERENT]

    st.dataframe(
        frame.style.apply(shade, axis=1), hide_index=True, height="content", alt=_("Both customer records"),
        column_config={"field": widgets.column(_("Field"))},
    )  # fmt: skip
