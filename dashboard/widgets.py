"""Small pieces that several pages show the same way."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import queries
from dashboard.i18n import _
from dashboard.words import word

TIME_FORMAT = "YYYY-MM-DD HH:mm"
DAY_FORMAT = "YYYY-MM-DD"
ROW_HEIGHT = 35
"""Never ``localized``: it shifts a timestamp without offset by the viewer's own."""

STATUS_COLOURS = {"open": "gray", "confirmed": "red", "false_positive": "green"}


def page_title(title: str, hint: str = "") -> None:
    """Write the page's title and, below it, the question that it answers."""
    st.title(title)
    if hint:
        st.caption(hint)


def need_findings() -> None:
    """Stop the page with an explanation where there is nothing to show yet."""
    if queries.version() is None:
        st.info(
            _("Import your orders first: a folder of files or a database, on the Data page."),
            title=_("No orders yet"),
            icon=":material/upload_file:",
        )
    elif not queries.has_findings():
        st.info(
            _("The orders are in. Start a detection run on the Data page to see what is wrong with them."),
            title=_("Not checked yet"),
            icon=":material/play_circle:",
        )
    else:
        return
    link_to_data()
    st.stop()


def link_to_data() -> None:
    """Link to the Data page, for those who may see it."""
    from dashboard import navigation, session

    spec = next(page for page in navigation.PAGES if page.name == "data")
    if session.actor().role in spec.roles:
        st.page_link(navigation.PAGES_FOLDER / "data.py", label=_("Go to the Data page"), icon=":material/database:")


def empty(text: str, title: str) -> None:
    """Say that there is nothing, and why."""
    st.info(text, title=title, icon=":material/inbox:")


def column(label: str, form: str = "", **more: Any) -> Any:
    """Return a column's configuration by what it holds: text, time, day, number, money, share."""
    make = st.column_config
    if form == "time":
        return make.DatetimeColumn(label, format=TIME_FORMAT, **more)
    if form == "day":
        return make.DatetimeColumn(label, format=DAY_FORMAT, **more)
    if form == "share":
        return make.ProgressColumn(label, format="percent", min_value=0, max_value=1, **more)
    if form == "chance":
        return make.NumberColumn(label, format="%d%%", **more)
    if form == "percent":
        return make.NumberColumn(label, format="percent", **more)
    if form == "money":
        return make.NumberColumn(label, format="%,.2f", **more)
    if form == "rate":
        return make.NumberColumn(label, format="%.1f", **more)
    if form == "change":
        return make.NumberColumn(label, format="%+.1f", **more)
    if form == "whole":
        return make.NumberColumn(label, format="%,d", **more)
    if form == "rate":
        return make.NumberColumn(label, format="%.1f", **more)
    if form == "number":
        return make.NumberColumn(label, format="localized", **more)
    return make.TextColumn(label, **more)


def table(frame: pd.DataFrame, columns: Mapping[str, Any], alt: str, max_height: int | None = None, **more: Any) -> Any:
    """Show the named columns of a frame under their translated titles, no higher than its rows need."""
    present = [name for name in columns if name in frame]
    if max_height is not None:
        more["height"] = min(max_height, ROW_HEIGHT * (len(frame) + 1) + 3)
    return st.dataframe(
        frame[present],
        column_config={name: columns[name] for name in present},
        hide_index=True,
        placeholder="–",
        alt=alt,
        **more,
    )


def facts(named: Mapping[str, str], alt: str) -> None:
    """Show a few facts, each under its name, as a plain table; what is said may hold anything."""
    rows = "".join(
        f"<tr><th scope='row'>{escape(name)}</th><td>{escape(said)}</td></tr>" for name, said in named.items()
    )
    st.html(f"<table class='orderlens-facts' aria-label='{escape(alt)}'>{rows}</table>")


def status_badge(status: str) -> None:
    """Show a verdict as a coloured badge."""
    st.badge(word(status), color=STATUS_COLOURS.get(status, "gray"))  # type: ignore[arg-type]


def plain(text: str) -> str:
    """Return text with Markdown's signs escaped: it comes from orders, and may hold anything."""
    for sign in "\\`*_{}[]()<>#$|~:":
        text = text.replace(sign, f"\\{sign}")
    return text


def unplain(text: str) -> str:
    """Return text whose signs `plain` escaped as it was, for what is not Markdown."""
    return re.sub(r"\\([^\w\s])", r"\1", text)


def chart(figure: go.Figure, key: str, alt: str, height: int, is_clickable: bool = False) -> Any:
    """Draw a figure without plotly's own buttons, which speak English only.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        From `dashboard.charts`.
    key : str
        Its identity on the page.
    alt : str
        What it shows, for screen readers.
    height : int
        Pixels.
    is_clickable : bool, default False
        Whether a click on a mark reruns the page; `clicked_bar` tells which.

    Returns
    -------
    streamlit.typing.PlotlyState
        What is selected, where marks can be clicked.
    """
    more: dict[str, Any] = {"on_select": "rerun", "selection_mode": "points"} if is_clickable else {}
    shown = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}
    return st.plotly_chart(figure, key=key, alt=alt, height=height, config=shown, **more)


def clicked_bar(event: Any, names: Sequence[str]) -> str | None:
    """Return which bar of a ranked chart was clicked."""
    places = [int(point["point_index"]) for point in event.get("selection", {}).get("points", [])]
    return next((names[place] for place in places if place < len(names)), None)


def card(title: str, hint: str = "") -> Any:
    """Open a bordered card whose title says the finding."""
    box = st.container(border=True, height="stretch")
    box.markdown(f"**{title}**", help=hint or None)
    return box
