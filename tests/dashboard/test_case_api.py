"""Cases by the API: the same rules as on the page, and errors that say what is wrong."""

import pytest


def test_a_case_is_opened_moved_and_listed(program, fresh):
    desk = program("order_entry")
    opened = desk.post("/api/v1/cases", json={"exception_id": "x005"})
    assert opened.status_code == 200
    case_id = opened.json()["case_id"]
    assert desk.post("/api/v1/cases", json={"exception_id": "x005"}).json()["case_id"] == case_id
    moved = desk.post(f"/api/v1/cases/{case_id}/move", json={"to": "investigating", "from": "new"})
    assert moved.json()["state"] == "investigating"
    assert moved.json()["due_at"]
    stale = desk.post(f"/api/v1/cases/{case_id}/move", json={"to": "with_support", "from": "new"})
    assert (stale.status_code, "moved meanwhile" in stale.json()["error"]) == (400, True)
    listed = program("viewer").get("/api/v1/cases", params={"state": "investigating"}).json()["cases"]
    assert [row["case_id"] for row in listed] == [case_id]
    assert isinstance(listed[0]["evidence"], dict)


@pytest.mark.parametrize(
    ("role", "path", "body", "status"),
    [
        ("viewer", "/api/v1/cases", '{"exception_id": "x005"}', 403),
        ("analyst", "/api/v1/cases", '{"exception_id": "nope"}', 400),
        ("analyst", "/api/v1/cases", '{"exception_id": 5}', 400),
        ("analyst", "/api/v1/cases", "[]", 400),
        ("analyst", "/api/v1/cases", "{", 400),
        ("analyst", "/api/v1/cases", '{"exception_id": "' + "x" * 30_000 + '"}', 400),
        ("analyst", "/api/v1/cases/99/move", '{"to": "investigating"}', 400),
        ("analyst", "/api/v1/cases/99/move", "{}", 400),
    ],
)
def test_what_is_wrong_is_said(program, fresh, role, path, body, status):
    head = fresh.casebook.audit.head()
    got = program(role).post(path, content=body)
    assert got.status_code == status
    assert got.json()["error"]
    assert fresh.casebook.audit.head() == head
