"""The cause told when a line was short, beside the one that four weeks of hindsight tell."""

import pandas as pd
import streamlit as st

from dashboard import queries
from dashboard.i18n import _, format_date, format_percent, ngettext
from dashboard.words import cause_title

KEY = ["order_id", "line_no"]


def with_live(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the lines with ``live``, the title of the cause told at the time, where any was; as they are, if none."""
    live = queries.fetch("live_causes")
    if live.empty:
        return frame
    titles = {name: cause_title(name, "stock_shortage") for name in live["live_cause"].unique()}
    return frame.merge(live[KEY].assign(live=live["live_cause"].map(titles)), on=KEY, how="left")


def confirmed(live: pd.DataFrame) -> tuple[float, int]:
    """Return the share of live causes that hindsight confirmed, and how many it has judged; nan for none."""
    judged = live[~live["is_provisional"].astype(bool)] if len(live) else live
    if judged.empty:
        return float("nan"), 0
    return float((judged["live_cause"] == judged["cause"]).mean()), len(judged)


def tile() -> None:
    """Show how often hindsight confirmed what was told at the time, once it has judged any."""
    share, count = confirmed(queries.fetch("live_causes"))
    if not count:
        return
    told = ngettext(
        "Of {count} cause told while its line was short and judged again four weeks later.",
        "Of {count} causes told while their lines were short and judged again four weeks later.",
        count,
    )
    st.metric(_("Live causes confirmed"), format_percent(share), border=True, help=told)


def beside(row: pd.Series) -> None:
    """Say of one short line what was told at the time and what hindsight tells."""
    live = queries.fetch("live_causes")
    if live.empty:
        return
    mine = live[live["order_id"].eq(row["order_id"]) & live["line_no"].eq(row["line_no"])]
    if mine.empty:
        return
    first = mine.iloc[0]
    then = _("Told on {date}: {cause} ({share})").format(
        date=format_date(first["told_as_of"]),
        cause=cause_title(first["live_cause"], "stock_shortage"),
        share=format_percent(first["live_share"]),
    )
    if first["is_provisional"]:
        st.caption(f":material/schedule: {then} · {_('hindsight is not in yet')}")
        return
    now = _("with hindsight: {cause}").format(cause=cause_title(row["cause"], "stock_shortage"))
    icon = "check_circle" if first["live_cause"] == row["cause"] else "sync_problem"
    st.caption(f":material/{icon}: {then} · {now}")
