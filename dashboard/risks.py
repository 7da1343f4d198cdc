"""What runs out next: when, until when, how likely, today and one lead time ahead."""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import by_warehouse, downloads, queries, supply_charts, widgets
from dashboard.charts import ALARM, OWN
from dashboard.i18n import _, format_date, format_number, is_missing, ngettext
from dashboard.widgets import plain
from dashboard.words import word

SOON_DAYS = (7, 14, 30)
"""Red, amber and grey: how near the first short day is."""


def show() -> None:
    """List the products by their chance of running out before they can be replenished."""
    frame = _chosen()
    if frame.empty:
        _by_rate()
        return
    likely = frame[frame["probability"].ge(queries.LIKELY)]
    with st.container(horizontal=True, gap="small"):
        for days in SOON_DAYS:
            label = ngettext("Runs out within {count} day", "Runs out within {count} days", days)
            st.metric(label, int((likely["day"] <= days).sum()), border=True)
        st.metric(_("Out or owed today"), int(frame["status_today"].eq("out").sum()), border=True)
        st.metric(_("Out one lead time ahead"), int(frame["status_ahead"].eq("out").sum()), border=True)
    told = ngettext(
        "{count} product is likely to run out within its lead time",
        "{count} products are likely to run out within their lead time",
        likely["product_id"].nunique(),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{told}**")
        only = st.toggle(_("Only what is likely to run out"), value=bool(len(likely)), key="risks_only")
        downloads.buttons(frame, "stock_risks")
    chosen = _table(likely if only else frame)
    if chosen is not None:
        _course(chosen)


def _chosen() -> pd.DataFrame:
    """Return the risks of the chosen warehouses, each by itself unless all are to be seen as one."""
    if not by_warehouse.are_told_apart():
        return by_warehouse.chosen(by_warehouse.split("risks", "place_risks"), "risk_warehouses")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        told = _("As if stock could be sent from any warehouse at once.")
        if st.toggle(_("All warehouses as one"), key="risks_as_one", help=told):
            return queries.fetch("risks")
        found = by_warehouse.chosen(by_warehouse.split("risks", "place_risks"), "risk_warehouses")
    found = found.sort_values(["probability", "impact"], ascending=False, kind="stable", ignore_index=True)
    return by_warehouse.with_moves(found)


def _table(shown: pd.DataFrame) -> pd.Series | None:
    """List the products; return the one that was clicked, else the first."""
    columns = {
        "product_id": widgets.column(_("Product"), width=80, pinned=True),
        "product_name": widgets.column(_("Name"), width=150),
        "warehouse_id": widgets.column(_("Warehouse"), width=90),
        "probability": widgets.column(_("Chance of running out"), "share", width=140),
        "runs_out_on": widgets.column(_("Runs out"), "day", width=92),
        "ends_on": widgets.column(_("Until"), "day", width=92),
        "short": widgets.column(_("Units short"), "whole", width=85),
        "impact": widgets.column(_("Money at risk"), "whole", width=100),
        "moved": widgets.column(_("Could be moved here"), width=135),
        "po_id": widgets.column(_("Next receipt after"), width=125),
        "gap_days": widgets.column(_("Days without stock"), "whole", width=130),
        "on_hand": widgets.column(_("On hand"), "whole", width=70),
        "owed": widgets.column(_("Owed"), "whole", width=60),
        "days_of_cover": widgets.column(_("Days of cover"), "whole", width=100),
        "daily_demand": widgets.column(_("Demand a day"), "number", width=100),
        "lead_days": widgets.column(_("Lead time (days)"), "whole", width=115),
        "today": widgets.column(_("Today"), width=70),
        "ahead": widgets.column(_("A lead time on"), width=105),
    }
    ready = shown.assign(
        daily_demand=shown["daily_demand"].round(1),
        probability=shown["probability"].round(2),
        today=shown["status_today"].map(word),
        ahead=shown["status_ahead"].map(word),
    ).reset_index(drop=True)
    marked = ready[[name for name in columns if name in ready]].style.apply(_near, axis=1, days=ready["day"])
    event: Any = st.dataframe(
        marked,
        column_config=columns,
        hide_index=True,
        placeholder="–",
        alt=_("Products by their chance of running out"),
        height=min(420, widgets.ROW_HEIGHT * (len(ready) + 1) + 3),
        key=f"risk_table_{queries.version()}_{len(ready)}",
        on_select="rerun",
        selection_mode="single-row-required" if len(ready) else "single-row",
    )
    rows = event["selection"]["rows"]
    return ready.iloc[rows[0]] if rows and rows[0] < len(ready) else None


def _course(row: pd.Series) -> None:
    """Draw the stock to come of one product, with the days that matter."""
    if not queries.can_read("stock_course"):
        return
    course = _stock_to_come(row)
    if course.empty:
        st.caption(_("This product is unlikely to run out within its lead time."))
        return
    within = course[~course["is_beyond_lead"]]
    low = within.iloc[int(within["balance"].to_numpy().argmin())]
    if low["balance"] < 0:
        told = _("{name}: up to {units} units short by {date}, without a new order")
    else:
        told = _("{name}: {units} units left on {date}, without a new order")
    units = format_number(abs(low["balance"]))
    where = row.get("warehouse_id")
    name = row["product_name"] if is_missing(where) else f"{row['product_name']} · {where}"
    title = told.format(name=name, units=units, date=format_date(low["day"]))
    st.markdown(f"**{plain(title)}**")
    beyond = course.loc[course["is_beyond_lead"], "day"]
    marks = [(row["runs_out_on"], _("Runs out"), ALARM)] if row["short"] >= 1 else []
    marks += [(beyond.iloc[0], _("A new order arrives"), OWN)] if len(beyond) else []
    names = (_("Expected stock, less what is owed"), _("Expected receipts"), _("Chance of running out"))
    drawn = supply_charts.stock_to_come(course, marks, names, _("Units"))
    widgets.chart(drawn, key=f"stock_course_{row['product_id']}_{where}", alt=title, height=300)


def _stock_to_come(row: pd.Series) -> pd.DataFrame:
    """Return the stock to come of a product: in the warehouse of its row, where several keep it."""
    found = pd.DataFrame()
    if not is_missing(row.get("warehouse_id")) and by_warehouse.are_told_apart():
        found = queries.fetch("place_stock_course", product_id=row["product_id"], warehouse_id=str(row["warehouse_id"]))
    return queries.fetch("stock_course", product_id=row["product_id"]) if found.empty else found


def _near(row: Any, days: Any) -> list[str]:
    """Shade the day on which a product runs out by how near it is."""
    if row["probability"] < queries.LIKELY:
        return [""] * len(row)
    alpha = {7: "rgba(239, 68, 68, 0.30)", 14: "rgba(245, 158, 11, 0.30)", 30: "rgba(148, 163, 184, 0.20)"}
    colour = next((shade for limit, shade in alpha.items() if days[row.name] <= limit), "")
    return [f"background-color: {colour}" if colour and name == "runs_out_on" else "" for name in row.index]


def _by_rate() -> None:
    """Without stock levels: what should be there for a lead time, and how often a product was short before."""
    frame = queries.fetch("demand_health")
    if frame.empty:
        widgets.empty(_("Stock levels are needed to tell what runs out."), _("Nothing to tell"))
        return
    st.markdown(f"**{_('Stock that each product needs for its lead time, by its own demand')}**")
    st.caption(
        _("Stock levels are not known: this says what should be there at 95 % service, and what was short before.")
    )
    downloads.buttons(frame, "stock_needed")
    columns = {
        "product_id": widgets.column(_("Product")),
        "product_name": widgets.column(_("Name"), width="medium"),
        "weekly_demand": widgets.column(_("Demand a week"), "number"),
        "lead_days": widgets.column(_("Lead time (days)"), "whole"),
        "needed_units": widgets.column(_("Stock needed"), "whole"),
        "short_count": widgets.column(_("Short lines"), "whole"),
    }
    ordered = frame.sort_values(["short_count", "weekly_demand"], ascending=False)
    rounded = ordered.assign(weekly_demand=ordered["weekly_demand"].round(1))
    widgets.table(rounded, columns, _("Stock that each product needs"), max_height=560)
