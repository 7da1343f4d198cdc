"""For managers: how long orders take from status to status, where they wait, which ways they go, which are stuck."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import (
    control_figures,
    downloads,
    flow_figures,
    improvement_rates,
    navigation,
    queries,
    segments,
    widgets,
)
from dashboard.i18n import _, format_number, format_percent, ngettext
from dashboard.words import word
from data.vocabulary import STATUSES

SHOWN = 12
ARRIVED = ("delivered", "invoiced", "closed", "returned", "cancelled")
"""What comes after these is book-keeping, and no wait of the customer's, unless the delivery does."""
RARE = 0.01
"""A move that fewer of the orders make is not drawn in the picture of the flow."""


def days_text(days: float | None) -> str:
    """Return a duration: ``3.5 h``, ``2.1 days``."""
    if days is None or pd.isna(days):
        return "–"
    if days < 2:
        return _("{count} h").format(count=format_number(days * 24, 1))
    return _("{count} days").format(count=format_number(days, 1))


def choose_channel() -> str:
    """Draw the control for the channel; return it, empty for all."""
    names = ["", *(str(name) for name in queries.fetch("flow_channels").get("channel", []))]
    chosen = st.selectbox(
        _("Channel"), names, key="flow_channel", width=240, label_visibility="collapsed",
        format_func=lambda name: segments.value_text("channel", name) if name else _("All channels"),
    )  # fmt: skip
    return str(chosen or "")


def steps(channel: str) -> None:
    """Draw the flow and where the time goes."""
    frame = queries.fetch("flow_steps_of", channel=channel)
    if len(frame):
        frame = frame[~frame["from_status"].isin(ARRIVED) | frame["to_status"].eq("delivered")]
    recent = frame[frame["is_recent"].astype(bool)] if len(frame) else frame
    if recent.empty:
        st.caption(_("No order moved in the last 13 weeks."))
        return
    recent = recent.assign(share=recent["total_days"] / recent["total_days"].sum())
    top = recent.sort_values("total_days", ascending=False).iloc[0]
    title = _("{share} of the time passes between {start} and {end}").format(
        share=format_percent(top["share"]), start=word(top["from_status"]), end=word(top["to_status"])
    )
    left, right = st.columns(2)
    with (
        left,
        widgets.card(title, _("Half of the orders take no longer than the bar, nine in ten no longer than the mark.")),
    ):
        _durations(recent, frame, title)
    with right, widgets.card(_flow_title(recent), _("Arrows as wide as orders are many; the last 13 weeks.")):
        drawn = recent[recent["order_count"].ge(RARE * recent["order_count"].max())]
        order = [status for status in STATUSES if status in {*drawn["from_status"], *drawn["to_status"]}]
        texts = [
            _("{start} → {end}: {count} orders, half within {time}").format(
                start=word(row["from_status"]), end=word(row["to_status"]), count=format_number(row["order_count"]),
                time=days_text(row["median_days"]),
            )
            for row in drawn.to_dict("records")
        ]  # fmt: skip
        figure = flow_figures.flow(drawn, order, [word(status) for status in order], texts)
        widgets.chart(figure, f"flow_{channel}", _flow_title(recent), 380)


def _durations(recent: pd.DataFrame, frame: pd.DataFrame, title: str) -> None:
    shown = recent.sort_values("total_days", ascending=False).head(SHOWN)
    before = frame[~frame["is_recent"].astype(bool)].set_index(["from_status", "to_status"])["median_days"]
    names, texts = [], []
    for row in shown.to_dict("records"):
        name = f"{word(row['from_status'])} → {word(row['to_status'])}"
        was = before.get((row["from_status"], row["to_status"]))
        names.append(name)
        texts.append(
            _("{step}: half within {middle}, nine in ten within {late}, {count} orders; before: {was}").format(
                step=name, middle=days_text(row["median_days"]), late=days_text(row["late_days"]),
                count=format_number(row["order_count"]), was=days_text(was),
            )
        )  # fmt: skip
    figure = control_figures.durations(
        names,
        shown["median_days"].tolist(),
        shown["late_days"].tolist(),
        texts,
        (_("Median, days"), _("Slowest tenth, days")),
    )
    widgets.chart(figure, "flow_durations", title, 380)


def _flow_title(recent: pd.DataFrame) -> str:
    entered = recent[recent["from_status"].eq("new")]["order_count"].sum()
    back = recent[recent["to_status"].isin(["on_hold", "backordered", "returned"])]["order_count"].sum()
    if not entered:
        return _("How orders move from status to status")
    return _("{share} of the orders leave the straight way").format(share=format_percent(back / entered, 1))


def waiting(channel: str) -> None:
    """List where orders stand now and which are stuck; the one picked is opened in the queue."""
    currency = improvement_rates.currency()
    frame = queries.fetch("flow_waiting", channel=channel, currency=currency)
    stuck = queries.fetch("flow_stuck", channel=channel)
    count = int(frame["stuck_count"].sum()) if len(frame) else 0
    title = stuck_title(count)
    with widgets.card(title, _("Longer in a status than 99 of 100 orders of the same channel.")):
        left, right = st.columns([2, 5])
        with left:
            shown = frame.assign(
                status=[word(status) for status in frame["status"]],
                median=[days_text(days) for days in frame["median_days"]],
            )
            columns = {
                "status": widgets.column(_("Stands in")),
                "order_count": widgets.column(_("Orders"), "whole"),
                "stuck_count": widgets.column(_("Stuck"), "whole"),
                "median": widgets.column(_("Half since")),
            }
            widgets.table(shown, columns, _("Where orders stand now"), max_height=420)
        with right:
            _stuck_orders(stuck)


def stuck_title(count: int) -> str:
    """Say how many orders are stuck."""
    return ngettext("{count} order is stuck now", "{count} orders are stuck now", count)


def _stuck_orders(stuck: pd.DataFrame) -> None:
    if stuck.empty:
        st.caption(_("Every open order moves as usual."))
        return
    shown = stuck.assign(
        status=[word(status) for status in stuck["status"]],
        waited=stuck["dwell_days"].round(1),
        usual=stuck["usual_days"].round(1),
        times=np.round(stuck["dwell_days"] / stuck["usual_days"].clip(lower=0.05)),
    )
    columns = {
        "order_id": widgets.column(_("Order")),
        "customer_name": widgets.column(_("Customer"), width="medium"),
        "status": widgets.column(_("Stands in")),
        "since_at": widgets.column(_("Since"), "time"),
        "waited": widgets.column(_("Days"), "rate"),
        "usual": widgets.column(_("Usual days"), "rate"),
        "promised_at": widgets.column(_("Promised"), "day"),
        "order_value": widgets.column(_("Value"), "whole"),
        "currency": widgets.column(_("Currency")),
    }
    event = widgets.table(
        shown, columns, _("Stuck orders"), max_height=420, on_select="rerun", selection_mode="single-row", key="stuck"
    )
    picked = event.selection.rows if event else []
    with st.container(horizontal=True):
        if st.button(_("Open in the queue"), key="stuck_open", icon=":material/open_in_new:", disabled=not picked):
            order = str(stuck["order_id"].iloc[picked[0]])
            parameters: dict[str, Any] = {"status": "all", "score": "0", "q": order}
            st.switch_page(navigation.PAGES_FOLDER / "exceptions.py", query_params=parameters)
        downloads.buttons(shown, "stuck_orders")


def ways() -> None:
    """List the ways that orders go through their statuses."""
    frame = queries.fetch("flow_variants_found")
    if frame.empty:
        return
    usual = format_percent(frame["share"].iloc[0])
    title = _("{count} ways through the statuses; {share} of the orders take the usual one").format(
        count=format_number(len(frame)), share=usual
    )
    with widgets.card(title, _("Orders that have arrived, were invoiced, closed or returned.")):
        shown = pd.DataFrame(
            {
                "way": [" → ".join(word(status) for status in way.split(" > ")) for way in frame["way"]],
                "order_count": frame["order_count"],
                "share": frame["share"],
                "middle": [days_text(days) for days in frame["median_days"]],
                "late": [days_text(days) for days in frame["late_days"]],
                "example": frame["example"],
            }
        )
        columns = {
            "way": widgets.column(_("Route"), width=560),
            "order_count": widgets.column(_("Orders"), "whole"),
            "share": widgets.column(_("Share"), "share", width=150),
            "middle": widgets.column(_("Half within")),
            "late": widgets.column(_("Nine in ten within")),
            "example": widgets.column(_("Example")),
        }
        widgets.table(shown, columns, title, max_height=420)
        downloads.buttons(shown, "flow_variants")
