"""Figures: pure functions from a frame to a plotly figure; no streamlit, no database.

Text comes in translated; colours say the same thing on every chart and read on light and dark ground.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

PALETTE = (
    "#3b82f6",
    "#f59e0b",
    "#10b981",
    "#ef4444",
    "#8b5cf6",
    "#06b6d4",
    "#ec4899",
    "#84cc16",
    "#f97316",
    "#6366f1",
    "#14b8a6",
)
ACCENT, ALARM, QUIET, OWN = "#3b82f6", "#ef4444", "#94a3b8", "#f59e0b"
MAX_MARKS = 5000
DAY = "%Y-%m-%d"
LEGEND = {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "title": {"text": ""}}


def figure(traces: Sequence[Any], unit: str = "", **layout: Any) -> go.Figure:
    """Return a figure in the house's style; ``unit`` stands above the value axis, upright, as it is read.

    Parameters
    ----------
    traces : sequence of plotly traces
        What is drawn.
    unit : str, default ""
        What the value axis counts, and in which unit.
    **layout : Any
        More of plotly's layout; it wins over the house's.

    Returns
    -------
    plotly.graph_objects.Figure
        The figure.
    """
    drawn = go.Figure(list(traces))
    drawn.update_layout(
        margin={"l": 8, "r": 16, "t": 48 if unit else 8, "b": 8},
        legend=LEGEND,
        dragmode=False,
        hoverlabel={"namelength": -1},
        barcornerradius=3,
    )
    # Whole figures in groups of three, not "12k": other languages count in other steps.
    plain = {"automargin": True, "title_text": "", "separatethousands": True, "exponentformat": "none"}
    drawn.update_xaxes(**plain).update_yaxes(**plain)
    if unit:
        drawn.add_annotation(
            text=unit, xref="paper", yref="paper", x=0, y=1, yshift=16, xanchor="left", showarrow=False, opacity=0.75
        )
        drawn.update_layout(legend={"y": 1.0, "yanchor": "bottom", "x": 1, "xanchor": "right"})
    return drawn.update_layout(**layout)


def stacked_weeks(
    frame: pd.DataFrame,
    weeks: Sequence[Any],
    names: Mapping[str, str],
    colours: Mapping[str, str],
    labels: Sequence[str],
    unit: str,
) -> go.Figure:
    """Return stacked bars of a rate by week and kind.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``week, kind, rate``.
    weeks : sequence
        Every week to show, in order, those without any exception included.
    names : mapping of str to str
        Kinds in the order of stacking, with the titles to show.
    colours : mapping of str to str
        The colour of each kind, the same on every day.
    labels : sequence of str
        One axis label per week.
    unit : str
        What the rate counts, for the axis.

    Returns
    -------
    plotly.graph_objects.Figure
        One trace a kind.
    """
    table = (
        frame.pivot_table(index="week", columns="kind", values="rate", aggfunc="sum").reindex(pd.Index(weeks)).fillna(0)
    )
    bars = [
        go.Bar(
            name=title,
            x=list(labels),
            y=table[kind].round(4).tolist() if kind in table else [0] * len(weeks),
            marker_color=colours.get(kind, QUIET),
            hovertemplate="%{y:,.1f}",
        )
        for kind, title in names.items()
    ]
    legend = {"y": -0.18, "yanchor": "top", "x": 0, "xanchor": "left", "traceorder": "normal"}
    drawn = figure(bars, unit, barmode="stack", hovermode="x unified", bargap=0.25, legend=legend)
    return drawn.update_layout(margin={"t": 32}, barcornerradius=0).update_xaxes(type="category", nticks=9, tickangle=0)


def ranked_bars(
    names: Sequence[str],
    values: Sequence[float],
    texts: Sequence[str],
    colours: Sequence[str] | None = None,
) -> go.Figure:
    """Return horizontal bars, the longest on top, each with its figure; a bar can be clicked."""
    bars = go.Bar(
        orientation="h",
        x=[float(value) for value in values],
        y=list(range(len(names))),
        text=list(texts),
        textposition="outside",
        textfont_size=13,
        cliponaxis=False,
        marker_color=list(colours) if colours else ACCENT,
        customdata=list(names),
        hovertemplate="%{customdata}: %{text}<extra></extra>",
    )
    drawn = figure([bars], bargap=0.35, showlegend=False, margin={"l": 8, "r": 72, "t": 4, "b": 4})
    drawn.update_xaxes(visible=False, rangemode="tozero")
    if len(values) and min(values) < 0:  # room for the figures of bars that point left
        span = max(*values, 0) - min(values)
        drawn.update_xaxes(range=[min(values) - 0.12 * span, max(*values, 0) + 0.12 * span])
    return drawn.update_yaxes(
        autorange="reversed", tickvals=list(range(len(names))), ticktext=list(names), showgrid=False, ticks=""
    )


def history(points: pd.DataFrame, groups: Mapping[str, str], unit: str, usual: float | None = None) -> go.Figure:
    """Return a scatter over time in which the case in question stands out.

    Parameters
    ----------
    points : pandas.DataFrame
        Columns ``at`` (timestamp), ``value``, ``group`` (``other``, ``own`` or ``case``), ``name``.
    groups : mapping of str to str
        The groups to show with their titles.
    unit : str
        The axis's name with its unit.
    usual : float, optional
        The usual value, drawn as a line.

    Returns
    -------
    plotly.graph_objects.Figure
        One trace a group that has points.
    """
    colours = {"other": QUIET, "own": OWN, "case": ALARM}
    marks = []
    for group, title in groups.items():
        part = points[points["group"].eq(group)].tail(MAX_MARKS)
        if part.empty:
            continue
        is_case = group == "case"
        marks.append(
            go.Scatter(
                mode="markers",
                name=title,
                x=part["at"].tolist(),
                y=part["value"].astype(float).tolist(),
                text=part["name"].tolist(),
                marker={
                    "symbol": "diamond" if is_case else "circle",
                    "size": 15 if is_case else 7,
                    "color": colours[group],
                    "opacity": 1 if is_case else 0.7,
                },
                hovertemplate="%{text}<br>%{x|%Y-%m-%d}: %{y:,.2f}<extra></extra>",
            )
        )
    drawn = figure(marks, unit)
    if marks and usual is not None:
        drawn.add_hline(
            usual,
            line={"color": ACCENT, "dash": "dash", "width": 1.5},
            annotation={"text": f"{usual:,.2f}", "font": {"color": ACCENT}, "yanchor": "bottom"},
        )
    return drawn.update_xaxes(type="date", tickformat=DAY, nticks=6)


def stock(days: pd.DataFrame, moment: Any, names: tuple[str, str, str], unit: str) -> go.Figure:
    """Return the stock at the start of each day as a line over what was ordered as bars, with the moment marked.

    Parameters
    ----------
    days : pandas.DataFrame
        Columns ``day, on_hand, ordered``.
    moment : timestamp
        When the line in question was ordered.
    names : tuple of str
        Titles of the stock, of the orders, and of the moment.
    unit : str
        The axis's name with its unit.

    Returns
    -------
    plotly.graph_objects.Figure
        The bars, then the line.
    """
    dates = [pd.Timestamp(day).strftime(DAY) for day in days["day"]]
    at = pd.Timestamp(moment).strftime(DAY)
    on_hand = days["on_hand"].astype("float64")
    traces = [
        go.Bar(name=names[1], x=dates, y=days["ordered"].astype("float64").tolist(), marker_color=QUIET),
        go.Scatter(
            name=names[0],
            x=dates,
            y=on_hand.tolist(),
            mode="lines",
            line={"color": ACCENT, "shape": "hv", "width": 2},
            connectgaps=True,
        ),
    ]
    drawn = figure(traces, unit, hovermode="x unified")
    if at in dates:
        drawn.add_vline(at, line={"color": ALARM, "width": 1.5})
        drawn.add_annotation(x=at, y=1, yref="paper", text=names[2], font_color=ALARM, showarrow=False, xanchor="left")
    return drawn.update_xaxes(type="date", tickformat=DAY, nticks=6)


def contributions(names: Sequence[str], values: Sequence[float], texts: Sequence[str]) -> go.Figure:
    """Return how much each part adds to a judgement; what speaks against it points left, in grey."""
    colours = [ALARM if value > 0 else QUIET for value in values]
    return ranked_bars(names, values, texts, colours)


def reliability(frame: pd.DataFrame, names: tuple[str, str, str], unit: str) -> go.Figure:
    """Return the share confirmed over the chance stated, with intervals, beside the diagonal.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``stated, observed, low, high`` (0 to 1) and ``count``.
    names : tuple of str
        Titles of the dots, of the diagonal, and of the chance's axis.
    unit : str
        The axis of the share.

    Returns
    -------
    plotly.graph_objects.Figure
        The diagonal, then the dots.
    """
    diagonal = go.Scatter(
        x=[0, 1], y=[0, 1], mode="lines", name=names[1], line={"color": QUIET, "dash": "dash"}, hoverinfo="skip"
    )
    drawn = figure([diagonal, _shares(frame, frame["stated"].tolist(), names[0])], unit)
    drawn.update_yaxes(range=[-0.02, 1.02], tickformat=".0%")
    return drawn.update_xaxes(range=[-0.02, 1.02], tickformat=".0%", title_text=names[2])


def precision_over_time(frame: pd.DataFrame, names: tuple[str, str], unit: str) -> go.Figure:
    """Return the share confirmed by week with intervals; columns ``label, observed, low, high, count``."""
    drawn = figure([_shares(frame, frame["label"].tolist(), names[0])], unit)
    drawn.update_yaxes(range=[-0.02, 1.02], tickformat=".0%")
    return drawn.update_xaxes(type="category", title_text=names[1], nticks=9)


def _shares(frame: pd.DataFrame, x: Sequence[Any], name: str) -> go.Scatter:
    """Return dots with intervals; the dot grows with the count behind it."""
    return go.Scatter(
        x=list(x),
        y=frame["observed"].tolist(),
        mode="markers+lines",
        name=name,
        text=frame["count"].tolist(),
        marker={"color": ACCENT, "size": (6 + 4 * np.log10(frame["count"])).tolist()},
        line={"color": ACCENT, "width": 1},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": (frame["high"] - frame["observed"]).tolist(),
            "arrayminus": (frame["observed"] - frame["low"]).tolist(),
            "color": ACCENT,
            "thickness": 1.2,
        },
        hovertemplate="%{x}: %{y:.0%} (n = %{text})<extra></extra>",
    )


def heatmap(table: pd.DataFrame, rows: Sequence[str], columns: Sequence[str], unit: str) -> go.Figure:
    """Return a table of rates as colours with the numbers in them; what is missing stays empty.

    Parameters
    ----------
    table : pandas.DataFrame
        One number per row and column, or missing.
    rows, columns : sequence of str
        The titles to show for the index and the columns.
    unit : str
        What the numbers count.

    Returns
    -------
    plotly.graph_objects.Figure
        One trace.
    """
    values = table.to_numpy(dtype=float)
    texts = [["" if np.isnan(value) else f"{value:.1f}" for value in line] for line in values]
    cells = go.Heatmap(
        x=list(columns), y=list(rows), z=[[None if np.isnan(value) else value for value in line] for line in values],
        text=texts, texttemplate="%{text}", colorscale=[[0, "rgba(59,130,246,0.12)"], [1, ACCENT]], zmin=0,
        xgap=2, ygap=2, colorbar={"thickness": 10, "outlinewidth": 0}, hoverongaps=False,
        hovertemplate="%{y} · %{x}: %{text}<extra></extra>",
    )  # fmt: skip
    return figure([cells], unit, xaxis={"showgrid": False, "side": "bottom"}, yaxis={"showgrid": False})


def waterfall(
    names: Sequence[str], values: Sequence[float], texts: Sequence[str], total: tuple[str, str], unit: str
) -> go.Figure:
    """Return how parts add up to a judgement, step by step from the first; the last bar is the sum.

    Parameters
    ----------
    names : sequence of str
        What each part says, in the order of adding.
    values : sequence of float
        How much it adds, in ``unit``.
    texts : sequence of str
        The figures as they are shown.
    total : tuple of str
        What the sum is called, and its figure as it is shown.
    unit : str
        What the axis counts.

    Returns
    -------
    plotly.graph_objects.Figure
        One trace.
    """
    bars = go.Waterfall(
        orientation="h",
        y=[*range(len(names) + 1)],
        x=[*(float(value) for value in values), 0.0],
        measure=["relative"] * len(names) + ["total"],
        text=[*texts, total[1]],
        textposition="outside",
        cliponaxis=False,
        customdata=[*names, total[0]],
        hovertemplate="%{customdata}: %{text}<extra></extra>",
        increasing={"marker": {"color": ALARM}},
        decreasing={"marker": {"color": QUIET}},
        totals={"marker": {"color": ACCENT}},
        connector={"line": {"width": 1, "color": QUIET}},
    )
    drawn = figure([bars], showlegend=False, margin={"l": 8, "r": 16, "t": 4, "b": 32})
    levels = np.cumsum([0.0, *values])
    room = 0.12 * (levels.max() - levels.min())
    drawn.update_xaxes(title_text=unit, zeroline=True, range=[levels.min() - room, levels.max() + room])
    return drawn.update_yaxes(
        autorange="reversed", tickvals=[*range(len(names) + 1)], ticktext=[*names, f"<b>{total[0]}</b>"], showgrid=False
    )


def rhythm(points: pd.DataFrame, rows: Mapping[str, str], usual_days: float | None, expected: str) -> go.Figure:
    """Return a customer's orders on a timeline, the two in question standing out.

    Parameters
    ----------
    points : pandas.DataFrame
        Columns ``at`` (timestamp), ``row``, ``is_pair``, ``name``.
    rows : mapping of str to str
        The rows from top to bottom with their titles.
    usual_days : float, optional
        The usual gap; when the next order was expected is drawn after the first of the two.
    expected : str
        What that line is called.

    Returns
    -------
    plotly.graph_objects.Figure
        One trace a row, then the two orders.
    """
    titles = list(rows.values())
    traces = [
        go.Scatter(
            mode="markers",
            x=part["at"].tolist(),
            y=[title] * len(part),
            text=part["name"].tolist(),
            marker={"size": 9, "color": OWN if place == 0 else QUIET, "opacity": 0.8},
            hovertemplate="%{text}<br>%{x|%Y-%m-%d %H:%M}<extra></extra>",
        )
        for place, (row, title) in enumerate(rows.items())
        for part in [points[points["row"].eq(row) & ~points["is_pair"]]]
    ]
    pair = points[points["is_pair"]].sort_values("at")
    traces.append(
        go.Scatter(
            mode="markers",
            x=pair["at"].tolist(),
            y=[rows[row] for row in pair["row"]],
            text=pair["name"].tolist(),
            marker={"size": 14, "symbol": "diamond", "color": ALARM},
            hovertemplate="%{text}<br>%{x|%Y-%m-%d %H:%M}<extra></extra>",
        )
    )
    drawn = figure(traces, showlegend=False, margin={"t": 24})
    if usual_days is not None and len(pair):
        due = pd.Timestamp(pair["at"].iloc[0]) + pd.Timedelta(days=usual_days)
        drawn.add_vline(due.isoformat(), line={"color": ACCENT, "dash": "dash", "width": 1.5})
        drawn.add_annotation(
            x=due.isoformat(), y=1, yref="paper", yanchor="bottom", text=expected, font_color=ACCENT, showarrow=False
        )
    drawn.update_xaxes(type="date", tickformat=DAY, nticks=6)
    return drawn.update_yaxes(categoryorder="array", categoryarray=titles[::-1], type="category")


def threshold(frame: pd.DataFrame, names: tuple[str, str], at: float, unit: str) -> go.Figure:
    """Return precision and recall over the threshold, with the chosen threshold marked.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``threshold``, ``precision``, ``recall``, all 0 to 1.
    names : tuple of str
        Titles of precision and recall.
    at : float
        The chosen threshold.
    unit : str
        What the value axis counts.

    Returns
    -------
    plotly.graph_objects.Figure
        Two traces.
    """
    lines = [
        go.Scatter(
            name=name,
            mode="lines",
            x=frame["threshold"].tolist(),
            y=frame[column].tolist(),
            line={"color": colour, "shape": "hv", "width": 2},
            hovertemplate="%{y:.0%}",
        )
        for column, name, colour in (("precision", names[0], ACCENT), ("recall", names[1], OWN))
    ]
    drawn = figure(lines, unit, hovermode="x unified")
    drawn.add_vline(at, line={"color": ALARM, "width": 1.5})
    drawn.update_xaxes(tickformat=".0%", range=[0, 1])
    return drawn.update_yaxes(tickformat=".0%", range=[0, 1.02])
