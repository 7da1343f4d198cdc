"""The history behind an exception as a picture: the case in question among what is usual for product or customer."""

import json
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import charts, queries, widgets
from dashboard.i18n import _, format_number, is_missing

SUPPLY_KINDS = ("stock_shortage", "stockout_risk")
CHART_HEIGHT = 320


def show(row: pd.Series) -> None:
    """Draw what fits the kind: stock, price or quantity of the product, or the customer's orders."""
    views = _views(row)
    if not views:
        st.caption(_("There is no history to compare with."))
        return
    titles = {name: title for name, title, draw in views}
    chosen = views[0][0]
    if len(views) > 1:
        asked = st.segmented_control(
            _("History of"),
            list(titles),
            default=chosen,
            format_func=lambda name: titles.get(name, name),
            key=f"history_{row['exception_id']}",
            required=True,
            label_visibility="collapsed",
        )
        chosen = asked or chosen
    next(draw for name, title, draw in views if name == chosen)(row)


def _views(row: pd.Series) -> list[tuple[str, str, Any]]:
    """Return the pictures that can be drawn, the most telling one for the kind first."""
    views: list[tuple[str, str, Any]] = []
    if not is_missing(row["product_id"]):
        views = [
            ("price", _("Prices of the product"), lambda found: _lines(found, "unit_price")),
            ("quantity", _("Quantities of the product"), lambda found: _lines(found, "quantity")),
            ("stock", _("Stock of the product"), _stock),
        ]
    if not is_missing(row["customer_id"]):
        views.append(("customer", _("Orders of the customer"), _customer))
    first = {"price_error": "price", "quantity_outlier": "quantity"}.get(row["kind"])
    first = "stock" if row["kind"] in SUPPLY_KINDS else first or "customer"
    return sorted(views, key=lambda view: view[0] != first)


def _moment(row: pd.Series) -> pd.Timestamp:
    moment = row["ordered_at"] if not is_missing(row["ordered_at"]) else row["detected_at"]
    return pd.Timestamp(moment)


def _usual(row: pd.Series, names: tuple[str, ...]) -> float | None:
    evidence = json.loads(row["evidence"]) if row["evidence"] else {}
    found = next((evidence[name] for name in names if isinstance(evidence.get(name), int | float)), None)
    return None if found is None else float(found)


def _lines(row: pd.Series, measure: str) -> None:
    """Draw a product's prices or quantities, the customer's own and the line in question standing out."""
    lines = queries.fetch(
        "product_lines",
        product_id=row["product_id"],
        customer_id=row["customer_id"] or "",
        order_id=row["order_id"] or "",
        ordered_at=_moment(row).isoformat(),
    )
    if lines.empty:
        st.caption(_("There is no history to compare with."))
        return
    is_case = lines["order_id"].eq(row["order_id"])
    if not is_missing(row["line_no"]):
        is_case &= lines["line_no"].eq(row["line_no"])
    group = lines["customer_id"].eq(row["customer_id"]).map({True: "own", False: "other"}).where(~is_case, "case")
    points = pd.DataFrame(
        {
            "at": lines["ordered_at"],
            "value": lines[measure],
            "group": group,
            "name": lines["order_id"] + " · " + lines["customer_name"].fillna(lines["customer_id"]),
        }
    ).sort_values("at")
    unit = _("Unit price") if measure == "unit_price" else _("Quantity")
    keys = ("usual_price", "expected") if measure == "unit_price" else ("usual_quantity", "expected")
    kind = {"unit_price": "price_error", "quantity": "quantity_outlier"}[measure]
    usual = _usual(row, keys) if row["kind"] == kind else None
    groups = {"other": _("Other customers"), "own": _("This customer"), "case": _("This line")}
    figure = charts.history(points, groups, unit, usual)
    widgets.chart(figure, f"lines_{measure}", unit, CHART_HEIGHT)
    others = lines[~is_case][measure]
    st.caption(
        _("{count} other lines, median {median}").format(
            count=format_number(len(others)), median=format_number(others.median() if len(others) else None, 2)
        )
    )


def _customer(row: pd.Series) -> None:
    """Draw the values of the customer's orders, the one in question standing out."""
    orders = queries.fetch(
        "customer_orders",
        customer_id=row["customer_id"],
        order_id=row["order_id"] or "",
        ordered_at=_moment(row).isoformat(),
    )
    if orders.empty:
        st.caption(_("There is no history to compare with."))
        return
    group = orders["order_id"].eq(row["order_id"]).map({True: "case", False: "own"})
    points = pd.DataFrame(
        {"at": orders["ordered_at"], "value": orders["order_value"], "group": group, "name": orders["order_id"]}
    ).sort_values("at")
    groups = {"own": _("Orders of this customer"), "case": _("This order")}
    figure = charts.history(points, groups, _("Order value"))
    widgets.chart(figure, "customer_orders", _("Orders of the customer"), CHART_HEIGHT)
    others = orders[group.eq("own")]["order_value"]
    st.caption(
        _("{count} other orders, median {median}").format(
            count=format_number(len(others)), median=format_number(others.median() if len(others) else None, 2)
        )
    )


def _stock(row: pd.Series) -> None:
    """Draw the product's stock and what was ordered, the moment in question marked."""
    days = queries.fetch("stock_days", product_id=row["product_id"], ordered_at=_moment(row).isoformat())
    if days.empty:
        st.caption(_("There is no history to compare with."))
        return
    names = (_("Stock at the start of the day"), _("Ordered"), _("This order"))
    figure = charts.stock(days, _moment(row), names, _("Units"))
    widgets.chart(figure, "stock_days", _("Stock of the product"), CHART_HEIGHT)
