"""Orders that look the same, side by side: what differs, what speaks for and against, and the customer's rhythm."""

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import charts, queries, widgets
from dashboard.i18n import _, format_number, format_percent, is_missing
from dashboard.text_difference import side_by_side as difference_table
from dashboard.words import HEADER_FIELDS, header_field, word

LEAST_BITS = 0.2
MOST_ORDERS = 4
"""How many orders of a group stand beside each other."""


def side_by_side(*order_ids: str) -> None:
    """Draw headers and lines of orders beside each other, what differs from the first one marked sign by sign."""
    shown = list(order_ids)[:MOST_ORDERS]
    orders = [queries.fetch("order_header", order_id=name) for name in shown]
    if any(frame.empty for frame in orders):
        st.caption(_("One of the two orders is not in the data any more."))
        return
    heads = [_("Field"), *(_("Order {order}").format(order=name) for name in shown)]
    st.html(difference_table(heads, _headers([frame.iloc[0] for frame in orders]), _("Headers of the orders")))
    lines = difference_table([_("Product"), *heads[1:]], _lines(shown), _("Lines of the orders"))
    st.html(lines)


def _headers(orders: Sequence[pd.Series]) -> list[tuple[str, list[str]]]:
    names = [name for name in HEADER_FIELDS if not all(is_missing(order[name]) for order in orders)]
    return [(word(name), [header_field(name, order[name]) for order in orders]) for name in names]


def _lines(order_ids: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return the lines of the orders product by product, in the order of the first one."""
    texts: dict[tuple[str, int], dict[str, str]] = {}
    titles: dict[str, str] = {}
    for order_id in order_ids:
        lines = queries.fetch("order_lines_of", order_id=order_id)
        places = lines.groupby("product_id").cumcount()
        for line, place in zip(lines.to_dict("records"), places, strict=True):
            product = str(line["product_id"])
            titles[product] = product if is_missing(line["product_name"]) else str(line["product_name"])
            text = f"{format_number(line['quantity'], 2)} × {format_number(line['unit_price'], 2)}"
            texts.setdefault((product, int(place)), {})[order_id] = text
    return [
        (titles[product], [found.get(order_id, "–") for order_id in order_ids])
        for (product, _place), found in texts.items()
    ]


def weights(reasons: Any) -> None:
    """Draw what each comparison adds, in bits, from what is usual to this pair: to the right for a duplicate."""
    given = json.loads(reasons) if isinstance(reasons, str) and reasons else []
    parts = [part for part in given if isinstance(part, dict)]
    parts.sort(key=lambda part: (part.get("name") != "prior", part.get("name") == "rest"))
    told = [part for part in parts if abs(part.get("weight", 0)) >= LEAST_BITS]
    if not told:
        return
    small = sum(float(part["weight"]) for part in parts) - sum(float(part["weight"]) for part in told)
    if abs(small) >= LEAST_BITS / 2:
        told.append({"name": "rest", "weight": small})
    names = [_level(part) for part in told]
    values = [float(part["weight"]) for part in told]
    title = _("What speaks for a duplicate, and what against (match weights in bits)")
    st.markdown(f"**{title}**", help=_("One bit doubles the odds. The last bar is the sum: 0 bits are 50 %."))
    together = _("Together: {share} likely").format(share=format_percent(1 / (1 + 2 ** -sum(values))))
    texts, total = [f"{value:+.1f}" for value in values], (together, f"{sum(values):+.1f}")
    figure = charts.waterfall(names, values, texts, total, _("Bits"))
    widgets.chart(figure, "match_weights", title, 26 * len(names) + 80)


def _level(part: dict[str, Any]) -> str:
    """Return what a comparison says; the prior and the rest have no level."""
    if part.get("level"):
        return _(str(part["level"]))
    return {"prior": _("Before comparing: repeats are rare"), "rest": _("Everything else")}.get(
        str(part["name"]), word(str(part["name"]))
    )


def rhythm(pair: pd.Series) -> None:
    """Draw when the customer ordered the same products and anything else, and say whether this one fits the habit."""
    orders = queries.fetch(
        "customer_rhythm",
        customer_id=pair["customer_id"],
        order_id=str(pair["order_id"]),
        duplicate_of=str(pair["duplicate_of"]),
        ordered_at=pd.Timestamp(pair["later_at"]).isoformat(),
    )
    if orders.empty:
        return
    others = orders[orders["is_same"] & ~orders["order_id"].eq(pair["order_id"])].sort_values("ordered_at")
    gaps = others["ordered_at"].diff().dt.total_seconds().dropna() / 86400
    usual = float(gaps[gaps >= 1 / 6].median()) if (gaps >= 1 / 6).any() else None
    gap = (pd.Timestamp(pair["later_at"]) - pd.Timestamp(pair["earlier_at"])).total_seconds() / 86400
    title = _rhythm_title(gap, usual, len(others))
    st.markdown(f"**{widgets.plain(title)}**")
    points = pd.DataFrame(
        {
            "at": orders["ordered_at"],
            "row": orders["is_same"].map({True: "same", False: "other"}),
            "is_pair": orders["is_pair"],
            "name": orders["order_id"],
        }
    )
    rows = {"same": _("Same products"), "other": _("Other products")}
    figure = charts.rhythm(points, rows, usual, _("next one usually due"))
    widgets.chart(figure, "rhythm", title, 190)


def _rhythm_title(gap: float, usual: float | None, count: int) -> str:
    """Return what the timeline shows: why this is, or is not, a habit."""
    if usual is None and count <= 1:
        return _("No habit: apart from these two, this customer never ordered these products.")
    if usual is None:
        return _("No habit: this customer ordered these products {count} times, in no rhythm.").format(count=count)
    figures = {"usual": format_number(usual, 1), "gap": format_number(gap, 1)}
    if gap < 0.5 * usual:
        return _("Off the habit: usually every {usual} days, this time after {gap}.").format(**figures)
    if gap <= 1.5 * usual:
        return _("Like the habit: usually every {usual} days, this time after {gap}.").format(**figures)
    return _("Later than the habit: usually every {usual} days, this time after {gap}.").format(**figures)
