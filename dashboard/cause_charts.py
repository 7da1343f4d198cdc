"""Figures for managers: excess with intervals, Pareto, treemap, waterfall, heat map; pure, like those of `charts`."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts import ACCENT, ALARM, OWN, QUIET, figure

GOOD = "#10b981"
SHADES = [[0, "rgba(59,130,246,0.06)"], [0.5, "#f59e0b"], [1, "#dc2626"]]


def excess_bars(
    names: Sequence[str], values: Sequence[float], low: Sequence[float], high: Sequence[float], texts: Sequence[str]
) -> go.Figure:
    """Return horizontal bars with their intervals, the first on top; the figure of each stands in its bar's place."""
    places = list(range(len(names)))
    bars = go.Bar(
        orientation="h",
        x=list(values),
        y=places,
        marker_color=ALARM,
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [top - value for top, value in zip(high, values, strict=True)],
            "arrayminus": [value - bottom for bottom, value in zip(low, values, strict=True)],
            "color": QUIET,
            "thickness": 1.5,
            "width": 4,
        },
        customdata=list(zip(names, texts, strict=True)),
        hovertemplate="%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
    )
    drawn = figure([bars], bargap=0.45, showlegend=False, margin={"l": 8, "r": 16, "t": 4, "b": 24})
    drawn.update_xaxes(zeroline=True, tickformat="~s", nticks=6, rangemode="tozero")
    return drawn.update_yaxes(autorange="reversed", tickvals=places, ticktext=list(names), showgrid=False, ticks="")


def pareto(names: Sequence[str], values: Sequence[float], texts: Sequence[str], unit: str, line: str) -> go.Figure:
    """Return bars, the largest first, under the line of their running share; those up to 80 % are in strong colour."""
    total = float(sum(values)) or 1.0
    running = np.cumsum(values) / total
    strong = [before < 0.8 for before in [0.0, *running[:-1]]]
    places = list(range(len(names)))
    traces = [
        go.Bar(
            x=places,
            y=list(values),
            marker_color=[ALARM if one else QUIET for one in strong],
            customdata=list(zip(names, texts, strict=True)),
            hovertemplate="%{customdata[0]}: %{customdata[1]}<extra></extra>",
            showlegend=False,
        ),
        go.Scatter(
            x=places,
            y=running.tolist(),
            yaxis="y2",
            name=line,
            mode="lines+markers",
            line={"color": ACCENT, "width": 2},
            hovertemplate="%{y:.0%}<extra></extra>",
        ),
    ]
    drawn = figure(traces, unit, bargap=0.25, margin={"l": 8, "r": 8, "t": 48, "b": 8})
    drawn.update_layout(
        yaxis={"tickformat": "~s", "rangemode": "tozero"},
        yaxis2={
            "overlaying": "y", "side": "right", "range": [0, 1.05], "tickformat": ".0%", "showgrid": False,
            "automargin": True,
        },
    )  # fmt: skip
    return drawn.update_xaxes(tickvals=places, ticktext=list(names), tickangle=-35)


def treemap(frame: pd.DataFrame, names: Sequence[str], texts: Sequence[str], colours: Sequence[str]) -> go.Figure:
    """Return nested areas.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``id, parent`` (empty at the top), ``value``: every parent's value is the sum of its children's.
    names : sequence of str
        Titles, one a row.
    texts : sequence of str
        Each area's figure, as people read it.
    colours : sequence of str
        Each area's colour.

    Returns
    -------
    plotly.graph_objects.Figure
        One treemap whose areas can be clicked.
    """
    area = go.Treemap(
        ids=frame["id"].tolist(),
        parents=frame["parent"].tolist(),
        values=frame["value"].astype(float).tolist(),
        labels=list(names),
        text=list(texts),
        branchvalues="total",
        texttemplate="%{label}<br>%{text}",
        hovertemplate="%{label}: %{text}<extra></extra>",
        marker={"line": {"width": 1}, "pad": {"t": 20, "l": 3, "r": 3, "b": 3}, "colors": list(colours)},
        pathbar={"visible": False},
        tiling={"pad": 2},
    )
    return figure([area], margin={"l": 4, "r": 4, "t": 4, "b": 4})


def waterfall(names: Sequence[str], values: Sequence[float], texts: Sequence[str], unit: str) -> go.Figure:
    """Return how one total becomes another: the first and the last value are totals, the others changes."""
    measures = ["absolute", *["relative"] * (len(values) - 2), "total"]
    steps = go.Waterfall(
        x=list(range(len(names))),
        y=list(values),
        measure=measures,
        text=list(texts),
        textposition="outside",
        cliponaxis=False,
        customdata=list(names),
        hovertemplate="%{customdata}: %{text}<extra></extra>",
        increasing={"marker": {"color": ALARM}},
        decreasing={"marker": {"color": GOOD}},
        totals={"marker": {"color": QUIET}},
        connector={"line": {"color": QUIET, "width": 1}},
    )
    drawn = figure([steps], unit, showlegend=False, margin={"l": 8, "r": 16, "t": 56, "b": 8})
    return drawn.update_xaxes(tickvals=list(range(len(names))), ticktext=list(names), tickangle=-25)


def heat_map(rates: pd.DataFrame, texts: pd.DataFrame, rows: Sequence[str], unit: str) -> go.Figure:
    """Return a rate by hour (columns) and weekday (rows, in order from the top); an empty cell had too few orders.

    Parameters
    ----------
    rates, texts : pandas.DataFrame
        Index weekdays, columns hours; the texts are shown on a mark.
    rows : sequence of str
        Titles of the weekdays.
    unit : str
        What the rate counts.

    Returns
    -------
    plotly.graph_objects.Figure
        One heat map.
    """
    cells = go.Heatmap(
        z=rates.to_numpy(float).tolist(),
        x=[f"{hour:02}" for hour in rates.columns],
        y=list(rows),
        text=texts.to_numpy(object).tolist(),
        hovertemplate="%{text}<extra></extra>",
        colorscale=SHADES,
        zmin=0,
        xgap=2,
        ygap=2,
        hoverongaps=False,
        colorbar={"thickness": 10, "tickformat": "~s", "outlinewidth": 0},
    )
    drawn = figure([cells], unit, margin={"l": 8, "r": 8, "t": 40, "b": 8})
    drawn.update_xaxes(type="category", showgrid=False, side="bottom", tickangle=0)
    return drawn.update_yaxes(autorange="reversed", showgrid=False)


def rate_bars(
    names: Sequence[str], rates: Sequence[float], low: Sequence[float], high: Sequence[float], texts: Sequence[str],
    overall: float, line: str,
) -> go.Figure:  # fmt: skip
    """Return rates with their intervals against the overall one; a bar whose interval lies above it stands out."""
    drawn = excess_bars(names, rates, low, high, texts)
    colours = [
        ALARM if bottom > overall else GOOD if top < overall else QUIET for bottom, top in zip(low, high, strict=True)
    ]
    drawn.update_traces(marker_color=colours)
    drawn.add_vline(overall, line={"color": OWN, "dash": "dash", "width": 1.5})
    drawn.add_annotation(
        x=overall,
        y=1,
        yref="paper",
        yshift=10,
        text=line,
        showarrow=False,
        font={"color": OWN, "size": 12},
        xanchor="left",
    )
    return drawn.update_layout(margin={"t": 24})
