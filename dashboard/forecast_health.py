"""How forecasts hold: class, bias, tracking signal, and what the company's forecast adds to the naive one and ours."""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import by_warehouse, downloads, queries, supply_charts, widgets
from dashboard.i18n import _, format_percent, is_missing, ngettext
from dashboard.widgets import plain
from dashboard.words import word

ALARM_SIGNAL = 4.0
"""A tracking signal beyond this, either way, is no chance any more."""

SLOW = ("intermittent", "lumpy")


def show() -> None:
    """Show tiles, the products, and the chosen product's demand with each forecast of it."""
    frame = _of_warehouse(queries.fetch("demand_health"))
    if frame.empty:
        widgets.empty(_("There is too little demand to judge forecasts."), _("Nothing to tell"))
        return
    has_own = bool(frame["wape_own"].notna().any())
    which = "own" if has_own else "ours"
    _tiles(frame, which)
    st.caption(
        _(
            "Each forecast is judged as it stood one lead time before the week, over the last 26 weeks. "
            "One order far beyond a product's usual ones is left out. For slow products look at the bias: there a "
            "forecast of nothing has a small error, too."
        )
    )
    chosen = _table(frame, which)
    if chosen is not None:
        _course(chosen, has_own)


def _of_warehouse(pooled: pd.DataFrame) -> pd.DataFrame:
    """Return how forecasts held over all warehouses, or in the one that is chosen."""
    parts = by_warehouse.split("demand_health", "place_health")
    names = sorted(parts["warehouse_id"].dropna().unique()) if "warehouse_id" in parts else []
    if len(names) < 2:
        return pooled
    where = st.selectbox(
        _("Warehouse"), names, index=None, placeholder=_("All warehouses"), key="health_warehouse", width=320
    )
    return pooled if where is None else parts[parts["warehouse_id"].eq(where)].reset_index(drop=True)


def _tiles(frame: pd.DataFrame, which: str) -> None:
    weight = frame["weekly_demand"]

    def mean(column: str) -> float:
        known = frame[column].notna() & ~frame["demand_class"].isin(SLOW)
        total = weight[known].sum()
        return float((frame[column] * weight)[known].sum() / total) if total > 0 else float("nan")

    names = {"own": _("Company forecast"), "ours": _("Our forecast"), "naive": _("Last week again")}
    with st.container(horizontal=True, gap="small"):
        for name in ("own", "ours", "naive"):
            error = mean(f"wape_{name}")
            if error == error:
                told = _("Absolute error over demand, products with steady demand, weighted by demand.")
                st.metric(
                    _("Error: {forecast}").format(forecast=names[name]), format_percent(error), border=True, help=told
                )
        bias = mean(f"bias_{which}")
        if bias == bias:
            told = _("Above zero the forecast is too high.")
            st.metric(_("Bias"), f"{bias:+.0%}", border=True, help=told)
        off = frame[f"signal_{which}"].abs().gt(ALARM_SIGNAL).sum()
        label = ngettext("{count} product", "{count} products", int(off))
        st.metric(_("Off for good"), label, border=True, help=_("Tracking signal beyond 4 either way."))
        better = frame["value_added"].gt(0)[frame["value_added"].notna()].mean()
        if better == better:
            told = _("Products whose forecast beats repeating the last week.")
            st.metric(_("Adds value"), format_percent(better), border=True, help=told)
        kept = frame["achieved"].mean()
        if kept == kept:
            told = _("How often stock for 95 % service would have lasted its lead time, in the past.")
            st.metric(_("95 % service achieved"), format_percent(kept), border=True, help=told)


def worst_first(frame: pd.DataFrame, which: str) -> pd.DataFrame:
    """Return what is off for good by the units a week that it is off, then the rest by its signal.

    So what hardly anybody asks for any more does not stand first; products too new to judge come last.
    """
    signal = frame[f"signal_{which}"].abs()
    units = (frame[f"bias_{which}"] * frame["weekly_demand"]).abs()
    ranks = pd.DataFrame({"off": signal.gt(ALARM_SIGNAL), "units": units.where(signal.gt(ALARM_SIGNAL)), "by": signal})
    order = ranks.sort_values(["off", "units", "by"], ascending=False, kind="stable").index
    return frame.loc[order].reset_index(drop=True)


def _table(frame: pd.DataFrame, which: str) -> pd.Series | None:
    frame = worst_first(frame, which)
    shown = frame.assign(
        kind=[word(name) for name in frame["demand_class"]],
        weekly_demand=frame["weekly_demand"].round(1),
        signal=frame[f"signal_{which}"].round(1),
        bias=frame[f"bias_{which}"].round(2),
        **{name: frame[name].round(2) for name in ("wape_own", "wape_ours", "wape_naive", "value_added")},
    )
    off = frame[f"signal_{which}"].abs().gt(ALARM_SIGNAL).sum()
    told = ngettext("{count} forecast is off for good", "{count} forecasts are off for good", int(off))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{told}**")
        downloads.buttons(frame, "forecast_health")
    columns = {
        "product_id": widgets.column(_("Product"), width=80),
        "product_name": widgets.column(_("Name"), width=140),
        "kind": widgets.column(_("Demand"), width=80),
        "weekly_demand": widgets.column(_("Demand a week"), "number", width=98),
        "signal": widgets.column(_("Tracking signal"), "number", width=100),
        "bias": widgets.column(_("Bias"), "percent", width=62),
        "wape_own": widgets.column(_("Error: company"), "percent", width=102),
        "wape_ours": widgets.column(_("Error: ours"), "percent", width=80),
        "wape_naive": widgets.column(_("Error: last week"), "percent", width=106),
        "value_added": widgets.column(_("Value added"), "percent", width=85),
        "lag_weeks": widgets.column(_("Weeks ahead"), "whole", width=88),
        "short_count": widgets.column(_("Short lines"), "whole", width=76),
    }
    columns = {name: made for name, made in columns.items() if name != "wape_own" or which == "own"}
    event: Any = widgets.table(
        shown,
        columns,
        _("How the forecasts of each product have held"),
        max_height=360,
        key=f"health_table_{queries.version()}",
        on_select="rerun",
        selection_mode="single-row-required",
    )
    rows = event["selection"]["rows"]
    return frame.iloc[rows[0]] if rows and rows[0] < len(frame) else None


def _course(row: pd.Series, has_own: bool) -> None:
    course, where = pd.DataFrame(), row.get("warehouse_id")
    if not is_missing(where) and by_warehouse.are_told_apart():
        course = queries.fetch("place_course", product_id=row["product_id"], warehouse_id=str(where))
    if course.empty:
        course = queries.fetch("demand_course", product_id=row["product_id"])
    if course.empty:
        return
    names = {"demand": _("Demand"), "short": _("Demand, with lines short"), "ours": _("Our forecast")}
    names |= {"theirs": _("Company forecast")} if has_own else {}
    names |= {"naive": _("Last week again")}
    weeks = ngettext("{count} week ahead", "{count} weeks ahead", int(row["lag_weeks"]))
    name = row["product_name"] if is_missing(where) else f"{row['product_name']} · {where}"
    title = f"{name}: {_('demand and what was forecast of it')}, {weeks}"
    st.markdown(f"**{plain(title)}**")
    drawn = supply_charts.forecasts(course, names, _("Units a week"))
    widgets.chart(drawn, key=f"course_{row['product_id']}", alt=title, height=300)
