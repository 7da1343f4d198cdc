"""The story of one short line: from the plan to the shortage, the rows behind every step, and what the planner says."""

from datetime import timedelta
from textwrap import wrap
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import live_causes, queries, session, supply_charts, widgets
from dashboard.charts import ALARM, OWN
from dashboard.i18n import N_, _, format_day, format_list, format_number, format_percent, is_missing
from dashboard.widgets import plain
from dashboard.words import cause_title, reason, word
from dashboard.workspace import current
from data.casebook.plans import Decision
from data.vocabulary import SHORTAGE_CAUSES

STEPS: tuple[tuple[str, int, str, str], ...] = (
    ("position", 0, N_("In stock and on order"), "purchases"),
    ("forecast", -1, N_("Forecast demand"), "forecasts"),
    ("persistent", -1, N_("Forecast too low"), "forecasts"),
    ("outsized", -1, N_("Outsized demand"), "orders"),
    ("ordinary", -1, N_("Ordinary variation"), "orders"),
    ("unasked", 1, N_("Demand below forecast"), "orders"),
    ("late", -1, N_("Late receipts"), "purchases"),
    ("slightly_late", -1, N_("Slightly late"), "purchases"),
    ("overdue_lead", -1, N_("Lead time too long"), "purchases"),
    ("written_off", -1, N_("Written off"), "counts"),
    ("early", 1, N_("Ordered since, received"), "purchases"),
    ("unexplained", 1, N_("Not explained"), "orders"),
    ("net", 0, N_("Stock less what is owed"), "orders"),
    ("phantom", -1, N_("Not on the shelf"), "counts"),
    ("within_reach", -1, N_("Went elsewhere"), "orders"),
)
"""The bars: column, sign (0 for a total), title, and the rows behind it."""

ROWS = {
    "orders": N_("Orders"),
    "purchases": N_("Purchase orders"),
    "counts": N_("Stock counts"),
    "forecasts": N_("Forecast versions"),
}
LEAST = 0.5
"""Steps of fewer units are left out."""

WRAP = 11


def show(order_id: str, line_no: int) -> None:
    """Draw the story of one short line."""
    found = queries.fetch("story", order_id=order_id, line_no=line_no)
    if found.empty:
        return
    row = found.iloc[0]
    with st.container(border=True):
        _head(row)
        left, right = st.columns([3, 2], gap="medium")
        with left:
            kind = _waterfall(row)
        with right:
            _verdict(row)
        _curve(row)
        _rows(row, kind)


def _head(row: pd.Series) -> None:
    parts = [
        row["order_id"],
        _("line {number}").format(number=int(row["line_no"])),
        row["product_name"],
        row["customer_name"],
    ]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(cause_title(row["cause"], "stock_shortage"), color="orange")
        st.badge(word(row["certainty"]), color="green" if row["certainty"] == "clear" else "gray")
        if row["is_provisional"]:
            told = _("Judged again when four weeks of later demand are known.")
            st.badge(_("Provisional"), color="gray", help=told)
        st.markdown(f"**{plain(' · '.join(str(part) for part in parts if not is_missing(part)))}**")
    live_causes.beside(row)
    st.markdown(f"#### {plain(reason({**row.to_dict(), 'variant': row['told_variant']}))}")


def steps(row: pd.Series) -> list[tuple[str, float, bool, str]]:
    """Return the bars of the bridge that are not zero: title, units, whether it is a total, and the rows behind it.

    They add up: every total is the level that the steps before it lead to.
    """
    values = {name: 0.0 if is_missing(value) else float(value) for name, value in row.items() if _is_figure(value)}
    beyond = values["demand"] - values["forecast"]
    values["unasked"] = max(-beyond, 0.0)
    values["unexplained"] = values.get("residual", 0.0)
    values["phantom"] = max(values["record_error"] - max(values["written_off"], 0.0), 0.0)
    shown, level = [], 0.0
    for name, sign, title, kind in STEPS:
        if sign == 0:
            level = values["position"] if name == "position" else level
            shown.append((_(title), level, True, kind))
        elif abs(values[name]) >= LEAST:
            level += sign * values[name]
            shown.append((_(title), sign * values[name], False, kind))
    return shown


def _is_figure(value: Any) -> bool:
    return is_missing(value) or (isinstance(value, int | float) and not isinstance(value, bool))


def _waterfall(row: pd.Series) -> str:
    """Draw the bridge; return which rows the clicked bar rests on."""
    days = format_number(row["protection_days"])
    if is_missing(row["position"]):
        told = _("Stock at the time to order is not known, so that the way to the shortage can't be drawn.")
        st.info(told, icon=":material/help:")
        return "orders"
    bars = steps(row)
    begun = format_day(row["decided_at"])
    st.markdown(
        f"**{_('From the position on {date} to the shortage {days} days later').format(date=begun, days=days)}**",
        help=_(
            "The last day on which an order placed with the planned lead time still came in time. "
            "Click a bar for its rows."
        ),
    )
    names, values, totals, kinds = (list(part) for part in zip(*bars, strict=True))
    texts = [
        f"{'−' if value < 0 else '' if total else '+'}{format_number(abs(value))}"
        for value, total in zip(values, totals, strict=True)
    ]
    drawn = supply_charts.bridge(_broken(names), values, texts, totals, _("Units"))
    key = f"bridge_{row['order_id']}_{row['line_no']}"
    event = widgets.chart(drawn, key=key, alt=_("The way to the shortage"), height=330, is_clickable=True)
    clicked = widgets.clicked_bar(event, kinds)
    residual = row["residual"]
    if not is_missing(residual) and abs(residual) >= 1:
        st.caption(
            _("{units} units are not explained by the records: a measure of their quality.").format(
                units=format_number(abs(residual))
            )
        )
    return clicked or _usual_rows(str(row["cause"]))


def _usual_rows(cause: str) -> str:
    kinds = {"under_forecast": "forecasts", "late_supplier": "purchases", "stock_record_error": "counts"}
    return kinds.get(cause, "purchases" if cause == "reorder_policy" else "orders")


def _broken(names: list[str]) -> list[str]:
    """Break long titles so that they stand under narrow bars."""
    return ["<br>".join(wrap(name, WRAP, break_long_words=False)) for name in names]


def _verdict(row: pd.Series) -> None:
    """Show the shares, and let a planner confirm or override the cause."""
    shares = queries.fetch("short_lines")
    own = shares[shares["order_id"].eq(row["order_id"]) & shares["line_no"].eq(row["line_no"])].iloc[0]
    missing = [name for name in str(row["not_judged"] or "").split(",") if name]
    told = {}
    for cause in (*SHORTAGE_CAUSES, "unknown"):
        title = cause_title(cause, "stock_shortage")
        told[title] = _("Can't be judged") if cause in missing else _share(own[f"share_{cause}"])
    st.table(told, border="horizontal", alt=_("Shares of the causes"))
    if missing:
        names = format_list([cause_title(name) for name in missing])
        st.caption(_("Can't be judged, because tables are missing: {causes}").format(causes=names))
    said = current().casebook.plans.current("cause")
    mine = said[said["order_id"].eq(row["order_id"]) & said["line_no"].eq(row["line_no"])]
    if len(mine):
        last = mine.iloc[-1]
        cause = cause_title(last["choice"], "stock_shortage")
        note = f": {last['note']}" if last["note"] else ""
        st.caption(f":material/person: {plain(_('{name} says: {cause}').format(name=last['by'], cause=cause) + note)}")
        if session.may("plan.undo"):
            undo = session.safely(lambda: _undo(int(last["decision_id"])))
            st.button(_("Take back"), key="cause_undo", on_click=undo, icon=":material/undo:")
    if session.may("plan.cause"):
        _ask(row)


def _share(value: float) -> str:
    return format_percent(abs(round(float(value), 4)))


def _ask(row: pd.Series) -> None:
    key = f"{row['order_id']}_{row['line_no']}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            _("The cause is"),
            [*SHORTAGE_CAUSES, "unknown"],
            index=[*SHORTAGE_CAUSES, "unknown"].index(row["cause"]),
            format_func=lambda name: cause_title(name, "stock_shortage"),
            key=f"cause_{key}",
        )
        st.text_input(_("Note"), key=f"note_{key}", max_chars=2000)
        is_same = st.session_state[f"cause_{key}"] == row["cause"]
        label = _("Confirm the cause") if is_same else _("Save another cause")
        decide = session.safely(lambda: _decide(row, key))
        st.button(label, key=f"decide_{key}", type="primary", on_click=decide, icon=":material/check:")


def _decide(row: pd.Series, key: str) -> None:
    decision = Decision(
        str(row["product_id"]),
        st.session_state[f"cause_{key}"],
        str(row["order_id"]),
        int(row["line_no"]),
        proposed={"cause": row["cause"], "certainty": row["certainty"]},
        note=st.session_state.get(f"note_{key}", ""),
    )
    current().casebook.plans.decide(session.actor(), "cause", [decision])
    st.toast(_("Saved."))


def _undo(decision_id: int) -> None:
    current().casebook.plans.undo(session.actor(), decision_id)
    st.toast(_("Taken back."))


def _window(row: pd.Series) -> dict[str, Any]:
    return {"product_id": row["product_id"], "start": row["decided_at"], "until": row["short_at"]}


def _curve(row: pd.Series) -> None:
    """Draw stock as it was against stock as it was planned on the day of the decision."""
    days = queries.fetch("story_stock", **_window(row))
    if days.empty or days["on_hand"].notna().sum() == 0:
        return
    begun = pd.Timestamp(row["decided_at"]).normalize()
    after = days["day"] >= begun
    daily = float(row["forecast"]) / max(float(row["protection_days"]), 1.0)
    start = row["on_hand_then"]
    receipts = days["promised"].fillna(0).where(days["day"] > begun, 0).cumsum()
    passed = (days["day"] - begun).dt.days
    planned = (
        float(start) + receipts - daily * passed if not is_missing(start) else pd.Series(float("nan"), index=days.index)
    )
    horizon = begun + timedelta(days=float(row["protection_days"]) + 7)
    days["planned"] = planned.where(after & (days["day"] <= horizon))
    title = _("The plan expected {planned} units on the day of the shortage").format(
        planned=format_number(max(_on(days, "planned", row["short_at"]), 0))
    )
    st.markdown(f"**{title}**")
    marks = [(begun, _("Time to order"), OWN), (row["short_at"], _("Short"), ALARM)]
    drawn = supply_charts.planned_stock(
        days, marks, (_("Stock"), _("Stock as planned"), _("Units ordered")), _("Units")
    )
    widgets.chart(drawn, key=f"curve_{row['order_id']}_{row['line_no']}", alt=title, height=260)


def _on(days: pd.DataFrame, column: str, moment: Any) -> float:
    at = days.loc[days["day"] == pd.Timestamp(moment).normalize(), column].dropna()
    return float(at.iloc[0]) if len(at) else 0.0


def _rows(row: pd.Series, kind: str) -> None:
    """Show the rows behind a step: orders, purchase orders, counts, or versions of the forecast."""
    key = f"rows_{row['order_id']}_{row['line_no']}_{kind}"
    chosen = st.segmented_control(
        _("Rows behind"),
        list(ROWS),
        default=kind,
        format_func=lambda name: _(ROWS[name]),
        key=key,
        required=True,
    )
    frame = queries.fetch(f"story_{chosen or kind}", **_window(row))
    if frame.empty:
        st.caption(_("There are none in this time."))
        return
    columns = {
        "order_id": widgets.column(_("Order")),
        "line_no": widgets.column(_("Line"), "whole", width=50),
        "po_id": widgets.column(_("PO number")),
        "supplier_id": widgets.column(_("Supplier")),
        "customer_name": widgets.column(_("Customer"), width="medium"),
        "period_start": widgets.column(_("Week of"), "day"),
        "period_days": widgets.column(_("Days"), "whole", width=60),
        "made_at": widgets.column(_("Made on"), "day"),
        "counted_at": widgets.column(_("Counted"), "day"),
        "warehouse_id": widgets.column(_("Warehouse")),
        "recorded": widgets.column(_("In the book"), "whole"),
        "counted": widgets.column(_("On the shelf"), "whole"),
        "difference": widgets.column(_("Difference"), "whole"),
        "ordered_at": widgets.column(_("Ordered"), "day"),
        "quantity": widgets.column(_("Quantity"), "number"),
        "promised_at": widgets.column(_("Promised"), "day"),
        "received_at": widgets.column(_("Received"), "day"),
        "received_quantity": widgets.column(_("Units received"), "number"),
        "late_days": widgets.column(_("Days late"), "whole"),
        "shipped_quantity": widgets.column(_("Shipped"), "number"),
    }
    widgets.table(frame, columns, _(ROWS[chosen or kind]), max_height=300)
