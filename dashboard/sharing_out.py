"""Scarce stock: which waiting orders ship and which wait, explained, against first come, first served."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import downloads, queries, session, widgets
from dashboard.i18n import _, format_number, format_percent
from dashboard.workspace import current
from data.casebook.plans import Decision
from models.planning import allocation
from models.planning.allocation import Chosen, Contest


def show() -> None:
    """Propose who gets scarce stock, let a planner settle orders, and compare with first come, first served."""
    lines = queries.fetch("scarce_lines")
    if lines.empty:
        widgets.empty(_("No stock is wanted by more orders than it covers."), _("Nothing to share out"))
        return
    contest = Contest.of(lines)
    shipped, held = settled(contest, current().casebook.plans.current("allocation"))
    ways = {"value": _("By value per share of scarce stock"), "exact": _("Exact (solver)")}
    way = st.segmented_control(
        _("Way"), list(ways), default="value", format_func=lambda name: ways[name], key="share_way", required=True
    )
    with st.spinner(_("Solving…"), show_time=True):
        chosen = (
            allocation.optimal(contest, 10.0, shipped, held)
            if way == "exact"
            else allocation.by_value(contest, shipped, held)
        )
    first = allocation.first_come(contest)
    _compare(contest, chosen, first)
    _table(contest, lines, chosen, first, shipped | held)


def settled(contest: Contest, said: pd.DataFrame) -> tuple[Chosen, Chosen]:
    """Return which orders a planner has decided to ship, and which to hold."""
    by_order = said.drop_duplicates("order_id", keep="last").set_index("order_id")["choice"]
    choice = by_order.reindex(contest.orders)
    return np.asarray(choice.eq("ship")), np.asarray(choice.eq("hold"))


def _compare(contest: Contest, chosen: Chosen, first: Chosen) -> None:
    value, before = contest.value[chosen].sum(), contest.value[first].sum()
    more_value, more_orders = round(value - before), int(chosen.sum()) - int(first.sum())
    with st.container(horizontal=True, gap="small"):
        _tile(_("Value shipped complete"), format_number(value), more_value, _("{value} against first come"))
        share = format_percent(value / max(contest.value.sum(), 1e-9))
        st.metric(_("Share of the value waiting"), share, border=True, height="stretch")
        shipped = f"{int(chosen.sum())} / {len(chosen)}"
        _tile(_("Orders shipped complete"), shipped, more_orders, _("{value} against first come"))


def _tile(label: str, value: str, more: int, words: str) -> None:
    """Show a figure with what it is more than by first come; no arrow where it is the same."""
    delta = words.format(value=f"{more:+,d}") if more else _("as by first come")
    tone: Any = {} if more else {"delta_color": "off", "delta_arrow": "off"}
    st.metric(label, value, delta=delta, border=True, height="stretch", **tone)


def _table(contest: Contest, lines: pd.DataFrame, chosen: Chosen, first: Chosen, is_settled: Chosen) -> None:
    share = allocation.scarce_share(contest)
    by_order = lines.groupby("order_id")
    frame = pd.DataFrame(
        {
            "order_id": contest.orders,
            "proposal": np.where(chosen, _("Ship"), _("Hold")),
            "before": np.where(first, _("Ship"), _("Hold")),
            "value": contest.value,
            "share": share.round(2),
            "worth": contest.value / np.maximum(share, 1e-9),
            "settled": np.where(is_settled, _("Planner"), ""),
        }
    ).join(
        by_order.agg(
            customer_name=("customer_name", "first"), needed_at=("needed_at", "first"), units=("units", "sum")
        ),
        on="order_id",
    )
    frame["products"] = frame["order_id"].map(by_order["product_name"].agg(lambda names: ", ".join(sorted(set(names)))))
    frame = frame.sort_values("worth", ascending=False, ignore_index=True)
    columns = {
        "order_id": widgets.column(_("Order")),
        "customer_name": widgets.column(_("Customer"), width="medium"),
        "products": widgets.column(_("Products"), width="medium"),
        "needed_at": widgets.column(_("Needed by"), "day"),
        "units": widgets.column(_("Units"), "whole"),
        "value": widgets.column(_("Value waiting"), "whole"),
        "share": widgets.column(_("Share of scarce stock"), "percent"),
        "worth": widgets.column(_("Value for all of it"), "whole"),
        "proposal": widgets.column(_("Proposal")),
        "before": widgets.column(_("First come")),
        "settled": widgets.column(_("Settled by")),
    }
    st.caption(
        _(
            "An order ships complete or waits. The more value it brings for the share of scarce stock it takes, "
            "the earlier it is served."
        )
    )
    downloads.buttons(frame, "allocation")
    key = f"share_table_{queries.version()}_{current().casebook.plans.generation()}"
    event: Any = widgets.table(
        frame,
        columns,
        _("Orders that compete for scarce stock"),
        max_height=420,
        key=key,
        on_select="rerun",
        selection_mode="multi-row",
    )
    orders = [str(frame["order_id"].iloc[row]) for row in event["selection"]["rows"] if row < len(frame)]
    if session.may("plan.allocation"):
        with st.container(horizontal=True):
            for choice, label in (("ship", _("Ship {count}")), ("hold", _("Hold {count}"))):
                decide = session.safely(lambda choice=choice: _decide(lines, orders, choice, chosen, contest))
                text = label.format(count=len(orders))
                st.button(text, key=f"share_{choice}", on_click=decide, disabled=not orders)


def _decide(lines: pd.DataFrame, orders: list[str], choice: str, chosen: Chosen, contest: Contest) -> None:
    proposed = dict(zip(contest.orders, np.where(chosen, "ship", "hold"), strict=True))
    decisions = [
        Decision(
            str(row["product_id"]),
            choice,
            str(row["order_id"]),
            int(row["line_no"]),
            quantity=float(row["units"]),
            proposed={"choice": str(proposed[row["order_id"]])},
        )
        for row in lines[lines["order_id"].isin(orders)].to_dict("records")
    ]
    current().casebook.plans.decide(session.actor(), "allocation", decisions)
    st.toast(_("Saved."))
