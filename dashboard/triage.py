"""Working through the queue: which alert is open, the next one, the verdicts and how to take them back.

Positions in a table mean nothing once its data changed, so everything here is held by name: the alerts that were on
screen (``queue_shown``), the one that is open, the labels given in this session.
"""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import alerts, queries, session
from dashboard.i18n import _, ngettext
from dashboard.workspace import current

LEAST_MOVE = 0.01
KEY_FIELDS = ("exception_id", "kind", "order_id", "line_no", "product_id", "score", "source")


def shown() -> list[str]:
    """Return the alerts as they were last on screen, in order."""
    return list(st.session_state.get("queue_shown", []))


def remember_shown(page: pd.DataFrame) -> None:
    """Keep which alerts are on screen, for the callbacks of the next run."""
    st.session_state["queue_shown"] = [str(name) for name in page.get("alert_id", [])]


def open_alert() -> str | None:
    """Return the alert that is open: the address's, else the first on screen."""
    asked = st.query_params.get("id")
    if asked and st.session_state.get("queue_asked") != asked:
        found = queries.fetch("alert_of", id=asked)
        st.session_state["queue_asked"] = asked
        st.session_state["queue_open"] = str(found["alert_id"].iloc[0]) if len(found) else asked
    if asked is None or "queue_open" not in st.session_state:
        st.session_state["queue_open"] = next(iter(shown()), None)
    return st.session_state.get("queue_open")


def select(alert_id: str | None) -> None:
    """Open an alert; its name goes into the address, to be shared; the cell that was clicked is not framed any more."""
    state: Any = st.session_state.get(table_key())
    if state and state["selection"].get("cells"):
        rows = list(state["selection"]["rows"])
        st.session_state[table_key()] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    st.session_state["queue_open"] = st.session_state["queue_asked"] = alert_id
    st.session_state.pop("queue_finding", None)
    st.session_state["queue_asks_reason"] = False
    if alert_id is None:
        st.query_params.pop("id", None)
    else:
        st.query_params["id"] = alert_id


def step(distance: int) -> None:
    """Open the next or the previous alert on screen."""
    names, name = shown(), st.session_state.get("queue_open")
    if not names:
        return
    place = names.index(name) + distance if name in names else 0
    select(names[max(0, min(place, len(names) - 1))])


def table_key() -> str:
    """Return the table's key: new after a bulk decision, so that ticks never pass on to other rows."""
    return f"queue_table_{queries.version()}_{st.session_state.setdefault('queue_round', 0)}"


def ticked() -> list[str]:
    """Return the alerts whose boxes are ticked, resolved against what was on screen."""
    state: Any = st.session_state.get(table_key())
    names = shown()
    rows = state["selection"]["rows"] if state else []
    return [names[row] for row in rows if row < len(names)]


def pick_clicked() -> None:
    """Open the alert whose row was clicked; called when the table's selection changed."""
    state: Any = st.session_state.get(table_key())
    cells = state["selection"].get("cells", []) if state else []
    names = shown()
    if cells and cells[0][0] < len(names):
        select(names[cells[0][0]])


def ask_reason() -> None:
    """Ask why it is a false positive before noting it."""
    st.session_state["queue_asks_reason"] = not st.session_state.get("queue_asks_reason", False)


def _targets(alert_id: str, finding_id: str | None) -> pd.DataFrame:
    """Return the findings that a verdict on an alert is about: all of a group, else the one that is open."""
    findings = alerts.findings_of(alert_id)
    if findings.empty or findings["group_id"].notna().any():
        return findings
    chosen = findings[findings["exception_id"].eq(finding_id)] if finding_id else findings.head(1)
    return chosen if len(chosen) else findings.head(1)


def open_finding(findings: pd.DataFrame) -> str:
    """Return the finding that is open within an alert: the chosen one, else the first without a verdict."""
    chosen = st.session_state.get("queue_finding")
    ids = findings["exception_id"].tolist()
    if chosen in ids:
        return str(chosen)
    judged = set(queries.labels()["exception_id"])
    likely = findings[findings["score"].ge(queries.LIKELY)]["exception_id"]
    return str(next((name for name in likely if name not in judged), ids[0]))


@session.safely
def judge(label: str, reason: str | None = None) -> None:
    """Note a verdict on the ticked alerts, else on the open one, and go on to the next."""
    bulk = ticked()
    names = bulk or [name for name in [st.session_state.get("queue_open")] if name]
    finding = None if bulk else st.session_state.get("queue_finding_shown")
    frames = [_targets(name, finding) for name in names]
    targets = pd.concat(frames) if frames else pd.DataFrame()
    if targets.empty:
        return
    labels, by = current().casebook.labels, session.actor()
    before = queries.scores()
    given = labels.add_many(by, [_key(row) for row in targets.to_dict("records")], label, reason=reason)
    st.session_state.setdefault("queue_undo", []).append((given, st.session_state.get("queue_open")))
    moved = _moved(before, queries.scores(), set(targets["exception_id"]))
    st.toast(" ".join([_told(label, len(names)), *moved]), duration="short")
    st.session_state["queue_asks_reason"] = False
    if bulk:
        st.session_state["queue_round"] += 1
    _go_on(names, label)


def _moved(before: "pd.Series[float]", after: "pd.Series[float]", judged: set[str]) -> list[str]:
    """Say how many other findings a verdict moved, and how many of those are not likely any more, or now are."""
    if not before.index.is_(after.index):  # a newer version was published just now
        return []
    was, now = before.to_numpy(), after.to_numpy()
    is_moved = (np.abs(now - was) >= LEAST_MOVE) & ~before.index.isin(judged)
    count = int(is_moved.sum())
    if not count:
        return []
    told = [ngettext("{count} similar one moved.", "{count} similar ones moved.", count).format(count=count)]
    fell = int((is_moved & (was >= queries.LIKELY) & (now < queries.LIKELY)).sum())
    rose = int((is_moved & (was < queries.LIKELY) & (now >= queries.LIKELY)).sum())
    if fell:
        told.append(ngettext("{count} fell below 50%.", "{count} fell below 50%.", fell).format(count=fell))
    if rose:
        told.append(ngettext("{count} rose above 50%.", "{count} rose above 50%.", rose).format(count=rose))
    return told


def _key(row: dict[Any, Any]) -> dict[str, Any]:
    return {name: None if pd.isna(row[name]) else row[name] for name in KEY_FIELDS}


def _told(label: str, count: int) -> str:
    if label == "confirmed":
        return ngettext("{count} exception confirmed", "{count} exceptions confirmed", count)
    return ngettext("{count} exception marked as false positive", "{count} exceptions marked as false positives", count)


def _go_on(done: list[str], label: str) -> None:
    """Open what comes next: another likely finding of the same alert after a rejection, else the next alert."""
    name = st.session_state.get("queue_open")
    if name not in done:
        return
    st.session_state.pop("queue_finding", None)
    if label == "false_positive" and len(done) == 1:
        findings = alerts.findings_of(name)
        is_judged = findings["exception_id"].isin(queries.labels()["exception_id"])
        if (findings["score"].ge(queries.LIKELY) & ~is_judged).any():
            return
    names = shown()
    place = names.index(name) if name in names else -1
    after = [other for other in names[place + 1 :] + names[:place][::-1] if other not in done]
    select(next(iter(after), None))


def can_undo() -> bool:
    """Return whether a verdict of this session can be taken back."""
    return bool(st.session_state.get("queue_undo"))


@session.safely
def undo() -> None:
    """Take back the last verdict of this session, a bulk one as a whole, and open what it was about."""
    if not can_undo():
        return
    given, name = st.session_state["queue_undo"].pop()
    for label_id in given:
        current().casebook.labels.undo(session.actor(), label_id)
    st.session_state["queue_round"] += 1
    select(name)
    st.toast(_("Taken back"), duration="short")
