"""The weekly report: whole in one file, in both languages, and harmless whatever orders hold."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from dashboard import workspace
from dashboard.cli import main
from dashboard.notices import weekly_report
from dashboard.notices.courier import system_actor
from dashboard.notices.weekly_report import last_due, write_due
from dashboard.report import write_report
from data.casebook import Actor
from data.casebook.interventions import Plan
from data.errors import InvalidInputError, NotReadyError
from data.settings import load_settings

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


def test_a_schedule_names_the_latest_moment_that_is_past():
    now = datetime(2026, 6, 24, 9, 30, tzinfo=UTC)  # a Wednesday
    assert last_due("mon 07:00", now) == datetime(2026, 6, 22, 7, 0, tzinfo=UTC)
    assert last_due("wed 09:30", now) == now
    assert last_due("wed 09:31", now) == datetime(2026, 6, 17, 9, 31, tzinfo=UTC)
    assert last_due("", now) is None
    with pytest.raises(InvalidInputError, match="report_schedule"):
        load_settings(Path("nowhere"), report_schedule="monday 7")


def test_the_server_writes_the_report_once_and_tells_of_it(fresh, tmp_path: Path):
    chosen = {"report_schedule": "mon 07:00", "report_folder": str(tmp_path / "out"), "report_target": "json://there"}
    scheduled = replace(fresh, settings=fresh.settings.model_copy(update=chosen))
    told: list[tuple[str, ...]] = []

    def send(*message: str) -> None:
        told.append(message)

    now = datetime(2026, 6, 24, 9, 30, tzinfo=UTC)
    files = write_due(scheduled, system_actor(), now, send)
    assert [file.name for file in files] == ["orderlens-2026-06-22.html", "orderlens-2026-06-22.xlsx"]
    assert all(file.stat().st_size > 1000 for file in files)
    assert write_due(scheduled, system_actor(), now, send) == [], "once"
    (message,) = told
    assert message[0] == "json://there"
    assert str(files[0]) in message[2]
    assert len(fresh.casebook.audit.entries(action="data.export", subject="report")) == 1
    assert len(write_due(scheduled, system_actor(), now + timedelta(days=7), send)) == 2


def test_a_report_that_nobody_took_is_told_again_later(fresh, tmp_path: Path, visit):
    chosen = {"report_schedule": "mon 07:00", "report_folder": str(tmp_path / "out"), "report_target": "json://there"}
    scheduled = replace(fresh, settings=fresh.settings.model_copy(update=chosen))
    answers: list[str | None] = ["The service did not take it.", None]
    told: list[str] = []

    def send(*message: str) -> str | None:
        told.append(message[2])
        return answers[len(told) - 1]

    now = datetime(2026, 6, 24, 9, 30, tzinfo=UTC)
    assert len(write_due(scheduled, system_actor(), now, send)) == 2
    assert write_due(scheduled, system_actor(), now + timedelta(seconds=30), send) == []
    assert len(told) == 1, "not before its time"
    page = visit(scheduled, "notifications", "manager")
    assert "did not take it" in page.warning[0].value
    write_due(scheduled, system_actor(), now + timedelta(minutes=2), send)
    assert len(told) == 2
    assert "orderlens-2026-06-22.html" in told[1]
    write_due(scheduled, system_actor(), now + timedelta(days=1), send)
    assert len(told) == 2, "once it was taken, never again"
    assert not visit(scheduled, "notifications", "manager").warning


def test_a_report_whose_server_ended_while_telling_is_shown_and_not_told_again(
    fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    chosen = {"report_schedule": "mon 07:00", "report_folder": str(tmp_path / "out"), "report_target": "json://there"}
    scheduled = replace(fresh, settings=fresh.settings.model_copy(update=chosen))
    told: list[str] = []

    def send(*message: str) -> str | None:
        told.append(message[2])
        raise SystemExit

    now = datetime(2026, 6, 24, 9, 30, tzinfo=UTC)
    with pytest.raises(SystemExit):
        write_due(scheduled, system_actor(), now, send)
    assert weekly_report.untold(scheduled) == [], "somebody may be at it"
    monkeypatch.setattr(weekly_report, "DOUBTFUL_AFTER", timedelta(0))
    [one] = weekly_report.untold(scheduled)
    assert (one.next_at, one.error) == (None, weekly_report.IN_DOUBT)
    write_due(scheduled, system_actor(), now + timedelta(days=1), send)
    assert len(told) == 1


def test_a_report_that_could_not_be_written_is_tried_again(fresh, empty, tmp_path: Path):
    chosen = {"report_schedule": "mon 07:00", "report_folder": str(tmp_path / "out")}
    now = datetime(2026, 6, 24, 9, 30, tzinfo=UTC)
    nothing = replace(empty, settings=empty.settings.model_copy(update=chosen))
    assert write_due(nothing, system_actor(), now) == [], "nothing was published yet"
    scheduled = replace(fresh, settings=fresh.settings.model_copy(update=chosen))
    assert len(write_due(scheduled, system_actor(), now)) == 2
