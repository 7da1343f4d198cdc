"""For managers: which change would have stopped how many findings, who owns it, and what to train."""

import pandas as pd
import streamlit as st

from dashboard import cause_view, downloads, widgets
from dashboard.i18n import N_, _, format_percent
from dashboard.words import word
from models.root_causes.prevention import PREVENTIONS, prevention_of

WHERE = {
    "entry": N_("Check at entry"),
    "setting": N_("System setting"),
    "routine": N_("Way of working"),
}


def show(shown: cause_view.View) -> None:
    """List what would have stopped most; the row picked leads to its findings."""
    frame = prevented(cause_view.kinds_of(shown))
    if frame.empty:
        return
    first = frame.iloc[0]
    share = format_percent(first["found_count"] / frame["found_count"].sum())
    title = _("{share} of the findings would have been stopped by one change").format(share=share)
    with widgets.card(title, _("Each kind and cause is counted once, for what would have stopped it most simply.")):
        table = pd.DataFrame(
            {
                "what": [_(PREVENTIONS[name].title) for name in frame["name"]],
                "where": [_(WHERE[PREVENTIONS[name].where]) for name in frame["name"]],
                "department": [word(PREVENTIONS[name].department) for name in frame["name"]],
                "found_count": frame["found_count"].to_numpy(),
                "money": frame["money"].to_numpy(),
                "training": [_(PREVENTIONS[name].training) or "–" for name in frame["name"]],
            }
        )
        columns = {
            "what": widgets.column(_("What would have stopped them"), width="large"),
            "where": widgets.column(_("Where")),
            "department": widgets.column(_("Owner")),
            "found_count": widgets.column(_("Findings stopped"), "whole"),
            "money": widgets.column(_("Money at risk, {currency}").format(currency=shown.currency), "whole"),
            "training": widgets.column(_("Training topic")),
        }
        event = widgets.table(
            table, columns, title, max_height=420, on_select="rerun", selection_mode="single-row",
            key=f"prevention_{cause_view.turn()}",
        )  # fmt: skip
        picked = event.selection.rows if event else []
        with st.container(horizontal=True):
            if st.button(_("Show the findings"), key="prevention_queue", icon=":material/list:", disabled=not picked):
                stops = sorted(PREVENTIONS[str(frame["name"].iloc[picked[0]])].stops)
                cause_view.to_queue_of(
                    shown, sorted({kind for kind, _cause in stops}), [cause for _kind, cause in stops]
                )
            downloads.buttons(table, "prevention")


def prevented(found: pd.DataFrame) -> pd.DataFrame:
    """Return for each prevention how many findings it would have stopped, the most money first.

    Parameters
    ----------
    found : pandas.DataFrame
        Columns ``kind, cause, found_count, money``.

    Returns
    -------
    pandas.DataFrame
        Columns ``name, found_count, money``.
    """
    names: list[str] = [
        one.name if (one := prevention_of(kind, cause)) else ""
        for kind, cause in zip(found.get("kind", []), found.get("cause", []), strict=True)
    ]
    known = found.assign(name=names) if len(found) else pd.DataFrame({"name": []})
    known = known[known["name"].ne("")]
    if known.empty:
        return pd.DataFrame(columns=["name", "found_count", "money"])
    sums = known.groupby("name", as_index=False)[["found_count", "money"]].sum()
    return sums.sort_values(["money", "found_count"], ascending=False, ignore_index=True)
