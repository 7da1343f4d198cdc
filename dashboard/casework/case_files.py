"""The files of a case: upload, download, remove."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import session
from dashboard.casework.case_table import local
from dashboard.i18n import _, format_number, format_time
from dashboard.widgets import plain
from dashboard.workspace import current

KILOBYTE = 1024


def show(case: Mapping[str, Any]) -> None:
    """List a case's files, each with its download; take further ones."""
    service, case_id = current().casebook.attachments, int(case["case_id"])
    frame = service.list(case_id)
    if frame.empty:
        st.caption(_("No files yet: mails, delivery notes, agreements belong here."))
    for row in frame.to_dict("records"):
        number = int(row["attachment_id"])
        with st.container(horizontal=True, vertical_alignment="center"):
            st.download_button(
                plain(row["name"]), partial(service.read, number), row["name"], "application/octet-stream",
                key=f"case_file_{number}", icon=":material/download:", on_click=_note,
                args=(case_id, row["name"]),
            )  # fmt: skip
            size = _("{count} kB").format(count=format_number(max(1, round(row["size_bytes"] / KILOBYTE))))
            when = format_time(local(pd.Series([row["at"]])).iloc[0])
            st.caption(f"{size} · {plain(row['by'])} · {when}")
            may = session.may("case.detach_any") or (session.may("case.detach") and row["by"] == session.actor().name)
            if may:
                st.button(
                    _("Remove"), key=f"case_file_remove_{number}", type="tertiary", on_click=_remove, args=(number,)
                )
    if session.may("case.attach"):
        limit = current().settings.attachment_mb
        with st.form("case_attach", clear_on_submit=True, border=False):
            given = st.file_uploader(
                _("Attach files, up to {count} MB each").format(count=limit),
                accept_multiple_files=True, key="case_attach_files", max_upload_size=limit,
            )  # fmt: skip
            if st.form_submit_button(_("Attach"), key="case_attach_do") and given:
                for file in given:
                    service.add(session.actor(), case_id, file.name, file.getvalue())
                st.rerun()


@session.safely
def _note(case_id: int, name: str) -> None:
    """Note in the audit log who took a file away."""
    current().casebook.audit.record(session.actor(), "data.export", f"case {case_id}", file=name)


@session.safely
def _remove(attachment_id: int) -> None:
    current().casebook.attachments.remove(session.actor(), attachment_id)
