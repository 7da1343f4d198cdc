"""How right the checks are, measured by verdicts alone: by check, over time, and against the chance that was stated."""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import charts, queries, widgets
from dashboard.i18n import _, format_day, format_number, format_percent, ngettext
from dashboard.summary import interval_texts, intervals
from dashboard.words import finders, kind_title

ENOUGH = 5
"""Fewer verdicts in a bar or a week say next to nothing, and are not drawn."""


PRECISION_OF = "precision_of"
ALL = ":"


def reliability() -> None:
    """Draw how often findings were confirmed against the chance they were shown with."""
    found = queries.fetch("reliability")
    judged = int(found["judged_count"].sum()) if len(found) else 0
    told = found[found["judged_count"].ge(ENOUGH)] if len(found) else found
    gap = _calibration_gap(told)
    title = _("Is the stated chance right?")
    if gap is not None:
        title = _("The stated chance is off by {points} points on average").format(points=format_number(gap * 100, 0))
    hint = _("Each dot: findings shown with about the same chance; how many of them reviewers confirmed.")
    with widgets.card(title, hint):
        if told.empty:
            text = ngettext("Only {count} verdict so far.", "Only {count} verdicts so far.", judged)
            st.caption(text.format(count=judged))
            return
        frame = _shares(told).assign(stated=told["mean_score"])
        names = (_("Confirmed, with the 95% interval"), _("A perfect statement"), _("Chance that was stated"))
        widgets.chart(charts.reliability(frame, names, _("Share confirmed")), "reliability", title, 340)


def _shares(told: pd.DataFrame) -> pd.DataFrame:
    """Return the share confirmed with its interval, as the charts take it."""
    observed = told["confirmed_count"] / told["judged_count"]
    bounds = intervals(told["confirmed_count"], told["judged_count"])
    return bounds.assign(observed=observed, count=told["judged_count"])


def _calibration_gap(told: pd.DataFrame) -> float | None:
    """Return the mean distance of the stated chance from the share confirmed, weighted by verdicts."""
    if told.empty:
        return None
    gap = (told["mean_score"] - told["confirmed_count"] / told["judged_count"]).abs()
    return float((gap * told["judged_count"]).sum() / told["judged_count"].sum())


def over_time() -> None:
    """Draw the measured precision of likely findings by the week of judging: of all, of a kind or of a check."""
    titles = _judged_titles()
    chosen = st.session_state.get(PRECISION_OF, ALL)
    kind, _colon, source = (chosen if chosen in titles else ALL).partition(":")
    found = queries.fetch("verdicts_by_week", kind=kind, source=source)
    told = found[found["judged_count"].ge(ENOUGH)] if len(found) else found
    title = _("Precision of likely exceptions over time")
    if len(told):
        last = told.iloc[-1]
        share = format_percent(last["confirmed_count"] / last["judged_count"])
        title = _("{share} of the likely exceptions judged in the latest week were right").format(share=share)
    with widgets.card(title, _("Verdicts on findings that were shown with a chance of 50% or more.")):
        st.selectbox(_("Precision of"), list(titles), format_func=titles.__getitem__, key=PRECISION_OF)
        if told.empty:
            st.caption(_("It takes at least {count} verdicts in a week.").format(count=ENOUGH))
            return
        frame = _shares(told).assign(label=[format_day(week) for week in told["week"]])
        names = (_("Confirmed, with the 95% interval"), _("Week of judging"))
        widgets.chart(charts.precision_over_time(frame, names, _("Share confirmed")), "precision_time", title, 340)


def _judged_titles() -> dict[str, str]:
    """Return the titles of all, of each kind and of each check that was judged, by ``kind:check``."""
    found = queries.fetch("verdicts_by_check")
    judged = found[found["likely_judged_count"].gt(0)].to_dict("records") if len(found) else []
    titles = {ALL: _("Every kind")} | {f"{row['kind']}:": kind_title(row["kind"]) for row in judged}
    for row in judged:
        titles[f"{row['kind']}:{row['source']}"] = f"{kind_title(row['kind'])} · {_check_title(row['source'])}"
    return {key: titles[key] for key in sorted(titles)}


def by_check() -> None:
    """List the measured precision of every check that was judged."""
    found = queries.fetch("verdicts_by_check")
    judged = found[found["judged_count"].gt(0)] if len(found) else found
    total = int(judged["judged_count"].sum()) if len(judged) else 0
    title = ngettext("{count} verdict measures these checks", "{count} verdicts measure these checks", total)
    with widgets.card(
        title.format(count=format_number(total)), _("What reviewers confirmed, never what a model expects.")
    ):
        if judged.empty:
            st.caption(_("Nobody has judged an exception yet. Confirm or reject some in the queue."))
            return
        rows = judged.to_dict("records")
        shown = pd.DataFrame(
            {
                "kind": [kind_title(row["kind"]) for row in rows],
                "check": [_check_title(row["source"]) for row in rows],
                "judged": judged["judged_count"].to_numpy(),
                "likely": judged["likely_judged_count"].to_numpy(),
                "right": (judged["likely_confirmed_count"] / judged["likely_judged_count"]).to_numpy(),
                "interval": interval_texts(judged["likely_confirmed_count"], judged["likely_judged_count"]),
            }
        )
        columns = {
            "kind": widgets.column(_("Kind"), width=140),
            "check": widgets.column(_("Check"), width="large"),
            "judged": widgets.column(_("Judged"), "whole"),
            "likely": widgets.column(_("of these shown as likely"), "whole"),
            "right": widgets.column(_("Right"), "share"),
            "interval": widgets.column(_("95% interval")),
        }
        widgets.table(shown, columns, _("Measured precision by check"), max_height=420)


def _check_title(source: Any) -> str:
    return _(finders()[source].title) if source in finders() else str(source or "–")
