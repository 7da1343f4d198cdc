"""Changes asked of the ERP: one row for each field, handed over as a file or by webhook, and what became of them."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import downloads, queries, session, widgets
from dashboard.casework.case_table import local
from dashboard.i18n import N_, _, is_missing, ngettext
from dashboard.words import word
from dashboard.workspace import current

HEADER = (
    "status customer_id customer_po currency ship_to_name ship_to_phone ship_to_address ship_to_city ship_to_region "
    "ship_to_postal_code ship_to_country promised_at payment_due_at total_amount"
).split()
LINE = "product_id quantity unit_price discount warehouse_id".split()
STATES = {
    "waiting": N_("Waiting"),
    "sent": N_("Taken over"),
    "exported": N_("In a file"),
    "failed": N_("Failed"),
    "cancelled": N_("Called off"),
}


def channels() -> list[str]:
    """Return how changes can be handed over here."""
    return ["webhook", "file"] if current().casebook.erp_updates.has_webhook else ["file"]


def show(case: Mapping[str, Any]) -> None:
    """Ask for a change of the case's order, and list those that were asked for."""
    st.caption(_("Orderlens never writes into the ERP by itself: changes are handed over when somebody asks for them."))
    if session.may("erp.request") and not is_missing(case["order_id"]):
        _form(case)
    listed(current().casebook.erp_updates.list(int(case["case_id"])), "case_updates")


def _form(case: Mapping[str, Any]) -> None:
    values = _values(case)
    names = [name for name in (*LINE, *HEADER) if name in values]
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            field = st.selectbox(_("Field"), names, format_func=word, key=f"erp_field_{case['case_id']}", width=180)
            record, line_no, before = values[field]
            st.text_input(
                _("Now"), value=_text(before), key=f"erp_before_{case['case_id']}_{field}", disabled=True, width=160
            )
            after = st.text_input(_("Should be"), key=f"erp_after_{case['case_id']}_{field}", width=160)
            channel = st.selectbox(_("Hand over"), channels(), format_func=word, key="erp_channel", width=130)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            reason = st.text_input(_("Why"), key=f"erp_reason_{case['case_id']}_{field}", width=360)
            change = {
                "record": record, "record_id": case["order_id"], "line_no": line_no, "field": field,
                "before": before, "after": _typed(after or "", before),
            }  # fmt: skip
            st.button(
                _("Ask for this change"), key="erp_request", type="primary", on_click=_request,
                args=(channel, change, reason or "", int(case["case_id"])),
                disabled=not (after or "").strip() or not (reason or "").strip(),
            )  # fmt: skip


def _values(case: Mapping[str, Any]) -> dict[str, tuple[str, int | None, Any]]:
    """Return for each field that may be changed its table, its line, and its value now."""
    found: dict[str, tuple[str, int | None, Any]] = {}
    header = queries.fetch("order_header", order_id=case["order_id"])
    lines = queries.fetch("order_lines_of", order_id=case["order_id"])
    if not is_missing(case["line_no"]) and len(lines):
        line = lines[lines["line_no"].eq(int(case["line_no"]))]
        for name in LINE:
            if len(line) and name in line:
                found[name] = ("order_lines", int(case["line_no"]), _plain(line[name].iloc[0]))
    if len(header):
        found |= {name: ("orders", None, _plain(header[name].iloc[0])) for name in HEADER if name in header}
    return found


def _plain(value: Any) -> Any:
    if is_missing(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


def _text(value: Any) -> str:
    return "–" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _typed(text: str, like: Any) -> Any:
    """Return what was typed as a number where the value now is one."""
    if isinstance(like, int | float) and not isinstance(like, bool):
        try:
            return float(text.replace(",", ""))
        except ValueError:
            return text.strip()
    return text.strip()


@session.safely
def _request(channel: str, change: Mapping[str, Any], reason: str, case_id: int) -> None:
    current().casebook.erp_updates.request(session.actor(), channel, [change], reason, case_id)
    st.toast(_("Noted; it waits to be handed over."), duration="short")


def listed(frame: pd.DataFrame, key: str) -> None:
    """List changes with their state; offer to call off or repeat the one that is picked."""
    if frame.empty:
        return
    shown = pd.DataFrame(
        {
            "number": frame["update_id"],
            "state": [_(STATES[state]) for state in frame["state"]],
            "change": [_summary(changes) for changes in frame["changes"]],
            "reason": frame["reason"],
            "channel": [word(name) for name in frame["channel"]],
            "by": frame["requested_by"],
            "at": local(frame["requested_at"]),
            "tries": frame["attempt_count"],
            "error": frame["last_error"],
        }
    )
    columns = {
        "number": widgets.column(_("No."), "whole", width=44),
        "state": widgets.column(_("State"), width=84),
        "change": widgets.column(_("Change"), width="medium"),
        "reason": widgets.column(_("Why"), width="small"),
        "channel": widgets.column(_("Hand over"), width=84),
        "tries": widgets.column(_("Tries"), "whole", width=50),
        "error": widgets.column(_("Last answer")),
        "by": widgets.column(_("By"), width=100),
        "at": widgets.column(_("When"), "time", width=126),
    }
    widgets.table(shown, columns, _("Changes asked of the ERP"), max_height=320)
    loose = frame[frame["state"].isin(["waiting", "failed"])]
    if len(loose) and session.may("erp.cancel"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chosen = st.selectbox(_("Change"), loose["update_id"].tolist(), key=f"{key}_chosen", width=100)
            st.button(_("Call off"), key=f"{key}_cancel", on_click=_cancel, args=(int(chosen),))
            if loose[loose["update_id"].eq(chosen)]["state"].iloc[0] == "failed":
                st.button(_("Try again"), key=f"{key}_retry", on_click=_retry, args=(int(chosen),))


def _summary(changes: list[Mapping[str, Any]]) -> str:
    first = changes[0]
    told = f"{first['record_id']}: {word(first['field'])} {_text(first['before'])} → {_text(first['after'])}"
    more = len(changes) - 1
    return told if not more else f"{told}, {ngettext('{count} more', '{count} more', more)}"


@session.safely
def _cancel(update_id: int) -> None:
    current().casebook.erp_updates.cancel(session.actor(), update_id)


@session.safely
def _retry(update_id: int) -> None:
    current().casebook.erp_updates.retry(session.actor(), update_id)


@session.safely
def _export() -> None:
    """Hand over what waits; the file with just that is offered next."""
    frame = current().casebook.erp_updates.export(session.actor())
    st.session_state["erp_exported"] = tuple(int(number) for number in frame["update_id"].unique())


def outbox() -> None:
    """Show everything asked of the ERP, and hand over what waits for a file."""
    service = current().casebook.erp_updates
    frame = service.list()
    waiting = int((frame["state"].eq("waiting") & frame["channel"].eq("file")).sum())
    with st.container(horizontal=True, vertical_alignment="center"):
        if session.may("erp.deliver") and waiting:
            label = ngettext("Hand over {count} change as a file", "Hand over {count} changes as a file", waiting)
            st.button(label, key="erp_export", type="primary", icon=":material/output:", on_click=_export)
        filed = service.filed()
        if len(filed):
            last = service.filed(st.session_state.get("erp_exported", ()))
            downloads.buttons(last if len(last) else filed, "erp_changes")
        if not service.has_webhook:
            st.caption(_("No webhook is set up (setting erp_webhook_url): changes leave as files."))
    if frame.empty:
        widgets.empty(_("Ask for a change from a case or a merge."), _("Nothing was asked of the ERP yet"))
    listed(frame, "outbox")
