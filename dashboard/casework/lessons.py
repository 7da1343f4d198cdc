"""What closed cases teach: searched by words, or those like the one that is open."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import widgets
from dashboard.casework.case_table import local
from dashboard.i18n import _
from dashboard.words import cause_title, kind_title, reason, word
from dashboard.workspace import current
from data.vocabulary import KINDS


def search() -> None:
    """Search the closed cases by words and kind."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input(
            _("Search"), key="lessons_q", type="search", live=True, label_visibility="collapsed", width=320,
            placeholder=_("What went wrong, what was said or done …"),
        )  # fmt: skip
        kind = st.selectbox(
            _("Kind"), [None, *KINDS], format_func=lambda name: kind_title(name) if name else _("All kinds"),
            key="lessons_kind", label_visibility="collapsed", width=220,
        )  # fmt: skip
    frame = current().casebook.knowledge.search(words or "", kind)
    if frame.empty:
        widgets.empty(_("Closed cases are found here by every word in them."), _("Nothing found"))
        return
    _table(frame, "lessons_found")


def similar(case: Mapping[str, Any]) -> None:
    """List the closed cases of the same kind: those of the same cause first."""
    knowledge = current().casebook.knowledge
    frame = knowledge.search("", str(case["kind"]))
    frame = frame[frame["case_id"].ne(case["case_id"])]
    if frame.empty:
        st.caption(_("No case of this kind was closed yet."))
        return
    is_same = frame["cause"].eq(case["cause"]) | (frame["customer_id"].eq(case["customer_id"]))
    frame = frame.assign(is_same=is_same).sort_values("is_same", ascending=False, kind="stable")
    _table(frame.head(20).reset_index(drop=True), "lessons_similar")


def _table(frame: pd.DataFrame, key: str) -> None:
    rows = frame.to_dict("records")
    shown = pd.DataFrame(
        {
            "case": [f"?case={row['case_id']}&view=all" for row in rows],
            "kind": [kind_title(row["kind"]) for row in rows],
            "cause": [cause_title(row["cause"], row["kind"]) for row in rows],
            "what": [reason(row) for row in rows],
            "closing": frame["closing"],
            "actions": ["; ".join(_done(one) for one in row["actions"]) for row in rows],
            "state": [word(row["state"]) for row in rows],
            "at": local(frame["closed_at"]),
        }
    )
    columns = {
        "case": st.column_config.LinkColumn(_("Case"), display_text=r"case=(\d+)", width=56),
        "what": widgets.column(_("What was wrong"), width="large"),
        "closing": widgets.column(_("How it was closed"), width="medium"),
        "actions": widgets.column(_("What was done"), width="medium"),
        "state": widgets.column(_("State"), width=80),
        "cause": widgets.column(_("Cause"), width=120),
        "kind": widgets.column(_("Kind"), width=110),
        "at": widgets.column(_("Closed"), "day", width=96),
    }
    widgets.table(shown, columns, _("Closed cases"), max_height=520, key=key)


def _done(one: Mapping[str, Any]) -> str:
    return f"{word(one['action'])} ({word(one['outcome'])})"
