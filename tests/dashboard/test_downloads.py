"""Files to take away open in spreadsheets as text, never as formulas, and in the reader's language."""

from io import BytesIO

import pandas as pd
import pytest

from dashboard import alerts, downloads, queue_table
from dashboard.i18n import speaking

FRAME = pd.DataFrame(
    {"name": ["=HYPERLINK(1)", "+1", "-1", "@x", "\tx", "plain", "上海"], "number": [1, 2, 3, 4, 5, 6, -7]}
)


def test_csv_is_harmless_and_marked_as_utf8():
    body = downloads.as_csv(FRAME)
    assert body.startswith(b"\xef\xbb\xbf")
    rows = body.decode("utf-8-sig").splitlines()
    assert rows[1] == "'=HYPERLINK(1),1"
    assert rows[7] == "上海,-7"


def test_excel_is_harmless():
    read = pd.read_excel(BytesIO(downloads.as_xlsx(FRAME)))
    assert read["name"].tolist()[:2] == ["'=HYPERLINK(1)", "'+1"]
    assert read["number"].tolist() == FRAME["number"].tolist()


@pytest.mark.parametrize(("language", "heading"), [("en", "Money at risk"), ("zh", "风险金额")])
def test_the_queue_is_exported_under_translated_headings(language, heading, filled, served):
    served(filled)
    found = alerts.queue(status="all").rows()
    with speaking(language):
        frame = queue_table.for_export(found)
    assert heading in frame
    assert len(frame) == len(found)
    assert b"'=HYPERLINK(1)" in downloads.as_csv(frame), "a customer's name in the sample starts like a formula"
