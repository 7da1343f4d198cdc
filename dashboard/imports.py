"""Bringing orders in from the Data page: files or a place on the server, a mapping, and how far it is."""

import json
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import jobs, queries, session, widgets
from dashboard.i18n import _, format_number, format_time
from dashboard.words import finders, word
from dashboard.workspace import current
from data.ingestion.mapping import shipped_mappings
from data.schema import TABLES
from models.detect import FEATURES

STATUS_ICONS = {"running": "⏳", "done": "✓", "failed": "✗", "cancelled": "■"}


def form() -> None:
    """Ask for the files and the mapping, and start the import."""
    if not session.may("data.ingest"):
        st.caption(_("Your role does not import data."))
        return
    places = ["files"] + (["server"] if session.actor().role == "admin" else [])
    titles = {"files": _("Files from this computer"), "server": _("A folder or database on the server")}
    place = places[0]
    if len(places) > 1:
        place = st.segmented_control(
            _("Where from"),
            places,
            default="files",
            format_func=lambda name: titles[name],
            key="import_place",
            required=True,
        )
    with st.form("import_form", border=False):
        files, path = [], ""
        if place == "files":
            files = st.file_uploader(
                _("One file for each table: orders, order_lines, customers, products …"),
                type=[ending.lstrip(".") for ending in jobs.ENDINGS],
                accept_multiple_files=True,
                key="import_files",
            )
        else:
            path = st.text_input(
                _("Folder, file or database URL"), key="import_path", placeholder="/data/erp-export", autocomplete="off"
            )
        mapping = st.selectbox(
            _("Mapping"),
            ["", *shipped_mappings()],
            format_func=lambda name: name or _("None: tables and columns have the canonical names"),
            key="import_mapping",
            help=_("Says how the source's tables and columns become Orderlens's own."),
        )
        if st.form_submit_button(_("Import"), type="primary", icon=":material/upload:"):
            _start(list(files or []), path.strip(), mapping)
    with st.expander(_("Tables and columns that Orderlens knows")):
        _schema()


def _start(files: list[Any], path: str, mapping: str) -> None:
    if not files and not path:
        st.warning(_("Choose at least one file first."))
        return
    detail = {"path": str(jobs.keep_uploads(files)), "remove": True} if files else {"path": path}
    jobs.start(session.actor(), "ingest", {**detail, "mapping": mapping})
    st.toast(_("The import has begun."))


def _schema() -> None:
    known = pd.DataFrame(
        {
            "table": [word(table.name) for table in TABLES.values()],
            "file": list(TABLES),
            "columns": [
                ", ".join(f"{column.name}{'*' if column.is_required else ''}" for column in table.columns)
                for table in TABLES.values()
            ],
        }
    )
    columns = {
        "table": widgets.column(_("Table")),
        "file": widgets.column(_("File name")),
        "columns": widgets.column(_("Columns (* = required)"), width="large"),
    }
    widgets.table(known, columns, _("Tables and columns that Orderlens knows"))


def detect_button() -> None:
    """Offer to start a detection run."""
    if queries.version() is None:
        st.caption(_("Import orders first."))
        return
    if not session.may("data.detect"):
        return
    if st.button(_("Start a detection run"), key="start_detect", type="primary", icon=":material/play_arrow:"):
        jobs.start(session.actor(), "detect", {})
        st.toast(_("The run has begun."))


@st.fragment(run_every="1s")
def running() -> None:
    """Show what runs at the moment, how far it is, and a button to stop it; reload the page when something ended."""
    casebook = current().casebook
    if session.may("job.start"):
        casebook.jobs.mark_lost(session.actor())
    frame = casebook.jobs.list(limit=5)
    active = frame[frame["status"].eq("running")]
    for row in active.to_dict("records"):
        with st.container(border=True):
            share = row["progress"]
            text = f"**{_job_title(row['kind'])}** · {_step_title(row['step'])}"
            st.progress(0.0 if pd.isna(share) else float(share), text=text)
            if row["is_cancel_requested"]:
                st.caption(_("Stopping …"))
            else:
                st.button(_("Stop"), key=f"stop_{row['job_id']}", on_click=_stop, args=(row["job_id"],))
    ended = set(frame["job_id"]) - set(active["job_id"])  # a short job may begin and end between two looks
    before = st.session_state.get("jobs_ended", ended)
    st.session_state["jobs_ended"] = ended
    if ended - before:
        st.rerun()


@session.safely
def _stop(job_id: int) -> None:
    current().casebook.jobs.request_cancel(session.actor(), job_id)


def _job_title(kind: str) -> str:
    return {"ingest": _("Import"), "detect": _("Detection")}.get(kind, kind)


def _step_title(step: str) -> str:
    """Return what a step does, in words: a check by its title, a feature by what it is for."""
    if step in finders():
        return _(finders()[step].title)
    if step in FEATURES:
        return _("Computing what is usual")
    steps = {
        "": _("Starting"),
        "copy": _("Copying the current version"),
        "read": _("Reading the files"),
        "map": _("Mapping tables and columns"),
        "type": _("Reading dates and numbers"),
        "merge": _("Merging new and changed rows"),
        "audit": _("Auditing"),
        "check": _("Auditing"),
        "ranking": _("Ranking"),
        "publish": _("Publishing"),
    }
    return steps.get(step, step)


def done() -> None:
    """List the latest imports and runs with how they ended."""
    frame = current().casebook.jobs.list(limit=20)
    frame = frame[frame["status"].ne("running")]
    if frame.empty:
        return
    zone = current().settings.time_zone
    shown = pd.DataFrame(
        {
            "kind": [_job_title(kind) for kind in frame["kind"]],
            "status": [f"{STATUS_ICONS[status]} {word(status)}" for status in frame["status"]],
            "message": [_result(row) for row in frame.to_dict("records")],
            "by": frame["started_by"].to_numpy(),
            "at": [format_time(pd.Timestamp(at).tz_convert(zone)) for at in frame["started_at"]],
        }
    )
    columns = {
        "at": widgets.column(_("Started")),
        "kind": widgets.column(_("What")),
        "status": widgets.column(_("Outcome")),
        "message": widgets.column(_("Result"), width="large"),
        "by": widgets.column(_("By")),
    }
    st.markdown(f"**{_('Latest imports and runs')}**")
    widgets.table(shown, columns, _("Latest imports and runs"), height="content")


def _result(row: dict[Any, Any]) -> str:
    """Return a job's result as a sentence; counts are stored as numbers, for each to read in their language."""
    if row["status"] != "done" or not row["message"].startswith("{"):
        return str(row["message"])
    counts = {name: format_number(value) for name, value in json.loads(row["message"]).items()}
    if row["kind"] == "detect":
        return _("{exceptions} exceptions in {alerts} alerts").format(**counts)
    return _(
        "{read} rows read: {loaded} loaded, {updated} updated, {unchanged} unchanged, {quarantined} in quarantine"
    ).format(**counts)
