"""Cases by the API: the same rules as on the page, and errors that say what is wrong."""

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard.api import routes
from data.casebook import Actor


@pytest.fixture
def client(fresh):
    def as_role(role):
        app = Starlette(routes=routes(fresh))

        async def with_actor(scope, receive, send):
            await app({**scope, "orderlens_actor": Actor("program", role, "api")}, receive, send)

        return TestClient(with_actor)

    return as_role


def test_a_case_is_opened_moved_and_listed(client, fresh):
    desk = client("order_entry")
    opened = desk.post("/api/v1/cases", json={"exception_id": "x005"})
    assert opened.status_code == 200
    case_id = opened.json()["case_id"]
    assert desk.post("/api/v1/cases", json={"exception_id": "x005"}).json()["case_id"] == case_id
    moved = desk.post(f"/api/v1/cases/{case_id}/move", json={"to": "investigating", "from": "new"})
    assert moved.json()["state"] == "investigating"
    assert moved.json()["due_at"]
    stale = desk.post(f"/api/v1/cases/{case_id}/move", json={"to": "with_support", "from": "new"})
    assert (stale.status_code, "moved meanwhile" in stale.json()["error"]) == (400, True)
    listed = client("viewer").get("/api/v1/cases", params={"state": "investigating"}).json()["cases"]
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
def test_what_is_wrong_is_said(client, fresh, role, path, body, status):
    head = fresh.casebook.audit.head()
    got = client(role).post(path, content=body)
    assert got.status_code == status
    assert got.json()["error"]
    assert fresh.casebook.audit.head() == head
