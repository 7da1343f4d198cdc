"""For managers: how soon findings are told and resolved, what comes back, how right the checks are, what was saved."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import control_figures, improvement_rates, quality, queries, widgets
from dashboard.i18n import _, format_money, format_number, format_percent, ngettext
from dashboard.words import kind_title
from dashboard.workspace import current
from data.casebook.case_states import CLOSED
from models.improvement.control_charts import proportion_chart

WEEKS = 52
MANY_CASES = 100_000


def cases() -> pd.DataFrame:
    """Return the cases, with the hours each took; empty where there are none."""
    frame = current().casebook.case_lists.list(limit=MANY_CASES)
    hours = (frame["closed_at"] - frame["opened_at"]).dt.total_seconds() / 3600
    in_time = frame["closed_at"].le(frame["due_at"]).where(frame["closed_at"].notna())
    late = frame["closed_at"].isna() & frame["is_overdue"]
    return frame.assign(hours=hours, in_time=in_time.mask(late, False))


def show() -> None:
    """Draw the figures of the work on findings."""
    frame = cases()
    _tiles(frame)
    left, right = st.columns(2)
    with left:
        _resolving(frame)
    with right:
        _service(frame)
    left, right = st.columns(2)
    with left:
        _detecting()
    with right:
        _repeats(frame)
    quality.by_check()
    _money(frame)


def _median(values: "pd.Series[float]") -> float | None:
    known = values.dropna()
    return float(known.median()) if len(known) else None


def hours_text(hours: float | None) -> str:
    """Return a duration: ``5 h``, ``3.2 days``."""
    if hours is None or pd.isna(hours):
        return "–"
    if hours < 48:
        return _("{count} h").format(count=format_number(hours, 1))
    return _("{count} days").format(count=format_number(hours / 24, 1))


def _tiles(frame: pd.DataFrame) -> None:
    done = frame[frame["state"].isin(CLOSED)]
    judged = frame["in_time"].dropna().astype(bool)
    checked, _likely, stopped = current().casebook.order_checks.caught()
    with st.grid(4, min_column_width=160):
        st.metric(
            _("Time to resolve, median"), hours_text(_median(done["hours"])), border=True,
            help=_("From opening a case to closing it."),
        )  # fmt: skip
        st.metric(
            _("Resolved in time"), format_percent(judged.mean() if len(judged) else None), border=True,
            help=_("Cases closed by their due time, of those closed or overdue."),
        )  # fmt: skip
        st.metric(
            _("Reopened"), format_percent(frame["reopened_count"].gt(0).mean() if len(frame) else None), border=True,
            help=_("Cases that came back after they were closed."),
        )  # fmt: skip
        st.metric(
            _("Duplicates stopped before entry"), format_number(stopped), border=True,
            help=_(
                "Orders that the check before entry took for likely repetitions, and that were not entered after it."
            ),
            delta=ngettext("{count} order checked", "{count} orders checked", checked), delta_color="off",
            delta_arrow="off",
        )  # fmt: skip


def _resolving(frame: pd.DataFrame) -> None:
    done = frame[frame["hours"].notna()]
    groups = done.groupby("kind")["hours"]
    table = pd.DataFrame({"middle": groups.median(), "late": groups.quantile(0.9), "count": groups.size()})
    table = table.sort_values("middle", ascending=False)
    if table.empty:
        with widgets.card(_("How long resolving takes")):
            st.caption(_("No case was closed yet."))
        return
    title = _("{kind} takes longest to resolve: {time}").format(
        kind=kind_title(str(table.index[0])), time=hours_text(float(table["middle"].iloc[0]))
    )
    with widgets.card(title, _("From opening a case to closing it, in hours.")):
        texts = [
            _("{kind}: half within {middle}, nine in ten within {late} ({count} cases)").format(
                kind=kind_title(str(kind)), middle=hours_text(row["middle"]), late=hours_text(row["late"]),
                count=format_number(row["count"]),
            )
            for kind, row in table.iterrows()
        ]  # fmt: skip
        figure = control_figures.durations(
            [kind_title(str(kind)) for kind in table.index], table["middle"].tolist(), table["late"].tolist(), texts,
            (_("Median, hours"), _("Slowest tenth, hours")),
        )  # fmt: skip
        widgets.chart(figure, "resolving", title, 30 * len(table) + 72)


def _service(frame: pd.DataFrame) -> None:
    known = frame[frame["in_time"].notna()]
    ended = known["closed_at"].fillna(pd.Timestamp(datetime.now(UTC)))
    weeks = ended.dt.tz_localize(None).dt.to_period("W").dt.start_time
    table = (
        known.assign(week=weeks, in_time=known["in_time"].astype(bool)).groupby("week")["in_time"].agg(["sum", "size"])
    )
    table = table.tail(WEEKS)
    if len(table) < 2:
        with widgets.card(_("Service level")):
            st.caption(_("There are too few weeks with closed cases for a chart."))
        return
    share = format_percent(table["sum"].sum() / table["size"].sum())
    title = _("{share} of the cases were resolved in time").format(share=share)
    chart = proportion_chart(table["sum"].to_numpy(float), table["size"].to_numpy(float))
    with widgets.card(title, _("Share of cases closed by their due time, by week (p-chart).")):
        # The chart's unit is per cent; the figure multiplies by 1,000.
        scaled = chart.assign(
            **{name: chart[name] / 10 for name in ("rate", "centre", "low", "high")}, score=-chart["score"]
        )
        said = [_(improvement_rates.SIGNALS[one]) if one else "" for one in chart["signal"]]
        figure = control_figures.control(
            scaled, [week.date() for week in table.index], said, (_("Usual"), _("Limits"), _("Resolved in time, %"))
        )
        widgets.chart(figure, "service", title, 30 * 6 + 72)


def _detecting() -> None:
    frame = queries.fetch("time_to_detect")
    with widgets.card(
        _("How soon findings are told"),
        _("From the order to the first run that found it; what the very first run found is history, and left out."),
    ):
        if frame.empty:
            st.caption(_("Only one run has found anything so far; from the next on this is known."))
            return
        shown = frame.assign(
            kind=[kind_title(kind) for kind in frame["kind"]],
            middle=[hours_text(hours) for hours in frame["median_hours"]],
            late=[hours_text(hours) for hours in frame["late_hours"]],
        )
        columns = {
            "kind": widgets.column(_("Kind")),
            "found_count": widgets.column(_("Findings"), "whole"),
            "middle": widgets.column(_("Half within")),
            "late": widgets.column(_("Nine in ten within")),
        }
        widgets.table(shown, columns, _("How soon findings are told"), max_height=320)


def _repeats(frame: pd.DataFrame) -> None:
    weeks = improvement_rates.full_weeks()
    since = (weeks[-1] - timedelta(days=7 * WEEKS)) if weeks else datetime.now(UTC).date()
    repeats = queries.fetch("repeats", since=since.isoformat())
    if repeats.empty:
        return
    total, again = int(repeats["found_count"].sum()), int(repeats["again_count"].sum())
    title = _("{share} came again at the same customer within 90 days").format(share=format_percent(again / total))
    reopened = frame.groupby("kind")["reopened_count"].sum() if len(frame) else pd.Series(dtype=float)
    with widgets.card(title, _("The same kind and cause at the same customer within 90 days.")):
        shown = repeats.assign(
            share=repeats["again_count"] / repeats["found_count"],
            reopened=[int(reopened.get(kind, 0)) for kind in repeats["kind"]],
            kind=[kind_title(kind) for kind in repeats["kind"]],
        )
        columns = {
            "kind": widgets.column(_("Kind")),
            "found_count": widgets.column(_("Findings in 52 weeks"), "whole"),
            "share": widgets.column(_("Came again"), "share"),
            "reopened": widgets.column(_("Cases reopened"), "whole"),
        }
        widgets.table(shown, columns, title, max_height=320)


def money_facts(frame: pd.DataFrame) -> dict[str, Any]:
    """Return money at risk and saved in 52 weeks: ``currency, at_risk, saved, late, resolved``."""
    weeks = improvement_rates.full_weeks()
    since = (weeks[-1] - timedelta(days=7 * (WEEKS - 1))) if weeks else datetime.now(UTC).date()
    currency = improvement_rates.currency()
    states = queries.fetch("money_states", since=since.isoformat(), currency=currency)
    if states.empty:
        return {"currency": currency, "at_risk": 0.0, "saved": 0.0, "late": 0.0, "resolved": 0.0}
    shipped = states["is_shipped"].fillna(False).astype(bool)
    confirmed = states["state"].eq("confirmed")
    done = frame[frame["state"].eq("resolved")]
    return {
        "currency": currency,
        "at_risk": float(states[states["state"].eq("open")]["expected"].sum()),
        "saved": float(states[confirmed & ~shipped]["impact"].sum()),
        "late": float(states[confirmed & shipped]["impact"].sum()),
        "resolved": float(done[done["currency"].fillna(currency).eq(currency)]["impact"].sum()),
    }


def _money(frame: pd.DataFrame) -> None:
    facts = money_facts(frame)
    amounts = {
        name: format_money(facts[name], facts["currency"], is_compact=True)
        for name in ("at_risk", "saved", "late", "resolved")
    }
    title = _("{saved} caught before the goods left, {at_risk} at risk").format(**amounts)
    with widgets.card(title):
        with st.grid(4, min_column_width=160):
            st.metric(
                _("At risk now"),
                amounts["at_risk"],
                border=True,
                help=_("Impact × chance of being real, over what nobody has judged."),
            )
            st.metric(
                _("Caught before shipment"),
                amounts["saved"],
                border=True,
                help=_("Impact of what reviewers confirmed while the order had not been shipped."),
            )
            st.metric(
                _("Confirmed after shipment"),
                amounts["late"],
                border=True,
                help=_("Impact of what was confirmed too late to stop it."),
            )
            st.metric(
                _("In resolved cases"),
                amounts["resolved"],
                border=True,
                help=_("Impact of the findings whose case was resolved."),
            )
        st.caption(
            _(
                "Stated by the impact of each finding, as the Data page explains it; an upper bound of what was saved, "
                "since some would have been noticed anyway. Last 52 weeks, in {currency} alone; other currencies "
                "are not added."
            ).format(currency=facts["currency"])
        )
