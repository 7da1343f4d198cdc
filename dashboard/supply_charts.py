"""Figures of supply: the bridge from a plan to a shortage, stock as planned and as it was, forecasts against demand."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts import ACCENT, ALARM, DAY, OWN, QUIET, figure

GAIN = "#10b981"


def bridge(
    names: Sequence[str], values: Sequence[float], texts: Sequence[str], is_total: Sequence[bool], unit: str
) -> go.Figure:
    """Return a waterfall whose bars can be clicked: totals stand on the ground, steps hang from the bar before.

    Parameters
    ----------
    names : sequence of str
        The bars' titles.
    values : sequence of float
        Units: a total's level, a step's change.
    texts : sequence of str
        The bars' figures.
    is_total : sequence of bool
        Which bars are totals.
    unit : str
        The axis's name with its unit.

    Returns
    -------
    plotly.graph_objects.Figure
        One trace; a bar's number is its place.
    """
    level, bases, heights, colours = 0.0, [], [], []
    for value, total in zip(values, is_total, strict=True):
        start = 0.0 if total else level
        level = value if total else level + value
        bases.append(min(start, level))
        heights.append(abs(level - start))
        colours.append((ACCENT if level >= 0 else ALARM) if total else (GAIN if value > 0 else OWN))
    bars = go.Bar(
        x=list(range(len(names))),
        y=heights,
        base=bases,
        marker_color=colours,
        text=list(texts),
        textposition="outside",
        cliponaxis=False,
        customdata=list(names),
        hovertemplate="%{customdata}: %{text}<extra></extra>",
    )
    drawn = figure([bars], unit, bargap=0.3, showlegend=False, margin={"l": 8, "r": 16, "t": 56, "b": 8})
    drawn.add_hline(0, line={"color": QUIET, "width": 1})
    return drawn.update_xaxes(tickvals=list(range(len(names))), ticktext=list(names), tickangle=0, showgrid=False)


def planned_stock(
    days: pd.DataFrame, marks: Sequence[tuple[Any, str, str]], names: Sequence[str], unit: str
) -> go.Figure:
    """Return stock as it was as a line, stock as it was planned as a dashed one, and days that matter as marks.

    Parameters
    ----------
    days : pandas.DataFrame
        Columns ``day, on_hand, planned, ordered``.
    marks : sequence of tuple
        Day, title and colour of each mark.
    names : sequence of str
        Titles of the stock, of the plan and of the orders.
    unit : str
        The axis's name with its unit.

    Returns
    -------
    plotly.graph_objects.Figure
        The bars, then the lines.
    """
    dates = [pd.Timestamp(day).strftime(DAY) for day in days["day"]]
    lines = {"on_hand": (names[0], ACCENT, "solid"), "planned": (names[1], GAIN, "dash")}
    traces: list[Any] = [
        go.Bar(name=names[2], x=dates, y=days["ordered"].astype("float64").tolist(), marker_color=QUIET, opacity=0.6)
    ]
    for column, (title, colour, dash) in lines.items():
        if days[column].notna().any():
            line = {"color": colour, "dash": dash, "width": 2, "shape": "hv" if column == "on_hand" else "linear"}
            values = days[column].astype("float64").tolist()
            traces.append(go.Scatter(name=title, x=dates, y=values, mode="lines", line=line, connectgaps=True))
    drawn = figure(traces, unit, hovermode="x unified")
    for place, (day, title, colour) in enumerate(marks):
        at = pd.Timestamp(day).strftime(DAY)
        drawn.add_vline(at, line={"color": colour, "width": 1.5, "dash": "dot" if place == 0 else "solid"})
        drawn.add_annotation(
            x=at, y=1, yref="paper", text=title, font_color=colour, showarrow=False, xanchor="left", yanchor="top"
        )
    return drawn.update_xaxes(type="date", tickformat=DAY, nticks=8)


def stock_to_come(
    course: pd.DataFrame, marks: Sequence[tuple[Any, str, str]], names: Sequence[str], unit: str
) -> go.Figure:
    """Return the stock expected from today on as a line, receipts as bars, and days that matter as marks.

    Parameters
    ----------
    course : pandas.DataFrame
        Columns ``day, balance, receipts, chance``.
    marks : sequence of tuple
        Day, title and colour of each mark.
    names : sequence of str
        Titles of the stock, of the receipts and of the chance of having run out.
    unit : str
        The axis's name with its unit.

    Returns
    -------
    plotly.graph_objects.Figure
        The receipts, then the stock.
    """
    dates = course["day"].dt.strftime(DAY).tolist()
    stock = go.Scatter(
        name=names[0],
        x=dates,
        y=course["balance"].astype("float64").round(1).tolist(),
        mode="lines",
        line={"color": ACCENT, "width": 2},
        customdata=course["chance"].astype("float64").tolist(),
        hovertemplate="%{y:,.0f} · " + names[2] + " %{customdata:.0%}",
    )
    receipts = go.Bar(
        name=names[1],
        x=dates,
        y=course["receipts"].astype("float64").round(1).tolist(),
        marker_color=GAIN,
        opacity=0.6,
        hovertemplate="%{y:,.0f}",
    )
    has_receipts = bool(course["receipts"].ge(0.5).any())
    drawn = figure([receipts, stock] if has_receipts else [stock], unit, hovermode="x unified")
    drawn.add_hline(0, line={"color": QUIET, "width": 1})
    values = [0.0, *course["balance"].astype("float64"), *course["receipts"].astype("float64")]
    room = max(values) - min(values)
    drawn.update_yaxes(range=[min(values) - 0.08 * room, max(values) + 0.25 * room])  # the marks' titles stand on top
    for place, (day, title, colour) in enumerate(marks):
        at = pd.Timestamp(day).strftime(DAY)
        drawn.add_vline(at, line={"color": colour, "width": 1.5, "dash": "dot"})
        drawn.add_annotation(
            x=at,
            y=1 - 0.1 * place,
            yref="paper",
            text=title,
            font_color=colour,
            showarrow=False,
            xanchor="left",
            yanchor="top",
        )
    return drawn.update_xaxes(type="date", tickformat=DAY, nticks=8)


def forecasts(course: pd.DataFrame, names: dict[str, str], unit: str) -> go.Figure:
    """Return demand as bars, weeks with shortages marked, and each forecast of it as a line.

    Parameters
    ----------
    course : pandas.DataFrame
        Columns ``week_start, demand, short_units`` and the forecasts' own.
    names : dict of str to str
        Titles of ``demand``, ``short`` and of the forecasts to draw.
    unit : str
        The axis's name with its unit.

    Returns
    -------
    plotly.graph_objects.Figure
        The bars, then one line a forecast.
    """
    weeks = course["week_start"].dt.strftime(DAY).tolist()
    is_short = course["short_units"].fillna(0).gt(0)
    traces: list[Any] = []
    for name, part, colour in (("demand", ~is_short, QUIET), ("short", is_short, ALARM)):
        if part.any():
            values = course["demand"].where(part).astype("float64").tolist()
            traces.append(go.Bar(name=names[name], x=weeks, y=values, marker_color=colour, opacity=0.7))
    styles = {"theirs": (ACCENT, "solid"), "ours": (GAIN, "solid"), "naive": (OWN, "dot")}
    for name, (colour, dash) in styles.items():
        if name in names and course[name].notna().any():
            values = course[name].astype("float64").tolist()
            line = {"color": colour, "dash": dash, "width": 2}
            traces.append(go.Scatter(name=names[name], x=weeks, y=values, mode="lines", line=line))
    return figure(traces, unit, barmode="overlay", hovermode="x unified").update_xaxes(
        type="date", tickformat=DAY, nticks=8
    )


def kept_months(frame: pd.DataFrame, column: str, unit: str) -> go.Figure:
    """Return a share by month as a line from 0 to 100 %; the months' counts are told when pointed at.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``month``, the share, and ``count_of``.
    column : str
        The share's column.
    unit : str
        The axis's name.

    Returns
    -------
    plotly.graph_objects.Figure
        One trace.
    """
    line = go.Scatter(
        x=frame["month"].dt.strftime(DAY).tolist(),
        y=frame[column].astype("float64").tolist(),
        mode="lines+markers",
        line={"color": ACCENT, "width": 2},
        customdata=frame["count_of"].tolist(),
        hovertemplate="%{x|%Y-%m}: %{y:.0%} (%{customdata})<extra></extra>",
    )
    drawn = figure([line], unit, showlegend=False)
    drawn.update_yaxes(tickformat=".0%", rangemode="tozero", range=[0, 1.05])
    return drawn.update_xaxes(type="date", tickformat="%Y-%m", nticks=8)
