"""Files to take away: what the table shows, with translated headings, harmless to spreadsheets."""

from collections.abc import Callable
from io import BytesIO

import pandas as pd
import streamlit as st

from dashboard import session
from dashboard.i18n import _, current_language, speaking
from dashboard.workspace import current
from models.export import harmless

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def as_csv(frame: pd.DataFrame) -> bytes:
    """Return the frame as CSV; with a byte order mark, by which Excel knows that it is UTF-8."""
    return harmless(frame).to_csv(index=False).encode("utf-8-sig")


def as_xlsx(frame: pd.DataFrame) -> bytes:
    """Return the frame as an Excel workbook."""
    file = BytesIO()
    harmless(frame).to_excel(file, index=False, engine="openpyxl", freeze_panes=(1, 0))
    return file.getvalue()


def buttons(frame: pd.DataFrame | Callable[[], pd.DataFrame], name: str) -> None:
    """Offer a frame, or what is returned when a file is asked for, as CSV and Excel."""
    if not session.may("data.export"):
        return
    language = current_language()

    def content() -> pd.DataFrame:
        with speaking(language):
            return frame() if callable(frame) else frame

    with st.popover(_("Export"), icon=":material/download:", disabled=not callable(frame) and frame.empty):
        note = session.safely(lambda: _note(name, len(content())))
        st.download_button(
            _("CSV file"), lambda: as_csv(content()), f"{name}.csv", "text/csv", key=f"{name}_csv", on_click=note
        )
        st.download_button(
            _("Excel workbook"), lambda: as_xlsx(content()), f"{name}.xlsx", XLSX, key=f"{name}_xlsx", on_click=note
        )


def _note(name: str, count: int) -> None:
    """Note in the audit log who took what away."""
    current().casebook.audit.record(session.actor(), "data.export", name, row_count=count)
