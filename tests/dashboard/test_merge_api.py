"""Merges by the API: previewed, made with every question answered, undone; what is wrong changes nothing."""

import pytest

from data.casebook import Actor
from models.merge_requests import make_merge, read_both
from models.merging import Choices

BOTH = {"kept_id": "SO-00009", "merged_id": "SO-00010"}


def answered(questions):
    """Answer every question with the first answer there is."""
    choices = {"fields": dict.fromkeys(questions["fields"], "kept")}
    if questions["has_lines"]:
        choices["lines"] = "kept"
    return choices | {name: questions[name][0] for name in ("shipped", "paid") if questions[name]}


def test_a_merge_is_previewed_made_listed_and_undone(program, fresh):
    desk = program("order_entry")
    asked = desk.post("/api/v1/merges/preview", json=BOTH).json()
    assert asked["result"] is None
    assert asked["missing"].startswith("Say ")
    assert fresh.casebook.merges.list().empty
    body = {**BOTH, "choices": answered(asked["questions"])}
    result = desk.post("/api/v1/merges/preview", json=body).json()["result"]
    ended = [change["field"] for change in result["changes"] if change["record_id"] == "SO-00010"]
    assert "status" in ended
    made = desk.post("/api/v1/merges", json={**body, "why": "sent twice", "channel": "file"})
    assert made.status_code == 200
    merge_id = made.json()["merge_id"]
    again = desk.post("/api/v1/merges", json=body)
    assert (again.status_code, "already" in again.json()["error"]) == (400, True)
    asked_for = fresh.casebook.erp_updates.list()
    assert asked_for["merge_id"].tolist() == [merge_id]
    (listed,) = program("viewer").get("/api/v1/merges").json()["merges"]
    assert (listed["merge_id"], listed["is_in_force"], listed["why"]) == (merge_id, True, "sent twice")
    assert listed["result"]["changes"] == result["changes"]
    other = program("analyst").post(f"/api/v1/merges/{merge_id}/undo", json={})
    assert other.status_code == 200  # the tests' program has one name in every role
    assert program("viewer").get("/api/v1/merges").json()["merges"][0]["is_in_force"] is False
    assert fresh.casebook.erp_updates.list()["state"].tolist() == ["cancelled"]
    assert fresh.casebook.audit.entries(action="merge.make")["via"].tolist() == ["api"]
    exported = fresh.casebook.audit.entries(action="data.export")["subject"].tolist()
    assert exported == ["merges", "merges", "merge preview", "merge preview"]


@pytest.mark.parametrize(
    ("role", "path", "body", "status"),
    [
        ("planner", "", BOTH, 403),
        ("viewer", "/preview", BOTH, 403),
        ("viewer", "/1/undo", {}, 403),
        ("analyst", "", BOTH, 400),
        ("analyst", "", {**BOTH, "merged_id": "nope"}, 400),
        ("analyst", "", {**BOTH, "what": "product"}, 400),
        ("analyst", "/preview", {**BOTH, "choices": "all"}, 400),
        ("analyst", "/preview", {**BOTH, "choices": {"lines": 5}}, 400),
        ("analyst", "", {"kept_id": "SO-00009"}, 400),
        ("analyst", "/99/undo", {}, 400),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(program, fresh, role, path, body, status):
    head = fresh.casebook.audit.head()
    got = program(role).post(f"/api/v1/merges{path}", json=body)
    assert got.status_code == status, got.text
    assert got.json()["error"]
    assert fresh.casebook.audit.head() == head


def test_somebody_elses_merge_is_undone_by_a_manager(program, fresh):
    questions = program("analyst").post("/api/v1/merges/preview", json=BOTH).json()["questions"]
    kept, merged = read_both(fresh.warehouse, "order", *BOTH.values())
    ada = Actor("ada", "analyst", "app")
    merge_id = make_merge(fresh.casebook, ada, "order", kept, merged, Choices(**answered(questions)))
    assert program("analyst").post(f"/api/v1/merges/{merge_id}/undo", json={}).status_code == 403
    assert program("manager").post(f"/api/v1/merges/{merge_id}/undo", json={}).status_code == 200
