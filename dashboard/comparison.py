"""Two orders side by side, with what differs between them marked."""

import json
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import charts, downloads, navigation, queries, widgets
from dashboard.casework import merging_form
from dashboard.i18n import _, format_gap, format_number, format_percent, is_missing, ngettext
from dashboard.words import HEADER_FIELDS, header_field, word

LEAST_BITS = 0.2
DIFFERENT = "background-color: rgba(245, 158, 11, 0.20)"


def pairs() -> None:
    """List the pairs of orders beside the one that is picked."""
    if not queries.has("duplicates"):
        widgets.empty(_("The latest run did not look for duplicates."), _("No duplicates"))
        return
    controls, export = st.columns([5, 1], vertical_alignment="bottom")
    score = controls.slider(
        _("Probability, at least"), 0, 100, 50, step=5, format="%d%%", key="pairs_score", width=320,
        persist_state="session",
    )  # fmt: skip
    found = queries.fetch("pairs", score=score / 100)
    if found.empty:
        widgets.empty(_("No two orders look the same at this probability."), _("No duplicates"))
        return
    with export.container(horizontal=True, horizontal_alignment="right"):
        downloads.buttons(found.drop(columns=["cluster_id"], errors="ignore"), "duplicates")
    st.caption(ngettext("{count} pair of orders", "{count} pairs of orders", len(found)))
    left, right = st.columns([5, 7], gap="medium")
    with left:
        place = pick(found)
    with right:
        show(found.iloc[place])


def pick(pairs: pd.DataFrame) -> int:
    """List the pairs; return the place of the one that is picked."""
    shown = pd.DataFrame(
        {
            "later": pairs["order_id"],
            "earlier": pairs["duplicate_of"],
            "probability": (pairs["probability"] * 100).round(),
            "customer": pairs["customer_name"],
            "status": [word(status) for status in pairs["status"]],
            "at": pairs["later_at"],
        }
    )
    columns = {
        "later": widgets.column(_("Later order"), width=104),
        "earlier": widgets.column(_("Earlier order"), width=104),
        "probability": widgets.column(_("Probability"), "chance", width=88),
        "customer": widgets.column(_("Customer"), width=140),
        "status": widgets.column(_("Status"), width=90),
        "at": widgets.column(_("Ordered"), "time"),
    }
    key = f"pairs_{queries.version()}_{len(pairs)}"
    event = widgets.table(
        shown,
        columns,
        _("Pairs of orders that look the same"),
        key=key,
        on_select="rerun",
        selection_mode="single-row-required",
        max_height=620,
    )
    rows = event.selection.rows
    return rows[0] if rows and rows[0] < len(pairs) else 0


def show(pair: pd.Series) -> None:
    """Draw one pair: how sure, why, both headers, both lists of lines."""
    orders = _both(str(pair["duplicate_of"]), str(pair["order_id"]))
    if orders is None:
        st.caption(_("One of the two orders is not in the data any more."))
        return
    gap = format_gap(orders[0]["ordered_at"], orders[1]["ordered_at"])
    text = _("{later} repeats {earlier}: {share} likely, {gap} later")
    share = format_percent(pair["probability"])
    told = text.format(later=pair["order_id"], earlier=pair["duplicate_of"], share=share, gap=gap)
    st.markdown(f"#### {widgets.plain(told)}")
    if not is_missing(pair["exception_id"]):
        st.page_link(
            navigation.PAGES_FOLDER / "exceptions.py",
            label=_("Judge it in the queue"),
            icon=":material/flag:",
            query_params={"id": pair["exception_id"], "score": "0", "status": "all"},
        )
    merging_form.offer_orders(str(pair["duplicate_of"]), str(pair["order_id"]))
    side_by_side(str(pair["duplicate_of"]), str(pair["order_id"]))
    weights(pair["reasons"])


def _both(earlier_id: str, later_id: str) -> tuple[pd.Series, pd.Series] | None:
    earlier, later = (queries.fetch("order_header", order_id=name) for name in (earlier_id, later_id))
    return None if earlier.empty or later.empty else (earlier.iloc[0], later.iloc[0])


def side_by_side(earlier_id: str, later_id: str) -> None:
    """Draw headers and lines of two orders beside each other."""
    orders = _both(earlier_id, later_id)
    if orders is None:
        st.caption(_("One of the two orders is not in the data any more."))
        return
    _headers(*orders)
    _lines(earlier_id, later_id)


def weights(reasons: Any) -> None:
    """Draw what each comparison says, in bits: to the right for a duplicate, to the left against."""
    given = json.loads(reasons) if isinstance(reasons, str) and reasons else []
    parts = [part for part in given if isinstance(part, dict) and abs(part.get("weight", 0)) >= LEAST_BITS]
    if not parts:
        return
    names = [_level(part) for part in parts]
    values = [float(part["weight"]) for part in parts]
    title = _("What speaks for a duplicate, and what against (match weights in bits)")
    st.markdown(f"**{title}**")
    figure = charts.contributions(names, values, [f"{value:+.1f}" for value in values])
    widgets.chart(figure, "match_weights", title, 24 * len(names) + 20)


def _level(part: dict[str, Any]) -> str:
    """Return what a comparison says; the prior and the rest have no level."""
    if part.get("level"):
        return _(str(part["level"]))
    return {"prior": _("Before comparing: repeats are rare"), "rest": _("Everything else")}.get(
        str(part["name"]), word(str(part["name"]))
    )


def _headers(first: pd.Series, second: pd.Series) -> None:
    names = [name for name in HEADER_FIELDS if not (is_missing(first[name]) and is_missing(second[name]))]
    frame = pd.DataFrame(
        {
            "field": [word(name) for name in names],
            "earlier": [header_field(name, first[name]) for name in names],
            "later": [header_field(name, second[name]) for name in names],
        }
    )
    columns = {
        "field": widgets.column(_("Field")),
        "earlier": widgets.column(_("Earlier order"), width="medium"),
        "later": widgets.column(_("Later order"), width="medium"),
    }
    _marked(frame, columns, _("Headers of both orders"))


def _lines(earlier_id: str, later_id: str) -> None:
    """Put the lines of both orders beside each other, product by product."""
    frames = []
    for name, order_id in (("earlier", earlier_id), ("later", later_id)):
        lines = queries.fetch("order_lines_of", order_id=order_id)
        texts = [f"{format_number(row['quantity'], 2)} × {format_number(row['unit_price'], 2)}"
                 for row in lines.to_dict("records")]  # fmt: skip
        frames.append(
            pd.DataFrame({"product_id": lines["product_id"], "name": lines["product_name"], name: texts}).assign(
                place=lines.groupby("product_id").cumcount()
            )
        )
    both = frames[0].merge(frames[1], on=["product_id", "place"], how="outer", suffixes=("", "_later"))
    frame = pd.DataFrame(
        {
            "field": both["name"].fillna(both["name_later"]).fillna(both["product_id"]),
            "earlier": both["earlier"].fillna("–"),
            "later": both["later"].fillna("–"),
        }
    )
    columns = {
        "field": widgets.column(_("Product")),
        "earlier": widgets.column(_("Earlier order"), width="medium"),
        "later": widgets.column(_("Later order"), width="medium"),
    }
    _marked(frame, columns, _("Lines of both orders"))


def _marked(frame: pd.DataFrame, columns: dict[str, Any], alt: str) -> None:
    def shade(row: pd.Series) -> list[str]:
        return ["", "", ""] if row["earlier"] == row["later"] else ["", DIFFERENT, DIFFERENT]

    st.dataframe(frame.style.apply(shade, axis=1), column_config=columns, hide_index=True, height="content", alt=alt)
