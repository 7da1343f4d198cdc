"""Imports and runs from a page: file names, permission, progress, stopping, and what is left behind."""

import json
from io import BytesIO

import pytest

from dashboard import jobs, work
from data.casebook import Actor
from data.errors import InvalidInputError, PermissionDeniedError
from tests.dashboard.conftest import make_workspace

ANALYST = Actor("ada", "analyst", "app")
ORDERS = "order_id,customer_id,ordered_at\nSO-1,C1,2026-01-05\nSO-2,C1,2026-01-06\n"
LINES = "order_id,line_no,product_id,quantity,unit_price\nSO-1,1,P1,2,3.5\nSO-2,1,P1,1,3.5\n"


class Sent(BytesIO):
    def __init__(self, name: str, text: str) -> None:
        super().__init__(text.encode())
        self.name = name


@pytest.mark.parametrize(
    ("given", "kept"),
    [("orders.csv", "orders.csv"), ("../../etc/orders.csv", "orders.csv"), ("C:\\x\\orders.xlsx", "orders.xlsx"),
     ("订单.csv", "订单.csv"), ("or;ders$(x).csv", "or_ders_(x).csv")],
)  # fmt: skip
def test_an_upload_keeps_a_harmless_name(given, kept):
    assert jobs.safe_name(given) == kept


@pytest.mark.parametrize("given", ["", "..", ".csv", "orders.exe", "orders", "../..", "orders.csv.sh"])
def test_an_upload_without_a_sensible_name_is_refused(given):
    with pytest.raises(InvalidInputError):
        jobs.safe_name(given)


def test_uploads_go_into_a_folder_of_their_own(empty, served):
    served(empty)
    folder = jobs.keep_uploads([Sent("../orders.csv", ORDERS), Sent("order_lines.csv", LINES)])
    assert folder.parent == empty.home / "uploads"
    assert sorted(path.name for path in folder.iterdir()) == ["order_lines.csv", "orders.csv"]


def test_a_viewer_starts_nothing(empty, served):
    served(empty)
    for kind in work.WORK:
        with pytest.raises(PermissionDeniedError):
            jobs.start(Actor("vic", "viewer", "app"), kind, {})


def test_an_import_is_followed_to_its_end(tmp_path, served):
    workspace = served(make_workspace(tmp_path / "home", has_orders=False))
    folder = jobs.keep_uploads([Sent("orders.csv", ORDERS), Sent("order_lines.csv", LINES)])
    assert work.run(workspace.home, ANALYST, "ingest", {"path": str(folder), "mapping": "", "remove": True}) == 0
    job = workspace.casebook.jobs.list().iloc[0]
    assert (job["kind"], job["status"], job["started_by"]) == ("ingest", "done", "ada")
    assert json.loads(job["message"])["loaded"] == 4
    assert workspace.warehouse.version() == 1
    assert not folder.exists(), "what was uploaded is removed"


def test_a_failed_import_says_why_and_changes_nothing(tmp_path, served):
    workspace = served(make_workspace(tmp_path / "home", has_orders=False))
    assert work.run(workspace.home, ANALYST, "ingest", {"path": str(tmp_path / "nowhere")}) == 1
    job = workspace.casebook.jobs.list().iloc[0]
    assert job["status"] == "failed"
    assert "nowhere" in job["message"]
    assert "\n" not in job["message"]
    assert workspace.warehouse.version() is None


def test_a_run_stops_when_asked(tmp_path, served, monkeypatch):
    workspace = served(make_workspace(tmp_path / "home", has_orders=False))

    def endless(workspace, actor, detail, step):
        job_id = int(workspace.casebook.jobs.list().iloc[0]["job_id"])
        workspace.casebook.jobs.request_cancel(ANALYST, job_id)
        step("ranking")
        raise AssertionError("it went on")

    monkeypatch.setitem(work.WORK, "detect", (endless, lambda: 2))
    assert work.run(workspace.home, ANALYST, "detect", {}) == 1
    assert workspace.casebook.jobs.list().iloc[0]["status"] == "cancelled"
