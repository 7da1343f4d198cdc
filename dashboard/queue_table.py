"""The queue as a table, and the row of actions on the alert that is open."""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import session, triage, widgets
from dashboard.alerts import Queue
from dashboard.casework import case_moves
from dashboard.i18n import N_, _, is_missing, ngettext
from dashboard.words import cause_title, kind_title, reason, word
from data.vocabulary import FALSE_POSITIVE_REASONS

PAGE_SIZE = 200
TABLE_HEIGHT = 700
TOLD = ("alert_id", "group_id", "order_id", "product_id", "order_count", "kind", "kinds", "status", "is_drawn")
LOT = "◇"
LOTS = N_(
    "They look harmless. Your verdicts on them show what the checks miss; they don't count towards the precision of "
    "what is told."
)


def _about(row: Any) -> str:
    """Return what an alert is about, in a few words."""
    if not is_missing(row["group_id"]):
        return ngettext("{count} order", "{count} orders", row["order_count"])
    return str(row["order_id"] if not is_missing(row["order_id"]) else row["product_id"])


def _kinds(row: Any) -> str:
    more = len(row["kinds"]) - 1
    return kind_title(row["kind"]) + (f" +{more}" if more > 0 else "")


def for_export(alerts: pd.DataFrame) -> pd.DataFrame:
    """Return the queue under translated headings, for a file."""
    if alerts.empty:
        return pd.DataFrame()
    rows = alerts.to_dict("records")
    return pd.DataFrame(
        {
            _("Rank"): alerts["rank"],
            _("Kind"): [kind_title(row["kind"]) for row in rows],
            _("Order"): alerts["order_id"],
            _("Product"): alerts["product_id"],
            _("Customer"): alerts["customer_name"].fillna(alerts["customer_id"]),
            _("Ordered"): alerts["ordered_at"],
            _("Chance"): alerts["score"],
            _("Money at risk"): alerts["impact"],
            _("Currency"): alerts["currency"],
            _("Cause"): [cause_title(row["cause"], row["kind"]) for row in rows],
            _("Department"): [word(row["department"]) for row in rows],
            _("Status"): [word(row["status"]) for row in rows],
            _("Reason"): [reason(row) for row in rows],
            _("Identifier"): alerts["exception_id"],
        }
    )


def show(queue: Queue) -> pd.DataFrame:
    """Draw one page of the queue; a click opens a row, ticks collect rows for one decision. Return the page."""
    pages = max(1, -(-len(queue) // PAGE_SIZE))
    number = min(int(st.session_state.get("queue_page", 1)), pages)
    page = queue.rows((number - 1) * PAGE_SIZE, number * PAGE_SIZE)
    triage.remember_shown(page)
    st.session_state["queue_drawn"] = set(page["alert_id"][page["is_drawn"]])
    opened = triage.open_alert()
    rows = page[[*TOLD]].to_dict("records")
    view = pd.DataFrame(
        {
            "mark": ["▶" if row["alert_id"] == opened else LOT if row["is_drawn"] else "" for row in rows],
            "rank": page["rank"].to_numpy(),
            "kind": [_kinds(row) for row in rows],
            "about": [_about(row) for row in rows],
            "customer": page["customer_name"].fillna(page["customer_id"]).to_numpy(),
            "score": (page["score"] * 100).round().to_numpy(),
            "impact": page["impact"].to_numpy(),
            "ordered": page["ordered_at"].to_numpy(),
            "status": [_("By lot") if row["is_drawn"] else word(row["status"]) for row in rows],
        }
    )
    columns = {
        "mark": widgets.column("", width=20),
        "rank": widgets.column(_("Rank"), "whole", width=44),
        "kind": widgets.column(_("Kind"), width=128),
        "about": widgets.column(_("Order"), width=92),
        "score": widgets.column(_("Chance"), "chance", width=62),
        "impact": widgets.column(_("At risk"), "whole", width=78),
        "customer": widgets.column(_("Customer"), width=130),
        "ordered": widgets.column(_("Ordered"), "day", width=92),
        "status": widgets.column(_("Status"), width=80),
    }
    widgets.table(
        view,
        columns,
        _("Queue of exceptions"),
        key=triage.table_key(),
        on_select=triage.pick_clicked,
        selection_mode=["multi-row", "single-cell"],
        max_height=TABLE_HEIGHT,
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(ngettext("{count} alert", "{count} alerts", len(queue)))
        if drawn := int(queue.is_drawn.sum()):
            lots = ngettext("{count} of them drawn by lot below 50%", "{count} of them drawn by lot below 50%", drawn)
            st.caption(f"{LOT} {lots}", help=_(LOTS))
        if pages > 1:
            st.pagination(pages, key="queue_page")
    return page


def actions(page: pd.DataFrame, opened: str | None) -> None:
    """Draw the buttons, each with its key: next, previous, confirm, reject, undo."""
    count = len(triage.ticked())
    may = session.may("label.add")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(_("Previous"), on_click=triage.step, args=(-1,), shortcut="k", key="go_back", disabled=page.empty)
        st.button(_("Next"), on_click=triage.step, args=(1,), shortcut="j", key="go_on", disabled=page.empty)
        if not may:
            st.caption(_("Your role looks at exceptions but does not judge them."))
            return
        target = f" ({count})" if count else ""
        st.button(
            _("Confirm") + target,
            on_click=triage.judge,
            args=("confirmed",),
            shortcut="y",
            key="confirm",
            type="primary",
            disabled=opened is None and not count,
        )
        st.button(
            _("False positive") + target,
            on_click=triage.ask_reason,
            shortcut="n",
            key="reject",
            disabled=opened is None and not count,
        )
        st.button(_("Undo"), on_click=triage.undo, shortcut="u", key="undo", disabled=not triage.can_undo())
        case_moves.offer_cases(page[page["alert_id"].isin(triage.ticked())]["exception_id"].tolist() if count else [])
    if st.session_state.get("queue_asks_reason"):
        _reasons()


def _reasons() -> None:
    """Ask why it is a false positive; a digit answers."""
    with st.container(border=True):
        st.markdown(f"**{_('Why is it a false positive?')}**")
        with st.container(horizontal=True, gap="small"):
            for number, name in enumerate(FALSE_POSITIVE_REASONS, 1):
                st.button(
                    word(name),
                    on_click=triage.judge,
                    args=("false_positive", name),
                    shortcut=str(number),
                    key=f"because_{name}",
                )
