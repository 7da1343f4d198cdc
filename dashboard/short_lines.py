"""Lines that were short: how much, why over time, and one line's story on demand."""

import json
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import by_warehouse, charts, downloads, live_causes, queries, short_story, widgets
from dashboard.i18n import _, format_money, format_number, format_percent, is_missing, ngettext
from dashboard.widgets import plain
from dashboard.words import cause_title, reason, word
from dashboard.workspace import current
from data.vocabulary import SHORTAGE_CAUSES

CAUSES = (*SHORTAGE_CAUSES, "unknown")
COLOURS = dict(zip(CAUSES, [*charts.PALETTE[: len(SHORTAGE_CAUSES)], charts.QUIET], strict=True))
KEY = ["order_id", "line_no"]


def show() -> None:
    """Show tiles, the mix of causes over time, the lines, and the story of the one chosen."""
    frame = queries.fetch("short_lines")
    if frame.empty:
        widgets.empty(_("No order line was short, or the source has no stock levels."), _("No shortages"))
        return
    said = current().casebook.plans.current("cause")
    _tiles(said)
    _mix()
    chosen = _table(frame, said)
    if chosen is not None:
        short_story.show(*chosen)


def _tiles(said: pd.DataFrame) -> None:
    totals, runs = queries.fetch("short_totals"), queries.fetch("out_runs")
    row = totals.iloc[0]
    with st.container(horizontal=True, gap="small"):
        st.metric(_("Short lines"), format_number(row["short_count"]), border=True)
        st.metric(_("Units short"), format_number(row["short_units"]), border=True)
        currency = row["currency"] if row["currency_count"] == 1 else None
        st.metric(_("Value short"), plain(format_money(row["short_value"], currency, is_compact=True)), border=True)
        if row["finished_count"] > 0:
            rate = format_percent(1 - row["short_count"] / row["finished_count"], 1)
            st.metric(_("Line fill rate"), rate, border=True, help=_("Lines that were not short, of all that left."))
        if not is_missing(row["otif"]):
            told = _("On time, in full: orders that left whole and arrived by the promised day.")
            st.metric(_("OTIF"), format_percent(row["otif"], 1), border=True, help=told)
        if len(runs) and not is_missing(runs["longest_days"].iloc[0]):
            out = runs.iloc[0]
            st.metric(_("Products out now"), format_number(out["out_now"]), border=True)
            told = _("{name} was without stock for the longest.").format(name=plain(str(out["longest_name"])))
            days = ngettext("{count} day", "{count} days", int(out["longest_days"]))
            st.metric(_("Longest without stock"), days, border=True, help=told)
        live_causes.tile()
        if len(said):
            st.metric(_("Planners agree"), format_percent(agreement(said)), border=True, help=_judged(len(said)))


def _judged(count: int) -> str:
    return ngettext("Of {count} cause that a planner judged.", "Of {count} causes that planners judged.", count)


def agreement(said: pd.DataFrame) -> float:
    """Return the share of judged causes in which the planner said what was proposed."""
    proposed = said["proposed"].map(json.loads).map(lambda given: given.get("cause"))
    return float((proposed == said["choice"]).mean())


def _mix() -> None:
    """Draw the causes by month, in units or in money; the title says the largest."""
    months = queries.fetch("cause_months")
    if months.empty:
        return
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            by = st.session_state.get("mix_by") or "units"
            totals = months.groupby("kind")[by].sum().sort_values(ascending=False)
            share = format_percent(totals.iloc[0] / max(totals.sum(), 1e-9))
            what = (
                _("{cause}: {share} of the units short") if by == "units" else _("{cause}: {share} of the value short")
            )
            title = what.format(cause=cause_title(str(totals.index[0]), "stock_shortage"), share=share)
            st.markdown(f"**{title}**", help=_("Each short line is shared out among its causes."))
            names = {"units": _("Units"), "money": _("Value")}
            st.segmented_control(
                _("Measure"),
                list(names),
                default="units",
                format_func=lambda name: names[name],
                key="mix_by",
                required=True,
                label_visibility="collapsed",
            )
        shown = pd.date_range(months["week"].min(), months["week"].max(), freq="MS")[-24:]
        titles = {name: cause_title(name, "stock_shortage") for name in CAUSES if name in totals.index}
        drawn = charts.stacked_weeks(
            months.rename(columns={by: "rate"}),
            list(shown),
            titles,
            COLOURS,
            [f"{month:%Y-%m}" for month in shown],
            _("Units short a month") if by == "units" else _("Value short a month"),
        )
        widgets.chart(drawn, key=f"cause_mix_{by}", alt=title, height=280)


def _filtered(frame: pd.DataFrame) -> pd.DataFrame:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        present = [name for name in CAUSES if frame["cause"].eq(name).any()]
        st.multiselect(
            _("Main cause"),
            present,
            format_func=lambda name: cause_title(name, "stock_shortage"),
            key="short_causes",
            placeholder=_("All causes"),
        )
        suppliers = sorted(frame["supplier_id"].dropna().unique())
        if suppliers:
            st.multiselect(_("Supplier"), suppliers, key="short_suppliers", placeholder=_("All suppliers"))
        shown = by_warehouse.chosen(frame, "short_warehouses")
        st.text_input(
            _("Product, order or customer"), key="short_text", placeholder=_("Search"), icon=":material/search:"
        )
    if causes := st.session_state.get("short_causes"):
        shown = shown[shown["cause"].isin(causes)]
    if chosen := st.session_state.get("short_suppliers"):
        shown = shown[shown["supplier_id"].isin(chosen)]
    if text := (st.session_state.get("short_text") or "").strip().casefold():
        columns = ["product_name", "product_id", "order_id", "customer_name"]
        hit = [shown[name].fillna("").str.casefold().str.contains(text, regex=False) for name in columns]
        shown = shown[pd.concat(hit, axis=1).any(axis=1)]
    return shown.reset_index(drop=True)


def _table(frame: pd.DataFrame, said: pd.DataFrame) -> tuple[str, int] | None:
    """List the lines; return the one that was clicked, else the one that the address names."""
    shown = _filtered(live_causes.with_live(frame))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{ngettext('{count} short line', '{count} short lines', len(shown))}**")
        downloads.buttons(shown.drop(columns=["evidence", "source", "variant"]), "stockouts")
        st.caption(_("Choose a line to see its story."))
    judged = said.set_index(KEY)["choice"] if len(said) else pd.Series(dtype=object)
    told = shown.assign(
        why=[cause_title(cause, "stock_shortage") for cause in shown["cause"]],
        share=pd.Series([row.get(f"share_{row['cause']}") for row in shown.to_dict("records")], dtype="float64")
        .clip(0, 1)
        .round(2),
        said=pd.Series([_said(judged, key) for key in _keys(shown)], dtype="object"),
        sure=[word(name) + (_(" (provisional)") if late else "") for name, late in _sure(shown)],
        sentence=[reason(row) for row in shown.to_dict("records")],
    )
    columns = {
        "ordered_at": widgets.column(_("Ordered"), "day", width=90),
        "order_id": widgets.column(_("Order"), width=84),
        "line_no": widgets.column(_("Line"), "whole", width=45),
        "product_name": widgets.column(_("Product"), width=135),
        "warehouse_id": widgets.column(_("Warehouse"), width=90),
        "customer_name": widgets.column(_("Customer"), width=120),
        "short_quantity": widgets.column(_("Units short"), "number", width=74),
        "impact": widgets.column(_("Value short"), "whole", width=76),
        "why": widgets.column(_("Main cause"), width=112),
        "share": widgets.column(_("Its share"), "share", width=80),
        "sure": widgets.column(_("Certainty"), width=122),
        "live": widgets.column(_("Told at the time"), width=112),
        "said": widgets.column(_("Planner says"), width=90),
        "sentence": widgets.column(_("Evidence"), width="large"),
    }
    key = f"short_table_{queries.version()}_{len(shown)}_{hash(tuple(_keys(shown)[:50]))}"
    event: Any = widgets.table(
        told,
        columns,
        _("Order lines that were short"),
        max_height=400,
        key=key,
        on_select="rerun",
        selection_mode="single-row-required" if len(shown) else "single-row",
    )
    rows = event["selection"]["rows"]
    if not rows or rows[0] >= len(shown):
        return None
    row = shown.iloc[rows[0]]
    return str(row["order_id"]), int(row["line_no"])


def _said(judged: "pd.Series[str]", key: tuple[str, int]) -> str | None:
    return cause_title(judged.get(key), "stock_shortage") if key in judged.index else None


def _keys(frame: pd.DataFrame) -> list[tuple[str, int]]:
    return [(str(order), int(line)) for order, line in zip(frame["order_id"], frame["line_no"], strict=True)]


def _sure(frame: pd.DataFrame) -> list[tuple[str, bool]]:
    return list(zip(frame["certainty"], frame["is_provisional"].fillna(False).astype(bool), strict=True))
