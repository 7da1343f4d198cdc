"""Figures: pure functions from a frame to an ECharts option, which is plain JSON; no streamlit, no database.

Text comes in translated; colours say the same thing on every chart and read on light and dark ground.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

Option = dict[str, Any]

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


def _base(**more: Any) -> Option:
    grid = {"left": 8, "right": 16, "top": 36, "bottom": 8, "containLabel": True}
    return {"grid": grid, "animationDuration": 200, "tooltip": {"trigger": "axis", "confine": True}, **more}


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else round(float(value), 4)


def stacked_weeks(
    frame: pd.DataFrame,
    weeks: Sequence[Any],
    names: Mapping[str, str],
    colours: Mapping[str, str],
    labels: Sequence[str],
    unit: str,
) -> Option:
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
    dict
        The ECharts option.
    """
    table = (
        frame.pivot_table(index="week", columns="kind", values="rate", aggfunc="sum").reindex(pd.Index(weeks)).fillna(0)
    )
    series = [
        {
            "type": "bar",
            "stack": "all",
            "name": title,
            "itemStyle": {"color": colours.get(kind, QUIET)},
            "data": [_number(value) for value in table[kind]] if kind in table else [0] * len(weeks),
        }
        for kind, title in names.items()
    ]
    return _base(
        grid={"left": 8, "right": 16, "top": 72, "bottom": 8, "containLabel": True},
        legend={"type": "scroll", "top": 0, "itemWidth": 12, "itemHeight": 8},
        xAxis={"type": "category", "data": list(labels)},
        yAxis={"type": "value", "name": unit, "nameTextStyle": {"align": "left"}},
        series=series,
    )


def ranked_bars(
    names: Sequence[str],
    values: Sequence[float],
    texts: Sequence[str],
    colours: Sequence[str] | None = None,
) -> Option:
    """Return horizontal bars, the longest on top, each with its figure; a bar can be clicked."""
    data = [
        {"value": _number(value), "label": {"formatter": text}, "itemStyle": {"color": colour}}
        for value, text, colour in zip(values, texts, colours or [ACCENT] * len(names), strict=True)
    ]
    return _base(
        grid={"left": 8, "right": 72, "top": 4, "bottom": 4, "containLabel": True},
        tooltip={"trigger": "item", "confine": True, "formatter": "{b}"},
        xAxis={"type": "value", "show": False},
        yAxis={"type": "category", "data": list(names), "inverse": True, "axisTick": {"show": False}},
        series=[
            {
                "type": "bar",
                "data": data,
                "barMaxWidth": 22,
                "selectedMode": "single",
                "label": {"show": True, "position": "right"},
            }
        ],
    )


def history(points: pd.DataFrame, groups: Mapping[str, str], unit: str, usual: float | None = None) -> Option:
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
    dict
        The ECharts option.
    """
    colours = {"other": QUIET, "own": OWN, "case": ALARM}
    series: list[Option] = []
    for group, title in groups.items():
        part = points[points["group"].eq(group)].tail(MAX_MARKS)
        if part.empty:
            continue
        series.append(
            {
                "type": "scatter",
                "name": title,
                "symbol": "diamond" if group == "case" else "circle",
                "symbolSize": 16 if group == "case" else 7,
                "z": 5 if group == "case" else 2,
                "itemStyle": {"color": colours[group], "opacity": 1 if group == "case" else 0.7},
                "data": [
                    {"name": name, "value": [at.isoformat(), _number(value)]}
                    for at, value, name in zip(part["at"], part["value"], part["name"], strict=True)
                ],
            }
        )
    if series and usual is not None:
        line = {"lineStyle": {"color": ACCENT, "type": "dashed"}, "symbol": "none", "data": [{"yAxis": _number(usual)}]}
        series[-1]["markLine"] = {**line, "silent": True, "label": {"formatter": f"{usual:,.2f}", "color": ACCENT}}
    return _base(
        legend={"top": 0, "itemWidth": 10, "itemHeight": 10},
        tooltip={"trigger": "item", "confine": True, "formatter": "{b}<br/>{c}"},
        grid={"left": 8, "right": 48, "top": 56, "bottom": 8, "containLabel": True},
        xAxis={"type": "time", "axisLabel": {"formatter": "{yyyy}-{MM}-{dd}", "hideOverlap": True}},
        yAxis={"type": "value", "name": unit, "nameTextStyle": {"align": "left"}, "scale": True},
        series=series,
    )


def stock(days: pd.DataFrame, moment: Any, names: tuple[str, str, str], unit: str) -> Option:
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
    dict
        The ECharts option.
    """
    dates = [pd.Timestamp(day).strftime("%Y-%m-%d") for day in days["day"]]
    at = pd.Timestamp(moment).strftime("%Y-%m-%d")
    mark = {
        "symbol": "none",
        "silent": True,
        "lineStyle": {"color": ALARM},
        "label": {"formatter": names[2], "color": ALARM},
        "data": [{"xAxis": at}] if at in dates else [],
    }
    return _base(
        legend={"top": 0, "itemWidth": 12, "itemHeight": 8},
        grid={"left": 8, "right": 32, "top": 56, "bottom": 8, "containLabel": True},
        xAxis={"type": "category", "data": dates},
        yAxis={"type": "value", "name": unit, "nameTextStyle": {"align": "left"}},
        series=[
            {
                "type": "bar",
                "name": names[1],
                "itemStyle": {"color": QUIET},
                "data": [_number(value) for value in days["ordered"]],
            },
            {
                "type": "line",
                "name": names[0],
                "step": "end",
                "showSymbol": False,
                "connectNulls": True,
                "itemStyle": {"color": ACCENT},
                "data": [_number(value) for value in days["on_hand"]],
                "markLine": mark,
            },
        ],
    )


def contributions(names: Sequence[str], values: Sequence[float], texts: Sequence[str]) -> Option:
    """Return how much each part adds to a judgement; what speaks against it points left, in grey."""
    colours = [ALARM if value > 0 else QUIET for value in values]
    option = ranked_bars(names, values, texts, colours)
    if any(value < 0 for value in values):
        option["yAxis"]["axisLine"] = {"onZero": False, "show": False}
        option["grid"]["left"] = 40
        for bar, value in zip(option["series"][0]["data"], values, strict=True):
            bar["label"]["position"] = "right" if value >= 0 else "left"
    return option
