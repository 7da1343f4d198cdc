"""The causes by weight, the areas they fall into, and the hours of the week: each picture leads on."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import cause_charts, cause_view, charts, segments, widgets
from dashboard.cause_view import FEW_ORDERS, View
from dashboard.i18n import _, format_number, format_percent, ngettext
from dashboard.words import cause_title, kind_title, word
from models.root_causes.change import PER

CLEARLY = 3.0
"""From so many standard deviations on, the best of a dozen parts of the week is told of."""

AREA_OPACITY = ("26", "4d", "8c")
"""How strong the colour of an area is at each depth, in hexadecimal."""


def pareto(shown: View) -> None:
    """Draw the causes by their weight, with the running share; a click opens the findings."""
    found = cause_view.measured(cause_view.kinds_between(shown, shown.since, shown.since), shown)
    frame = found[found["value"].gt(0)].groupby(["kind", "cause"])["value"].sum().reset_index()
    frame = frame.sort_values("value", ascending=False, ignore_index=True)
    if frame.empty:
        with widgets.card(_("What goes wrong most")):
            st.caption(_("Nothing was found in this period."))
        return
    few = int((frame["value"].cumsum() / frame["value"].sum()).lt(0.8).sum()) + 1
    title = ngettext(
        "{count} cause makes up 80% of it", "{count} causes make up 80% of it", few
    ) + f" ({shown.amount(float(frame['value'].sum()))})"  # fmt: skip
    shown_rows = frame.head(9)
    names = _distinct([_cause_name(row) for row in shown_rows.to_dict("records")], shown_rows["kind"].tolist())
    texts = [shown.amount(value) for value in shown_rows["value"]]
    with widgets.card(title, _("Likely findings that nobody rejected, by kind and cause, the weightiest first.")):
        figure = cause_charts.pareto(names, shown_rows["value"].tolist(), texts, shown.unit, _("Running share"))
        event = widgets.chart(figure, f"pareto_{cause_view.turn()}", title, 380, is_clickable=True)
        place = widgets.clicked_bar(event, [str(number) for number in range(len(shown_rows))])
        if place is not None:
            row = shown_rows.iloc[int(place)]
            st.session_state[f"{cause_view.PAGE}_turn"] = cause_view.turn() + 1
            cause_view.to_queue(shown, row["kind"], row["cause"], {})


def _cause_name(row: dict[Any, Any]) -> str:
    if row["cause"] == "unknown":
        return kind_title(row["kind"])
    return cause_title(row["cause"], row["kind"])


def _distinct(names: list[str], kinds: list[str]) -> list[str]:
    """Add the kind to a name that stands for several."""
    return [
        f"{name} ({kind_title(kind)})" if names.count(name) > 1 and name != kind_title(kind) else name
        for name, kind in zip(names, kinds, strict=True)
    ]


def areas(shown: View) -> None:
    """Draw department, kind and cause as nested areas; a click looks into a cause."""
    frame = cause_view.measured(cause_view.kinds_between(shown, shown.since, shown.since), shown)
    frame = frame[frame["value"].gt(0)]
    if frame.empty:
        return
    tree = _tree(frame)
    names = [_area_name(row) for row in tree.to_dict("records")]
    top = tree[tree["parent"].eq("")].sort_values("value", ascending=False).iloc[0]
    share = format_percent(top["value"] / tree[tree["parent"].eq("")]["value"].sum())
    title = _("{department} owns {share} of it").format(department=word(top["word"]), share=share)
    with widgets.card(title, _("By the department that owns the cause, then by kind and cause.")):
        owners = sorted(frame["department"].unique())
        shades = [
            f"{charts.PALETTE[owners.index(name.split('/')[0])]}{AREA_OPACITY[name.count('/')]}" for name in tree["id"]
        ]
        figure = cause_charts.treemap(tree, names, [shown.amount(value) for value in tree["value"]], shades)
        event = widgets.chart(figure, f"areas_{cause_view.turn()}", title, 400, is_clickable=True)
        place = widgets.clicked_bar(event, tree["id"].tolist())
        if place is not None:
            parts = place.split("/")
            if len(parts) > 1:
                cause_view.choose(kind=parts[1], cause=parts[2] if len(parts) > 2 else "")


def _tree(frame: pd.DataFrame) -> pd.DataFrame:
    """Return every department, every kind in it and every cause in that, each with the sum of what it holds."""
    levels = ["department", "kind", "cause"]
    rows = []
    for depth in range(1, 4):
        sums = frame.groupby(levels[:depth])["value"].sum()
        for key, value in sums.items():
            parts = [str(part) for part in key] if isinstance(key, tuple) else [str(key)]
            rows.append({"id": "/".join(parts), "parent": "/".join(parts[:-1]), "word": parts[-1], "value": value})
    return pd.DataFrame(rows)


def _area_name(row: dict[Any, Any]) -> str:
    depth = row["id"].count("/")
    kind = row["id"].split("/")[1] if depth else ""
    if depth == 0:
        return word(row["word"])
    return kind_title(kind) if depth == 1 else cause_title(row["word"], kind)


def hours(shown: View) -> None:
    """Draw the rate by weekday and hour of the order."""
    frame = cause_view.by_values(shown, "weekday_hour")
    frame = frame[frame["value"].notna() & frame["value"].ne("")]
    if frame.empty:
        return
    parts = frame["value"].str.split(" ", expand=True).astype(int)
    frame = frame.assign(weekday=parts[0], hour=parts[1])
    rate = (frame["found_count"] / frame["unit_count"] * PER).where(frame["unit_count"].ge(FEW_ORDERS))
    frame = frame.assign(rate=rate)
    hours_shown = list(range(24))
    grid = frame.pivot(index="weekday", columns="hour", values="rate").reindex(index=range(1, 8), columns=hours_shown)
    frame = frame.assign(
        text=[
            _("{day} {hour}:00: {found} of {units}").format(
                day=segments.weekday(int(row["weekday"])),
                hour=f"{row['hour']:02}",
                found=format_number(row["found_count"]),
                units=format_number(row["unit_count"]),
            )
            for row in frame.to_dict("records")
        ]
    )  # fmt: skip
    texts = frame.pivot(index="weekday", columns="hour", values="text").reindex(index=range(1, 8), columns=hours_shown)
    title = _hours_title(frame)
    unit = _("Findings per 1,000 lines") if shown.grain == "line" else _("Findings per 1,000 orders")
    with widgets.card(title, _("By the time of the order. Cells with fewer than 5 orders stay empty.")):
        figure = cause_charts.heat_map(
            grid, texts.fillna(""), [segments.weekday(number, "abbreviated") for number in range(1, 8)], unit
        )
        widgets.chart(figure, "hours", title, 300)


def _hours_title(frame: pd.DataFrame) -> str:
    """Name the weekday or the part of the day whose rate stands out, where one does beyond chance."""
    days = frame.assign(name=[segments.weekday(int(day)) for day in frame["weekday"]])
    parts = frame.assign(
        name=[segments.value_text("hours", f"{hour // 4 * 4:02}-{hour // 4 * 4 + 4:02}") for hour in frame["hour"]]
    )
    found = pd.concat([_against_rest(days), _against_rest(parts)])
    if found["z"].max() < CLEARLY:
        return _("No weekday and no time of day stands out")
    best = found.sort_values("z").iloc[-1]
    return _("{time}: {times} times as many as at other times").format(
        time=best.name, times=format_number(best["found_count"] / max(best["expected"], 0.1), 1)
    )


def _against_rest(frame: pd.DataFrame) -> pd.DataFrame:
    """Return by name how many were found, how many everybody else's rate gives, and how many deviations that is off."""
    sums = frame.groupby("name")[["found_count", "unit_count"]].sum()
    total = sums.sum()
    rest = (total["found_count"] - sums["found_count"]) / (total["unit_count"] - sums["unit_count"]).clip(lower=1)
    expected = rest * sums["unit_count"]
    return sums.assign(expected=expected, z=(sums["found_count"] - expected) / np.sqrt(expected.clip(lower=1)))
