"""The managers' numbers: tiles and charts of the overview, each with a title that says what it shows."""

from dataclasses import dataclass
from itertools import cycle
from math import sqrt
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import charts, navigation, queries, widgets
from dashboard.i18n import _, format_day, format_money, format_number, format_percent, ngettext
from dashboard.words import cause_title, kind_title, word
from data.vocabulary import KINDS

WEEKS = 26
COLOURS = dict(zip(KINDS, cycle(charts.PALETTE), strict=False))
RECENT = 4
"""Weeks that count as now in the tiles; they are compared with as many before."""


@dataclass(frozen=True)
class Facts:
    """What the overview is drawn from.

    Attributes
    ----------
    clock : pandas.Series
        Number of orders, first and last time, currency.
    weeks : pandas.DataFrame
        Columns ``week, order_count``: the latest weeks.
    kinds : pandas.DataFrame
        Columns ``week, kind, exception_count``.
    open_by : pandas.DataFrame
        Columns ``kind, cause, department, alert_count, money``.
    review : pandas.DataFrame
        Columns ``kind, likely_count, reviewed_count, confirmed_count, rejected_count``.
    """

    clock: pd.Series
    weeks: pd.DataFrame
    kinds: pd.DataFrame
    open_by: pd.DataFrame
    review: pd.DataFrame

    @property
    def money(self) -> "pd.Series[float]":
        """Money at risk by currency, the largest amount first; amounts in several currencies are never added up."""
        sums: pd.Series[float] = self.open_by.groupby("currency")["money"].sum().sort_values(ascending=False)
        return sums if len(sums) else pd.Series({"": 0.0})

    @property
    def weekly(self) -> pd.Series:
        """Exceptions per 1,000 orders by week."""
        found = self.kinds.groupby("week")["exception_count"].sum().reindex(self.weeks["week"]).fillna(0)
        rate: pd.Series = found / self.weeks.set_index("week")["order_count"] * 1000
        return rate


def facts() -> Facts | None:
    """Read the overview's numbers; None where there are no orders."""
    clock = queries.fetch("clock")
    weeks = queries.fetch("weeks").tail(WEEKS)
    if clock.empty or not clock["order_count"].iloc[0]:
        return None
    kinds = queries.fetch("kinds_by_week")
    kinds = kinds[kinds["week"].isin(weeks["week"])]
    return Facts(clock.iloc[0], weeks, kinds, queries.fetch("open_by"), queries.fetch("review"))


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of a share after Wilson; (0, 1) without any trial."""
    if not trials:
        return 0.0, 1.0
    z, share = 1.96, hits / trials
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / (1 + z * z / trials)
    return max(0.0, middle - half), min(1.0, middle + half)


def intervals(hits: "pd.Series[int]", trials: "pd.Series[int]") -> pd.DataFrame:
    """Return the 95 % intervals of shares after Wilson: columns ``low, high``, on the index of ``hits``."""
    bounds = [wilson(int(hit), int(trial)) for hit, trial in zip(hits, trials, strict=True)]
    return pd.DataFrame(bounds, columns=["low", "high"], index=hits.index, dtype="float64")


def interval_texts(hits: "pd.Series[int]", trials: "pd.Series[int]") -> list[str]:
    """Return the same as people read them; a dash where nothing was tried."""
    bounds = intervals(hits, trials)
    return [
        f"{format_percent(low)} – {format_percent(high)}" if trial else "–"
        for low, high, trial in zip(bounds["low"], bounds["high"], trials, strict=True)
    ]


def _change(series: pd.Series) -> tuple[float | None, float]:
    """Return the mean of the latest full weeks, and its change against as many weeks before."""
    full = series.iloc[:-1] if len(series) > 2 * RECENT else series
    now, before = full.tail(RECENT).mean(), full.iloc[:-RECENT].tail(RECENT).mean()
    return (None if pd.isna(now) else float(now)), (0.0 if pd.isna(before) or pd.isna(now) else float(now - before))


def tiles(found: Facts) -> None:
    """Draw the five figures that a manager asks for first, each with its course."""
    orders = found.weeks.set_index("week")["order_count"]
    rate, rate_change = _change(found.weekly)
    weekly_orders, orders_change = _change(orders)
    reviewed, likely = found.review["reviewed_count"].sum(), found.review["likely_count"].sum()
    confirmed, rejected = found.review["confirmed_count"].sum(), found.review["rejected_count"].sum()
    opened = queries.fetch("open_weeks", currency=str(found.money.index[0])).set_index("week")
    opened = opened.reindex(found.weeks["week"]).astype("float64").fillna(0)
    against = _("in 4 weeks")
    same: dict[str, Any] = {"border": True, "height": "stretch"}
    with st.grid(5, min_column_width=150):
        st.metric(
            _("Orders checked"),
            format_number(found.clock["order_count"]),
            round(orders_change) if weekly_orders is not None else None,
            delta_color="off",
            delta_description=_("a week"),
            chart_data=orders.iloc[:-1].tolist(),
            chart_type="bar",
            help=_("Orders that are not cancelled. The arrow compares the last 4 full weeks with the 4 before."),
            **same,
        )
        st.metric(
            _("Exceptions per 1,000 orders"),
            format_number(rate, 1),
            round(rate_change, 1),
            delta_color="inverse",
            delta_description=against,
            chart_data=found.weekly.iloc[:-1].round(2).tolist(),
            help=_("Mean of the last 4 full weeks."),
            **same,
        )
        st.metric(
            _("Open exceptions"),
            format_number(found.open_by["alert_count"].sum()),
            delta=_("{count} nearly sure").format(count=format_number(found.open_by["sure_count"].sum())),
            delta_color="off",
            delta_arrow="off",
            chart_data=opened["alert_count"].tolist(),
            chart_type="bar",
            help=_(
                "Alerts that are likely real (50% or more) and that nobody has judged yet, by the week of the order."
            ),
            **same,
        )
        st.metric(
            _("Money at risk"),
            _amount(found, 0),
            delta=" · ".join(_amount(found, place) for place in range(1, min(len(found.money), 3))) or None,
            delta_color="off",
            delta_arrow="off",
            chart_data=opened["money"].round().tolist(),
            chart_type="bar",
            help=_("Impact × chance of being real, over the open alerts, by currency and by the week of the order."),
            **same,
        )
        st.metric(
            _("Reviewed"),
            format_percent(reviewed / likely if likely else None),
            help=ngettext("{count} likely exception in all.", "{count} likely exceptions in all.", int(likely)),
            delta=_("{share} confirmed").format(share=format_percent(confirmed / (confirmed + rejected)))
            if confirmed + rejected
            else _("none judged yet"),
            delta_color="off",
            delta_arrow="off",
            **same,
        )


def _amount(found: Facts, place: int) -> str:
    return format_money(float(found.money.iloc[place]), str(found.money.index[place]), is_compact=True)


def trend_title(found: Facts) -> str:
    """Say whether exceptions got more or fewer."""
    rate, change = _change(found.weekly)
    if rate is None:
        return _("Exceptions per 1,000 orders, by week")
    before = rate - change
    values = {"now": format_number(rate, 1), "before": format_number(before, 1)}
    if before and abs(change) / before < 0.1:
        return _("Steady: {now} exceptions per 1,000 orders in the last 4 weeks, {before} before").format(**values)
    if change > 0:
        return _("Rising: {now} exceptions per 1,000 orders in the last 4 weeks, {before} before").format(**values)
    return _("Falling: {now} exceptions per 1,000 orders in the last 4 weeks, {before} before").format(**values)


def trend(found: Facts) -> None:
    """Draw exceptions per 1,000 orders by week and kind."""
    orders = found.weeks.set_index("week")["order_count"]
    frame = found.kinds.assign(rate=found.kinds["exception_count"] / found.kinds["week"].map(orders) * 1000)
    order = frame.groupby("kind")["exception_count"].sum().sort_values(ascending=False)
    names = {str(kind): kind_title(str(kind)) for kind in order.index}
    labels = [format_day(week) for week in found.weeks["week"]]
    unit = _("per 1,000 orders")
    figure = charts.stacked_weeks(frame, list(found.weeks["week"]), names, COLOURS, labels, unit)
    widgets.chart(figure, "trend", trend_title(found), 340)


def _bars(rows: pd.DataFrame, titles: list[str], texts: list[str], key: str, alt: str) -> str | None:
    """Draw ranked bars; return the code word of the one that was clicked."""
    names = rows["name"].tolist()
    figure = charts.ranked_bars(titles, rows["value"].tolist(), texts)
    event = widgets.chart(figure, key, alt, max(120, 30 * len(rows) + 16), is_clickable=True)
    return widgets.clicked_bar(event, names)


def _sums(found: Facts, column: str, value: str) -> pd.DataFrame:
    return _ranked(found.open_by.groupby(column)[value].sum())


def _ranked(sums: "pd.Series[float]") -> pd.DataFrame:
    ranked = sums.sort_values(ascending=False).head(10).reset_index()
    ranked.columns = pd.Index(["name", "value"])
    return ranked


def _to_queue(**parameters: str | list[str]) -> None:
    st.switch_page(navigation.PAGES_FOLDER / "exceptions.py", query_params=parameters)


def _none_open() -> None:
    st.caption(_("Nothing is open."))


def _money_by_kind(found: Facts) -> pd.DataFrame:
    main = found.open_by[found.open_by["currency"].eq(found.money.index[0])]
    return _ranked(main.groupby("kind")["money"].sum())


def money_title(found: Facts) -> str:
    """Name the kind that holds most of the money at risk."""
    sums = _money_by_kind(found)
    if sums.empty or not sums["value"].sum():
        return _("Money at risk by kind")
    share = format_percent(sums["value"].iloc[0] / found.money.iloc[0])
    return _("{kind}: {share} of the money at risk").format(kind=kind_title(sums["name"].iloc[0]), share=share)


def money(found: Facts) -> None:
    """Draw the money at risk by kind, in the currency with most of it; a click opens the queue."""
    sums = _money_by_kind(found)
    if sums.empty:
        _none_open()
        return
    texts = [format_money(value, str(found.money.index[0]), is_compact=True) for value in sums["value"]]
    clicked = _bars(sums, [kind_title(name) for name in sums["name"]], texts, "money", money_title(found))
    if clicked:
        _to_queue(kind=[clicked])


def causes_title(found: Facts) -> str:
    """Name the most frequent cause that is known."""
    sums = _sums(found, "cause", "alert_count")
    known = sums[sums["name"].ne("unknown")]
    if known.empty:
        return _("Likely causes")
    share = format_percent(known["value"].iloc[0] / found.open_by["alert_count"].sum())
    return _("{cause} is behind {share} of the open alerts").format(
        cause=cause_title(known["name"].iloc[0]), share=share
    )


def causes(found: Facts) -> None:
    """Draw the open alerts by cause; a click opens the queue."""
    sums = _sums(found, "cause", "alert_count")
    if sums.empty:
        _none_open()
        return
    texts = [format_number(value) for value in sums["value"]]
    clicked = _bars(sums, [cause_title(name) for name in sums["name"]], texts, "causes", causes_title(found))
    if clicked:
        _to_queue(cause=[clicked])


def departments_title(found: Facts) -> str:
    """Name the department with most to do."""
    sums = _sums(found, "department", "alert_count")
    if sums.empty:
        return _("Departments")
    count = ngettext("{count} open alert", "{count} open alerts", sums["value"].iloc[0])
    return _("{department} has most to do: {count}").format(department=word(sums["name"].iloc[0]), count=count)


def departments(found: Facts) -> None:
    """Draw the open alerts by department; a click opens the queue."""
    sums = _sums(found, "department", "alert_count")
    if sums.empty:
        _none_open()
        return
    texts = [format_number(value) for value in sums["value"]]
    clicked = _bars(sums, [word(name) for name in sums["name"]], texts, "departments", departments_title(found))
    if clicked:
        _to_queue(department=[clicked])


def precision_title(found: Facts) -> str:
    """Say how often reviewers agreed."""
    confirmed, rejected = int(found.review["confirmed_count"].sum()), int(found.review["rejected_count"].sum())
    if not confirmed + rejected:
        return _("How often are the exceptions right?")
    share = format_percent(confirmed / (confirmed + rejected))
    return _("{share} of the judged exceptions were right").format(share=share)


def precision(found: Facts) -> None:
    """List by kind how many were judged and how many of those were right."""
    review = found.review.assign(judged=found.review["confirmed_count"] + found.review["rejected_count"])
    review = review[review["judged"].gt(0)]
    if review.empty:
        st.caption(_("Nobody has judged an exception yet. Confirm or reject some in the queue."))
        return
    shown = pd.DataFrame(
        {
            "kind": [kind_title(kind) for kind in review["kind"]],
            "judged": review["judged"].to_numpy(),
            "right": (review["confirmed_count"] / review["judged"]).to_numpy(),
            "interval": interval_texts(review["confirmed_count"], review["judged"]),
        }
    )
    columns = {
        "kind": widgets.column(_("Kind")),
        "judged": widgets.column(_("Judged"), "whole"),
        "right": widgets.column(_("Right"), "share"),
        "interval": widgets.column(_("95% interval")),
    }
    widgets.table(shown, columns, precision_title(found))
