"""What is known about duplicates as a whole: the right threshold, where they come from, what blocking reached."""

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import charts, pair_review, queries, widgets
from dashboard.i18n import N_, _, format_number, format_percent
from dashboard.training import operator_title
from dashboard.words import word
from dashboard.workspace import current

LEAST_ORDERS = 20
"""Rates of fewer orders say nothing, and single out people."""

RULE_TITLES = {
    "same_basket": N_("Same customer, same products and quantities"),
    "same_customer": N_("Same customer within days"),
    "same_large_basket": N_("Same basket of three products or more, any customer"),
    "same_number": N_("Same order number but for an addition"),
    "same_phone": N_("Same phone within days"),
    "same_phone_products": N_("Same phone, same products"),
    "same_place_products": N_("Same address, same products"),
    "same_po": N_("Same customer and customer PO"),
    "same_po_elsewhere": N_("Same customer PO and products, any customer"),
    "same_products": N_("Same customer, same products"),
    "same_rare_product": N_("Same customer, same rare product"),
    "same_receiver_basket": N_("Same receiver, same basket"),
}
"""What each blocking rule brings together; a test compares it with ``features/pairs/block_*.sql``."""

DIMENSIONS = ("channel", "operator", "customer")


def precision_and_recall(judged: pd.DataFrame) -> pd.DataFrame:
    """Return precision and recall among judged pairs for each threshold from 0.05 to 0.95.

    Parameters
    ----------
    judged : pandas.DataFrame
        ``probability`` and ``verdict`` (match or distinct).

    Returns
    -------
    pandas.DataFrame
        ``threshold``, ``precision`` (null where nothing is as likely), ``recall``, ``pair_count``.
    """
    is_match = judged["verdict"].eq("match").to_numpy()
    chance = judged["probability"].to_numpy(float)
    rows = []
    for at in np.arange(0.05, 1.0, 0.05).round(2):
        kept = chance >= at
        right = int((kept & is_match).sum())
        rows.append(
            {
                "threshold": float(at),
                "precision": right / kept.sum() if kept.any() else None,
                "recall": right / is_match.sum() if is_match.any() else None,
                "pair_count": int(kept.sum()),
            }
        )
    return pd.DataFrame(rows)


def threshold() -> None:
    """Let the visitor move the threshold and see what it costs, from what reviewers said."""
    pairs = pair_review.judged_pairs()
    if pairs.empty:
        return
    judged = pairs[pairs["verdict"].isin(["match", "distinct"])]
    at = st.slider(_("Threshold"), 5, 95, 50, step=5, format="%d%%", key="threshold", width=360) / 100
    flagged = pairs[pairs["probability"] >= at]
    st.metric(_("Later orders at this threshold"), format_number(flagged["order_id"].nunique()))
    if judged["verdict"].nunique() < 2:
        widgets.empty(
            _("Judge some pairs first, duplicates and others; precision and recall are measured on them."),
            _("No verdicts yet"),
        )
        return
    curve = precision_and_recall(judged)
    row = curve.iloc[(curve["threshold"] - at).abs().argmin()]
    title = _(
        "At {at}, {precision} of the reviewed pairs shown are duplicates, and {recall} of the duplicates are shown"
    )
    told = title.format(
        at=format_percent(at), precision=format_percent(row["precision"]), recall=format_percent(row["recall"])
    )
    st.markdown(f"**{widgets.plain(told)}**")
    figure = charts.threshold(curve, (_("Precision"), _("Recall")), at, _("Share of the reviewed pairs"))
    widgets.chart(figure, "threshold_curve", told, 300)
    st.caption(
        _("{count} reviewed pairs. What nobody looked at is not in it, so the true recall is lower.").format(
            count=format_number(len(judged))
        )
    )
    columns = {
        "threshold": widgets.column(_("Threshold"), "percent"),
        "precision": widgets.column(_("Precision"), "percent"),
        "recall": widgets.column(_("Recall"), "percent"),
        "pair_count": widgets.column(_("Reviewed pairs"), "whole"),
    }
    with st.expander(_("As a table")):
        widgets.table(curve, columns, told, key="threshold_table")


def origins() -> None:
    """Show how many were caught before entry, and of whose thousand orders how many are repeats."""
    found = queries.fetch("repeats_found")
    checked, likely, held = current().casebook.order_checks.caught(queries.LIKELY)
    later = int(found["duplicate_count"].iloc[0]) if len(found) else 0
    orders = int(found["order_count"].iloc[0]) if len(found) else 0
    columns = st.columns(4)
    columns[0].metric(_("Repeats per 1,000 orders"), format_number(1000 * later / orders if orders else None, 1))
    columns[1].metric(_("Caught before entry"), format_number(held), help=_(
        "Likely duplicates that were checked before entry and not entered."))  # fmt: skip
    columns[2].metric(_("Found later"), format_number(later))
    columns[3].metric(_("Orders checked before entry"), format_number(checked), help=_(
        "{count} of them looked like duplicates.").format(count=format_number(likely)))  # fmt: skip
    titles = {"channel": _("By channel"), "operator": _("By operator"), "customer": _("By customer")}
    for place, name in zip(st.columns(3), DIMENSIONS, strict=True):
        with place:
            _rates(name, titles[name])
    _reach()


def _rates(dimension: str, title: str) -> None:
    rates = queries.fetch("repeat_rates", dimension=dimension, least=LEAST_ORDERS)
    rates = rates[rates["duplicate_count"] > 0] if len(rates) else rates
    if rates.empty:
        with widgets.card(title):
            st.caption(_("No repeats."))
        return
    title_of = {"channel": word, "operator": operator_title}.get(dimension, str)
    names = [title_of(str(name)) for name in rates["title"]]
    first = _("{name} repeats most: {rate} per 1,000 orders").format(
        name=names[0], rate=format_number(rates["per_thousand"].iloc[0], 1)
    )
    with widgets.card(f"{title} – {widgets.plain(first)}"):
        texts = [f"{format_number(value, 1)} ({count})" for value, count in zip(
            rates["per_thousand"], rates["duplicate_count"], strict=True)]  # fmt: skip
        figure = charts.ranked_bars(names, rates["per_thousand"].tolist(), texts)
        widgets.chart(figure, f"rates_{dimension}", first, 30 * len(names) + 24)
        st.caption(_("Repeats per 1,000 orders, in brackets how many. Fewer than {least} orders are not shown.").format(
            least=LEAST_ORDERS))  # fmt: skip


def _reach() -> None:
    """Show what blocking reached: pairs that no rule brings together are never compared."""
    copies = queries.fetch("copies_reached")
    rules = queries.fetch("blocking_reach")
    if copies.empty or rules.empty:
        return
    share = copies["found_count"].sum() / max(int(copies["copy_count"].sum()), 1)
    title = _("{share} of repeats planted into these orders were brought together with their original").format(
        share=format_percent(share, 1)
    )
    st.markdown(f"**{widgets.plain(title)}**")
    shown = rules.assign(rule=[_(RULE_TITLES.get(str(rule), str(rule))) for rule in rules["rule"]])
    columns = {
        "rule": widgets.column(_("Blocking rule")),
        "pair_count": widgets.column(_("Pairs"), "whole"),
        "cut_order_count": widgets.column(_("Orders with more neighbours than looked at"), "whole"),
    }
    widgets.table(shown, columns, title, key="blocking_reach")
