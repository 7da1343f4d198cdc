"""For managers: rates by kind, cause, department, channel and operator, each with its control chart."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import control_figures, downloads, navigation, queries, segments, widgets
from dashboard.i18n import N_, _, format_date, format_day, format_number, ngettext
from dashboard.words import cause_title, kind_title, word
from dashboard.workspace import current
from models.improvement.control_charts import MINIMUM_POINTS, control_chart

PER = 1000
BY = ("kind", "cause", "department", "channel", "operator")
BY_TITLES = {
    "kind": N_("Kind"),
    "cause": N_("Cause"),
    "department": N_("Department"),
    "channel": N_("Channel"),
    "operator": N_("Entered by"),
}
SHOWN_WEEKS = 52
RECENT = 13
FEW = 5
"""An operator with fewer findings in a year is not told by name: that would be chance, and blame."""

SIGNALS = {
    "above": N_("above the limits"),
    "below": N_("below the limits"),
    "weeks_above": N_("three weeks together too high"),
    "weeks_below": N_("three weeks together too low"),
    "run_above": N_("13 weeks in a row above usual"),
    "run_below": N_("13 weeks in a row below usual"),
}


@dataclass(frozen=True)
class Weeks:
    """Findings and orders of the full weeks.

    Attributes
    ----------
    weeks : list of date
        The Mondays.
    orders : pandas.DataFrame
        Index weeks, one column a value: orders.
    found : pandas.DataFrame
        Of the same shape: findings.
    money : pandas.DataFrame
        Of the same shape: money at risk.
    """

    weeks: list[date]
    orders: pd.DataFrame
    found: pd.DataFrame
    money: pd.DataFrame

    def pooled(self) -> tuple[list[date], "pd.Series[float]", "pd.Series[float]"]:
        """Return weeks, findings and orders over all values."""
        return self.weeks, self.found.sum(axis=1), self.orders.max(axis=1)


def currency() -> str:
    """Return the currency that most findings are in."""
    clock = queries.fetch("cause_clock")
    found = clock["currency"].iloc[0] if len(clock) else None
    return "" if found is None or pd.isna(found) else str(found)


def full_weeks() -> list[date]:
    """Return the Mondays of the weeks that are covered whole, oldest first."""
    clock = queries.fetch("cause_clock")
    if clock.empty or pd.isna(clock["first_on"].iloc[0]):
        return []
    first, last = clock["first_on"].iloc[0].date(), clock["last_on"].iloc[0].date()
    monday = first + timedelta(days=-first.weekday() % 7)
    count = ((last + timedelta(days=1)) - monday).days // 7
    return [monday + timedelta(days=7 * number) for number in range(max(count, 0))]


def read(by: str = "", kind: str = "", cause: str = "", conditions: dict[str, str] | None = None) -> Weeks:
    """Return orders and findings of each full week, by the values of a dimension."""
    weeks = full_weeks()
    chosen = segments.parameters(conditions or {})
    given: dict[str, Any] = {"by": by, "kind": kind, "cause": cause, "currency": currency(), **chosen}
    found = queries.fetch("rate_found", **given)
    orders = queries.fetch("rate_orders", **given)
    by_value = by in ("channel", "operator")
    counted = {name: _wide(found, name, weeks) for name in ("found_count", "money")}
    ordered = _wide(orders, "order_count", weeks)
    if by_value:
        counted = {name: table.reindex(columns=ordered.columns, fill_value=0) for name, table in counted.items()}
    else:
        total = ordered.sum(axis=1)
        ordered = pd.DataFrame(dict.fromkeys(counted["found_count"].columns, total), index=ordered.index)
        if ordered.empty or not len(ordered.columns):
            ordered = pd.DataFrame({"": total})
            counted = {name: pd.DataFrame({"": 0.0}, index=total.index) for name in counted}
    return Weeks(weeks, ordered, counted["found_count"], counted["money"])


def _wide(frame: pd.DataFrame, name: str, weeks: list[date]) -> pd.DataFrame:
    index = pd.Index(weeks, name="week")
    if frame.empty:
        return pd.DataFrame(index=index)
    known = frame.dropna(subset=["value"]).assign(week=pd.to_datetime(frame["week"]).dt.date)
    table = known.pivot_table(index="week", columns="value", values=name, aggfunc="sum")
    return table.reindex(index).fillna(0)


def value_title(by: str, value: str) -> str:
    """Return a value's title."""
    if by == "kind":
        return kind_title(value)
    if by == "cause":
        return cause_title(value)
    return word(value) if by == "department" else segments.value_text(by, value)


def is_masked() -> bool:
    """Return whether operators' names are hidden by the setting."""
    return current().settings.mask_operators


def table(by: str) -> tuple[pd.DataFrame, Weeks]:
    """Return for each value its rate now and before, and the signal of its control chart.

    Returns
    -------
    tuple
        The table, the highest rate first, with columns ``value, title, rate, before, change, course, signal, found``,
        and the weeks it rests on.
    """
    read_weeks = read(by)
    rows = []
    for place, value in enumerate(read_weeks.found.columns):
        found, orders = read_weeks.found[value].to_numpy(float), read_weeks.orders[value].to_numpy(float)
        year = found[-SHOWN_WEEKS:].sum()
        if year == 0 or (by == "operator" and year < FEW):
            continue
        title = value_title(by, str(value))
        if by == "operator" and is_masked():
            title = _("Person {number}").format(number=place + 1)
        now, before = (_rate(found, orders, part) for part in (slice(-RECENT, None), slice(-2 * RECENT, -RECENT)))
        rows.append(
            {
                "value": str(value), "title": title, "found": int(year), "rate": now, "before": before,
                "change": None if now is None or before is None else now - before,
                "course": _course(found, orders), "signal": last_signal(found, orders),
            }
        )  # fmt: skip
    columns = ["value", "title", "found", "rate", "before", "change", "course", "signal"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.sort_values("rate", ascending=False, ignore_index=True, na_position="last"), read_weeks


def _rate(found: Any, orders: Any, part: slice) -> float | None:
    return float(found[part].sum() / orders[part].sum() * PER) if orders[part].sum() else None


def _course(found: Any, orders: Any) -> list[float]:
    weekly = np.divide(found, orders, out=np.zeros_like(found), where=orders > 0) * PER
    return [round(float(value), 2) for value in weekly[-SHOWN_WEEKS:]]


def last_signal(found: Any, orders: Any) -> str:
    """Return the latest signal among the last four weeks, empty if there is none."""
    chart = chart_of(found, orders)
    recent = [signal for signal in chart["signal"].tail(4) if signal]
    return recent[-1] if recent else ""


def chart_of(found: Any, orders: Any) -> pd.DataFrame:
    """Return the control chart of the latest weeks that had orders."""
    has_orders = np.asarray(orders, float) > 0
    return control_chart(
        np.asarray(found, float)[has_orders][-SHOWN_WEEKS:], np.asarray(orders, float)[has_orders][-SHOWN_WEEKS:]
    )


def show() -> None:
    """Draw the control chart of everything or of the value picked, over the table of rates."""
    by = st.segmented_control(
        _("Rates by"), BY, format_func=lambda name: _(BY_TITLES[name]), key="rates_by", required=True, default="kind"
    )
    frame, weeks = table(str(by))
    if frame.empty:
        widgets.empty(_("Nothing was found in the last 52 weeks."), _("No rates"))
        return
    holder = st.container()
    shown = frame.assign(signal=[_(SIGNALS[name]) if name else "–" for name in frame["signal"]])
    columns = {
        "title": widgets.column(_(BY_TITLES[str(by)]), width="medium"),
        "found": widgets.column(_("Findings in 52 weeks"), "whole"),
        "rate": widgets.column(_("Per 1,000 orders, last 13 weeks"), "rate"),
        "before": widgets.column(_("13 weeks before"), "rate"),
        "change": widgets.column(_("Change"), "change"),
        "course": st.column_config.LineChartColumn(_("52 weeks"), y_min=0),
        "signal": widgets.column(_("Signal of the last 4 weeks"), width="medium"),
    }
    event = widgets.table(
        shown, columns, _("Rates"), max_height=420, on_select="rerun", selection_mode="single-row", key=f"rates_{by}"
    )
    picked = event.selection.rows if event else []
    downloads.buttons(shown.drop(columns=["course", "value"]), "rates")
    with holder:
        value = str(frame["value"].iloc[picked[0]]) if picked else None
        title = str(frame["title"].iloc[picked[0]]) if picked else ""
        control(weeks, value, title, str(by))


def signals_now() -> None:
    """Draw the control chart of everything on the overview; a red point leads to the causes."""
    if not queries.has("cause_units") or len(full_weeks()) < MINIMUM_POINTS:
        return
    weeks = read("kind")
    everything = read()
    found, orders = everything.found.sum(axis=1), everything.orders.max(axis=1)
    has_orders = orders.gt(0)
    days = [day for day, there in zip(weeks.weeks, has_orders, strict=True) if there][-SHOWN_WEEKS:]
    chart = chart_of(found, orders)
    said = sentence(chart, days)
    hint = _("A red point is a signal, not noise. Click it to see where the exceptions of that time gather.")
    with widgets.card(f"{_('All exceptions')}: {said}", hint):
        words = [_(SIGNALS[one]) if one else "" for one in chart["signal"]]
        names = (_("Usual"), _("Limits"), _("Per 1,000 orders"))
        figure = control_figures.control(chart, days, words, names, _marks(days, None, ""))
        key = f"signals_now_{st.session_state.get('signals_turn', 0)}"
        event = widgets.chart(figure, key, said, 300, is_clickable=True)
        if event and event.get("selection", {}).get("points"):
            _to_causes()
        rising = [
            str(kind)
            for kind in weeks.found.columns
            if last_signal(weeks.found[kind], weeks.orders[kind]).endswith("above")
        ]
        with st.container(horizontal=True):
            for kind in rising:
                if st.button(
                    _("{kind} rises: where?").format(kind=kind_title(kind)),
                    key=f"rising_{kind}",
                    icon=":material/trending_up:",
                ):
                    _to_causes(kind)


def _to_causes(kind: str = "") -> None:
    """Open the root causes of a kind, or of all."""
    st.session_state["signals_turn"] = st.session_state.get("signals_turn", 0) + 1
    parameters = {"measure": "count", **({"kind": kind} if kind else {})}
    st.switch_page(navigation.PAGES_FOLDER / "root_causes.py", query_params=parameters)


def control(weeks: Weeks, value: str | None, title: str, by: str) -> None:
    """Draw one control chart, with the interventions that concern it."""
    if value is None:
        all_weeks = read()
        found, orders = all_weeks.found.sum(axis=1), all_weeks.orders.max(axis=1)
    else:
        found, orders = weeks.found[value], weeks.orders[value]
    has_orders = orders.gt(0)
    days = [day for day, there in zip(weeks.weeks, has_orders, strict=True) if there][-SHOWN_WEEKS:]
    chart = chart_of(found, orders)
    said = sentence(chart, days)
    name = widgets.plain(title) if value is not None else _("All exceptions")
    hint = _(
        "Each point is a week. The limits hold what chance does to a steady rate, widened where weeks vary more than "
        "counting alone explains (u-chart with Laney's correction). A red point is a signal, not noise."
    )
    with widgets.card(f"{name}: {said}", hint):
        marks = _marks(days, value, by)
        figure = control_figures.control(chart, days, [_(SIGNALS[one]) if one else "" for one in chart["signal"]],
                                         (_("Usual"), _("Limits"), _("Per 1,000 orders")), marks)  # fmt: skip
        widgets.chart(figure, f"control_{by}_{value}", f"{name}: {said}", 340)


def _marks(days: list[date], value: str | None, by: str) -> list[tuple[date, str]]:
    """Return the interventions since the first week shown that are about this value, or about everything."""
    frame = current().casebook.interventions.list()
    marks = []
    for row in frame.to_dict("records"):
        about = {"kind": row["kind"], "cause": row["cause"], "department": row["department"], **row["conditions"]}
        if days and row["begins_on"] >= days[0] and (value is None or about.get(by) in (value, "", None)):
            marks.append((row["begins_on"], str(row["title"])))
    return marks


def sentence(chart: pd.DataFrame, days: list[date]) -> str:
    """Say what a control chart shows."""
    if len(chart) < MINIMUM_POINTS or chart["centre"].isna().all():
        return _("too few weeks for limits")
    places = [place for place, signal in enumerate(chart["signal"]) if signal]
    centre = format_number(chart["centre"].iloc[0] * PER, 1)
    if not places:
        return _("steady around {rate} per 1,000 orders, nothing but noise").format(rate=centre)
    last = places[-1]
    if last < len(chart) - 4:
        return _("calm since {day}, usually {rate} per 1,000 orders").format(day=format_date(days[last]), rate=centre)
    recent = sum(place >= len(chart) - 4 for place in places)
    weeks = ngettext("{count} signal in the last 4 weeks", "{count} signals in the last 4 weeks", recent)
    return _("{signals}: {what} in the week of {day}, usually {rate} per 1,000 orders").format(
        signals=weeks, what=_(SIGNALS[chart["signal"].iloc[last]]), day=format_day(days[last]), rate=centre
    )
