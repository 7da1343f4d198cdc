"""What the page of root causes is about: period, measure, kind, segment; its numbers, and where a click leads."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import navigation, queries, segments
from dashboard.i18n import _, format_money, format_number
from dashboard.words import kind_title
from data.vocabulary import CAUSES, KINDS
from models.root_causes.publish import PERIODS

PAGE = "causes"
DEFAULTS: dict[str, Any] = {"days": str(PERIODS[0]), "measure": "money", "kind": "", "cause": "", "by": "", "seg": []}
FEW_ORDERS = 5
"""A cell with fewer orders has no rate worth a colour; an operator with fewer findings is not told by name."""


@dataclass(frozen=True)
class View:
    """What the page is about.

    Attributes
    ----------
    days : int
        The length of the period up to the last order.
    since, until : date
        Its first day, and the day after its last.
    before : date
        The first day of the period of the same length before it.
    kind, cause : str
        The kind and cause chosen; empty means all.
    conditions : dict of str to str
        The segment chosen.
    by_money : bool
        Whether money counts, or the number of findings.
    currency : str
        The currency that amounts are in.
    """

    days: int
    since: date
    until: date
    before: date
    kind: str
    cause: str
    conditions: dict[str, str]
    by_money: bool
    currency: str

    @property
    def grain(self) -> str:
        """Whether the rates count orders or lines."""
        return "line" if self.kind and KINDS[self.kind].grain == "line" else "order"

    def amount(self, value: float) -> str:
        """Return a value of the measure as people read it."""
        return format_money(value, self.currency, is_compact=True) if self.by_money else format_number(value)

    @property
    def unit(self) -> str:
        """The measure's unit."""
        return _("Money at risk, {currency}").format(currency=self.currency) if self.by_money else _("Findings")


def view(values: dict[str, Any]) -> View | None:
    """Return what the page's address asks for; None where nothing was published."""
    clock = queries.fetch("cause_clock")
    if clock.empty or pd.isna(clock["last_on"].iloc[0]):
        return None
    days = int(values["days"])
    until = clock["last_on"].iloc[0].date() + timedelta(days=1)
    since = until - timedelta(days=days)
    currency = clock["currency"].iloc[0]
    return View(
        days, since, until, since - timedelta(days=days), values["kind"], values["cause"],
        segments.read(values["seg"]), values["measure"] == "money", "" if pd.isna(currency) else str(currency),
    )  # fmt: skip


def allowed() -> dict[str, Any]:
    """Return the values that an address may hold."""
    return {
        "days": [str(days) for days in PERIODS],
        "measure": ("money", "count"),
        "kind": ["", *KINDS],
        "cause": ["", *CAUSES],
        "by": ["", *segments.TITLES],
    }


def controls() -> None:
    """Draw the page's controls: period, measure, kind."""
    periods = {"91": _("13 weeks"), "364": _("52 weeks")}
    measures = {"money": _("Money at risk"), "count": _("Number")}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            _("Period"), list(periods), format_func=lambda key: periods[key], key=f"{PAGE}_days", required=True,
            label_visibility="collapsed",
        )  # fmt: skip
        st.segmented_control(
            _("Measure"), list(measures), format_func=lambda key: measures[key], key=f"{PAGE}_measure", required=True,
            label_visibility="collapsed",
        )  # fmt: skip
        kinds = ["", *(name for name, kind in KINDS.items() if kind.grain != "product")]
        st.selectbox(
            _("Kind"), kinds, format_func=lambda kind: kind_title(kind) if kind else _("All kinds"),
            key=f"{PAGE}_kind", label_visibility="collapsed", width=240,
        )  # fmt: skip


def to_queue(shown: View, kind: str = "", cause: str = "", conditions: dict[str, str] | None = None) -> None:
    """Open the queue at the findings behind a mark."""
    chosen = shown.conditions if conditions is None else conditions
    parameters: dict[str, str | list[str]] = {
        "status": "all",
        "seg": [*segments.write(chosen), f"{segments.SINCE}:{shown.since.isoformat()}"],
    }
    parameters |= {"kind": [kind]} if kind else {}
    parameters |= {"cause": [cause]} if cause else {}
    st.switch_page(navigation.PAGES_FOLDER / "exceptions.py", query_params=parameters)


def to_queue_of(shown: View, kinds: list[str], causes: list[str]) -> None:
    """Open the queue at the findings of several kinds and causes."""
    seg = [f"{segments.SINCE}:{shown.since.isoformat()}"]
    parameters: dict[str, str | list[str]] = {"status": "all", "kind": kinds, "cause": causes, "seg": seg}
    st.switch_page(navigation.PAGES_FOLDER / "exceptions.py", query_params=parameters)


def choose(**values: Any) -> None:
    """Take over what a click chose, and forget the click."""
    st.session_state[f"{PAGE}_chosen"] = values
    st.session_state[f"{PAGE}_turn"] = turn() + 1
    st.rerun()


def take_choice() -> None:
    """Take over what the click before this run chose; once the controls are drawn their values can't be set."""
    for name, value in st.session_state.pop(f"{PAGE}_chosen", {}).items():
        st.session_state[f"{PAGE}_{name}"] = value


def turn() -> int:
    """Return a number that grows with every choice by click: a chart of another turn has no mark selected."""
    return int(st.session_state.get(f"{PAGE}_turn", 0))


def by_values(shown: View, by: str, **more: Any) -> pd.DataFrame:
    """Return orders or lines, findings and money by the values of a dimension; see ``cause_values.sql``."""
    parameters: dict[str, Any] = {
        "by": by,
        "grain": shown.grain,
        "kind": shown.kind,
        "cause": shown.cause,
        "since": shown.since.isoformat(),
        "middle": shown.since.isoformat(),
        "until": shown.until.isoformat(),
        "currency": shown.currency,
        **segments.parameters(shown.conditions),
    }
    return queries.fetch("cause_values", **{**parameters, **more})


def kinds_between(shown: View, middle: date, since: date) -> pd.DataFrame:
    """Return findings by kind and cause, those before ``middle`` apart from those since; see ``cause_kinds.sql``."""
    frame = queries.fetch(
        "cause_kinds", since=since.isoformat(), middle=middle.isoformat(), until=shown.until.isoformat(),
        currency=shown.currency,
    )  # fmt: skip
    return frame[frame["kind"].eq(shown.kind)] if shown.kind and len(frame) else frame


def kinds_of(shown: View) -> pd.DataFrame:
    """Return the period's findings by kind and cause: ``kind, cause, department, found_count, money``."""
    return kinds_between(shown, shown.since, shown.since)


def measured(frame: pd.DataFrame, shown: View) -> pd.DataFrame:
    """Return the frame with ``value``, the measure that the page shows."""
    value = frame["money"] if shown.by_money else frame["found_count"]
    return frame.assign(value=value.astype(float))
