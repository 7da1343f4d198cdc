"""The weekly report: whole in one file, in both languages, and harmless whatever orders hold."""

import re
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from dashboard import workspace
from dashboard.cli import main
from dashboard.report import write_report
from data.casebook import Actor
from data.casebook.interventions import Plan
from data.errors import InvalidInputError, NotReadyError

BOSS = Actor("mia", "manager", "app")


@pytest.fixture(autouse=True)
def _leave_nothing_installed():
    yield
    workspace._installed.clear()


def test_the_page_is_whole_and_asks_nobody(fresh, tmp_path: Path):
    fresh.casebook.interventions.add(BOSS, Plan("<script>alert(1)</script>", date(2026, 4, 6)))
    out = tmp_path / "week.html"
    assert write_report(fresh, out, "en") == out.stat().st_size
    text = out.read_text(encoding="utf-8")
    assert "Weekly report" in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script>alert(1)" not in text
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=[\"']?https?:", text)
    assert text.count("</html>") == 1


def test_the_workbook_runs_nothing(fresh, tmp_path: Path):
    fresh.casebook.interventions.add(BOSS, Plan('=HYPERLINK("x")', date(2026, 4, 6)))
    out = tmp_path / "week.xlsx"
    write_report(fresh, out, "zh")
    book = load_workbook(out)
    assert "根本原因" in book.sheetnames
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    assert any(str(cell.value) == '\'=HYPERLINK("x")' for cell in cells)


def test_a_wrong_ending_or_an_empty_home_is_told(fresh, empty, tmp_path: Path):
    with pytest.raises(InvalidInputError, match=r"html or \.xlsx"):
        write_report(fresh, tmp_path / "week.pdf", "en")
    with pytest.raises(NotReadyError):
        write_report(empty, tmp_path / "week.html", "en")


def test_the_command_writes_it_and_says_so(fresh, tmp_path: Path, capsys):
    out = tmp_path / "week.xlsx"
    assert main(["--home", str(fresh.home), "report", "--out", str(out)]) == 0
    assert out.is_file()
    assert fresh.casebook.audit.entries(action="data.export")["subject"].iloc[0] == "report"
    assert main(["--home", str(fresh.home), "report", "--out", str(tmp_path / "week.doc")]) == 1
