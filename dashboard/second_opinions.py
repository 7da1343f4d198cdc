"""Second opinions: ask a colleague to judge the open finding, see what was asked, and how often people agree."""

import time

import pandas as pd
import streamlit as st

from dashboard import navigation, queries, session, triage, widgets
from dashboard.i18n import _, format_percent, is_missing, ngettext
from dashboard.kept import kept
from dashboard.summary import interval_texts
from dashboard.widgets import plain
from dashboard.words import kind_title, word
from dashboard.workspace import current
from data.casebook.permissions import allows

ACCOUNTS_KEPT_SECONDS = 10
"""Who may be asked is looked up no more often, since every look at an alert asks; the casebook refuses what is past."""


def requests() -> pd.DataFrame:
    """Return all requests with what both sides said; see `data.casebook.second_opinions.SecondOpinions.list`."""
    count = _count(str(current().home), current().casebook.store.state())
    return _requests(str(current().home), count, queries.generation()[0] if count else 0)


@kept(4)
def _count(home: str, state: object) -> int:  # noqa: ARG001
    return current().casebook.second_opinions.generation()


@kept(4)
def _requests(home: str, count: int, label_generation: int) -> pd.DataFrame:  # noqa: ARG001
    return current().casebook.second_opinions.list()


def asked_of_me() -> list[str]:
    """Return the findings that somebody asked the visitor about and that the visitor has not judged since."""
    found = requests()
    mine = found[found["asked"].eq(session.actor().name) & found["second"].isna()]
    return sorted(set(mine["exception_id"]))


def colleagues() -> list[str]:
    """Return the other accounts that may judge findings."""
    names = _judges(str(current().home), int(time.time()) // ACCOUNTS_KEPT_SECONDS)
    return [name for name in names if name != session.actor().name]


@kept(2)
def _judges(home: str, moment: int) -> list[str]:  # noqa: ARG001
    found = current().casebook.accounts.list()
    may = (
        found["is_enabled"]
        & found["is_demo"].eq(current().is_demo)
        & found["role"].map(lambda role: allows(role, "label.add"))
    )
    return [str(name) for name in found[may]["name"]]


def offer(row: pd.Series) -> None:
    """Offer to ask somebody else, where the visitor may judge and has a colleague."""
    if not session.may("opinion.ask") or not (others := colleagues()):
        return
    with st.popover(_("Second opinion"), icon=":material/group:", type="tertiary"):
        st.selectbox(_("Ask"), others, key="opinion_asked")
        st.text_area(_("What to look at"), key="opinion_note", max_chars=2000, height=80)
        st.button(_("Ask for a second opinion"), key="opinion_ask", type="primary", on_click=_ask, args=(row,))


@session.safely
def _ask(row: pd.Series) -> None:
    asked, note = str(st.session_state["opinion_asked"]), str(st.session_state["opinion_note"])
    subject = {name: None if is_missing(row[name]) else row[name] for name in triage.KEY_FIELDS}
    current().casebook.second_opinions.ask(session.actor(), subject, asked, note)
    st.session_state["opinion_note"] = ""
    st.toast(_("{name} was asked for a second opinion.").format(name=asked), duration="short")


def told(exception_id: str) -> None:
    """Say who was asked about the open finding, with the note, and whether an answer has come."""
    found = requests()
    for one in found[found["exception_id"].eq(exception_id)].to_dict("records"):
        text = _("{by} asked {asked} for a second opinion").format(by=one["by"], asked=one["asked"])
        answer = _("no answer yet") if is_missing(one["second"]) else word(one["second"])
        note = f": “{one['note']}”" if one["note"] else ""
        st.caption(f":material/group: {plain(text)}{plain(note)} · {plain(answer)}")


def agreement() -> None:
    """Show how often two people who judged the same finding said the same, by kind."""
    found = requests()
    both = found[found["first"].notna() & found["second"].notna()]
    waiting = int(found["second"].isna().sum())
    title = _("Second opinions")
    same = both["first"].eq(both["second"])
    if len(both):
        title = ngettext(
            "{share} agreement in {count} second opinion",
            "{share} agreement in {count} second opinions",
            len(both),
            share=format_percent(float(same.mean())),
        )
    with widgets.card(
        title, _("Where people disagree, no check can be right for both: agree on what counts as wrong.")
    ):
        if waiting:
            st.caption(ngettext("{count} has no answer yet.", "{count} have no answer yet.", waiting))
        if both.empty:
            st.caption(_("Ask a colleague from an open exception; both verdicts are compared here."))
            return
        counts = (
            both.assign(same=same).groupby("kind", as_index=False).agg(count=("same", "size"), same=("same", "sum"))
        )
        shown = pd.DataFrame(
            {
                "kind": [kind_title(kind) for kind in counts["kind"]],
                "count": counts["count"].to_numpy(),
                "share": (counts["same"] / counts["count"]).to_numpy(),
                "interval": interval_texts(counts["same"], counts["count"]),
            }
        )
        columns = {
            "kind": widgets.column(_("Kind"), width="large"),
            "count": widgets.column(_("Judged by both"), "whole"),
            "share": widgets.column(_("Agreed"), "share"),
            "interval": widgets.column(_("95% interval")),
        }
        widgets.table(shown, columns, _("Agreement by kind"), height="content")
        _differences(both[~same])


def _differences(found: pd.DataFrame) -> None:
    """List what two people judged differently, to be talked over."""
    if found.empty:
        return
    rows = found.tail(50).to_dict("records")[::-1]
    shown = pd.DataFrame(
        {
            "order": [row["order_id"] for row in rows],
            "kind": [kind_title(row["kind"]) for row in rows],
            "first": [f"{row['by']}: {word(row['first'])}" for row in rows],
            "second": [f"{row['asked']}: {word(row['second'])}" for row in rows],
            "note": [row["note"] for row in rows],
            "link": [
                f"{navigation.page_path('exceptions')}?id={row['exception_id']}&status=all&score=0" for row in rows
            ],
        }
    )
    columns = {
        "order": widgets.column(_("Order"), width=90),
        "kind": widgets.column(_("Kind"), width=130),
        "first": widgets.column(_("First verdict"), width="medium"),
        "second": widgets.column(_("Second verdict"), width="medium"),
        "note": widgets.column(_("Note"), width="medium"),
        "link": st.column_config.LinkColumn(_("Link"), display_text=":material/open_in_new:", width=60),
    }
    st.markdown(f"**{_('Judged differently')}**")
    widgets.table(shown, columns, _("Judged differently"), height="content")
