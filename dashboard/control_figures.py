"""Figures of improvement: control charts and interrupted series; pure, like those of `charts`."""

from collections.abc import Sequence
from datetime import date
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts import ACCENT, ALARM, DAY, OWN, QUIET, figure

GOOD = "#10b981"
PER = 1000


def control(
    chart: pd.DataFrame,
    days: Sequence[date],
    signals: Sequence[str],
    names: tuple[str, str, str],
    marks: Sequence[tuple[date, str]] = (),
) -> go.Figure:
    """Return a control chart: rates with their limits, signals in red (worse) or green (better).

    Parameters
    ----------
    chart : pandas.DataFrame
        From `models.improvement.control_charts.control_chart`.
    days : sequence of date
        The Monday of each point.
    signals : sequence of str
        What each point signals, in words; empty if nothing.
    names : tuple of str
        Titles of the centre, of the limits, and the unit of the rates.
    marks : sequence of tuple
        Days with a title, drawn as vertical lines.

    Returns
    -------
    plotly.graph_objects.Figure
        Limits, centre, rates.
    """
    colours = [
        ACCENT if not signal else ALARM if score > 0 else GOOD
        for signal, score in zip(chart["signal"], chart["score"], strict=True)
    ]
    rates = (chart["rate"] * PER).tolist()
    low, high = (chart["low"] * PER).tolist(), (chart["high"] * PER).tolist()
    band = {"mode": "lines", "line": {"width": 1, "color": QUIET, "dash": "dot", "shape": "hvh"}, "hoverinfo": "skip"}
    traces = [
        go.Scatter(x=list(days), y=high, name=names[1], **band),
        go.Scatter(
            x=list(days), y=low, name=names[1], showlegend=False, fill="tonexty", fillcolor="rgba(148,163,184,0.14)",
            **band,
        ),
        go.Scatter(
            x=list(days), y=(chart["centre"] * PER).tolist(), name=names[0], mode="lines",
            line={"color": OWN, "width": 1.5}, hoverinfo="skip",
        ),
        go.Scatter(
            x=list(days), y=rates, mode="lines+markers", showlegend=False,
            line={"color": ACCENT, "width": 1.5},
            marker={"color": colours, "size": [10 if signal else 6 for signal in chart["signal"]]},
            text=[f"<br>{signal}" if signal else "" for signal in signals],
            hovertemplate="%{x|%Y-%m-%d}: %{y:.1f}%{text}<extra></extra>",
        ),
    ]  # fmt: skip
    drawn = figure(traces, names[2])
    _mark(drawn, marks, days)
    return drawn.update_xaxes(type="date", tickformat=DAY, nticks=8).update_yaxes(rangemode="tozero")


def _mark(drawn: go.Figure, marks: Sequence[tuple[date, str]], days: Sequence[date]) -> None:
    """Draw days with their titles as vertical lines; the title of a late one stands to its left."""
    for place, (day, title) in enumerate(sorted(marks)):
        drawn.add_vline(day.isoformat(), line={"color": GOOD, "width": 1.5, "dash": "dash"})
        drawn.add_annotation(
            x=day.isoformat(), y=1 - 0.08 * (place % 4), yref="paper", text=escape(title, quote=False), showarrow=False,
            xanchor="right" if day > days[len(days) * 3 // 4] else "left", font={"color": GOOD, "size": 12},
        )  # fmt: skip


def interrupted(
    days: Sequence[date],
    rates: Sequence[float],
    fitted: Sequence[float],
    expected: Sequence[float],
    begins_on: date,
    names: tuple[str, str, str, str],
    title: str,
) -> go.Figure:
    """Return weekly rates, what the model has, and how it would have gone on without the intervention.

    Parameters
    ----------
    days : sequence of date
        The Monday of each week.
    rates, fitted, expected : sequence of float
        Per order: observed, as modelled, and without the intervention.
    begins_on : date
        When the intervention began.
    names : tuple of str
        Titles of the observed, the modelled and the expected rates, and their unit.
    title : str
        The intervention's title, at its line.

    Returns
    -------
    plotly.graph_objects.Figure
        Three traces and a vertical line.
    """
    after = [day >= begins_on for day in days]
    observed = np.asarray(rates, float) * PER
    without = [float(value) * PER if late else None for value, late in zip(expected, after, strict=True)]
    traces = [
        go.Scatter(
            x=list(days), y=observed.tolist(), name=names[0], mode="markers", marker={"color": QUIET, "size": 7},
            hovertemplate="%{x|%Y-%m-%d}: %{y:.1f}<extra></extra>",
        ),
        go.Scatter(
            x=list(days), y=(np.asarray(fitted, float) * PER).tolist(), name=names[1], mode="lines",
            line={"color": ACCENT, "width": 2}, hoverinfo="skip",
        ),
        go.Scatter(
            x=list(days), y=without, name=names[2], mode="lines", line={"color": OWN, "width": 2, "dash": "dash"},
            hoverinfo="skip",
        ),
    ]  # fmt: skip
    drawn = figure(traces, names[3])
    _mark(drawn, [(begins_on, title)], days)
    return drawn.update_xaxes(type="date", tickformat=DAY, nticks=8).update_yaxes(rangemode="tozero")


def durations(
    names: Sequence[str], middle: Sequence[float], late: Sequence[float], texts: Sequence[str], titles: tuple[str, str]
) -> go.Figure:
    """Return how long steps take: the median as a bar, the slowest tenth as a mark, the longest on top."""
    places = list(range(len(names)))
    bars = go.Bar(
        orientation="h", x=list(middle), y=places, name=titles[0], marker_color=ACCENT, customdata=list(texts),
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    marks = go.Scatter(
        x=list(late), y=places, name=titles[1], mode="markers", customdata=list(texts),
        marker={"color": ALARM, "symbol": "line-ns", "size": 14, "line": {"width": 2, "color": ALARM}},
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    drawn = figure([bars, marks], bargap=0.4, margin={"l": 8, "r": 16, "t": 32, "b": 24})
    drawn.update_xaxes(rangemode="tozero", ticksuffix="", nticks=8)
    return drawn.update_yaxes(autorange="reversed", tickvals=places, ticktext=list(names), showgrid=False, ticks="")
