"""The HTTP interface for order entry: verdicts, field-by-field errors, what was entered, and its description."""

import pytest
from starlette.testclient import TestClient

from dashboard.openapi import openapi, page
from tests.dashboard.conftest import CONSOLE, make_workspace
from tests.dashboard.test_guard import ORIGIN, build

ORDER = {"customer_id": "C1", "lines": [{"product_id": "P1", "quantity": 60, "unit_price": 13.4}]}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return make_workspace(tmp_path_factory.mktemp("asked"), is_demo=False)


@pytest.fixture(scope="module")
def desk(workspace):
    token = workspace.casebook.api_tokens.add(CONSOLE, "desk", "order_entry")
    client = TestClient(build(workspace), base_url=ORIGIN, follow_redirects=False)
    client.headers["authorization"] = f"Bearer {token}"
    return client


def test_one_order_gets_its_verdict(desk):
    verdict = desk.post("/api/v1/check", json=ORDER).json()
    assert verdict["verdict"] == "accept"
    assert verdict["action"]
    assert verdict["check_id"] >= 1


def test_a_batch_gets_one_verdict_each(desk):
    dear = {**ORDER, "lines": [{**ORDER["lines"][0], "unit_price": 1340}]}
    results = desk.post("/api/v1/check", json={"orders": [ORDER, dear]}).json()["results"]
    assert [result["verdict"] for result in results] == ["accept", "hold"]
    finding = results[1]["findings"][0]
    assert finding["kind"] == "price_error"
    assert finding["reason"]
    assert finding["action"]


def test_wrong_fields_are_named_and_nothing_is_kept(desk, workspace):
    before = workspace.casebook.order_checks.caught()
    answer = desk.post("/api/v1/check", json={"customer_id": "C1", "lines": [{"product_id": "P1", "quantity": "x"}]})
    assert answer.status_code == 400
    assert {fault["field"] for fault in answer.json()["fields"]} == {"lines.0.quantity", "lines.0.unit_price"}
    assert workspace.casebook.order_checks.caught() == before


def test_what_was_entered_is_kept_once(desk, workspace):
    check_id = desk.post("/api/v1/check", json=ORDER).json()["check_id"]
    assert desk.post(f"/api/v1/check/{check_id}/entered", json={}).json()["fields"][0]["field"] == "order_id"
    assert desk.post(f"/api/v1/check/{check_id}/entered", json={"order_id": "E1"}).status_code == 200
    assert desk.post(f"/api/v1/check/{check_id}/entered", json={"order_id": "E2"}).status_code == 400
    assert "E1" in {order["order_id"] for order in workspace.casebook.order_checks.entered()}


def test_the_description_stands_behind_the_guard(desk, workspace):
    stranger = TestClient(build(workspace), base_url=ORIGIN, follow_redirects=False)
    for path in ("/api/v1/openapi.json", "/api/v1/docs"):
        assert stranger.get(path).status_code == 401
        assert desk.get(path).status_code == 200
    assert desk.get("/api/v1/openapi.json").json() == openapi()


def test_the_description_names_only_what_it_describes():
    description = openapi()
    known = set(description["components"]["schemas"])

    def named(part):
        if isinstance(part, dict):
            yield from ([part["$ref"].rpartition("/")[2]] if "$ref" in part else [])
            for inner in part.values():
                yield from named(inner)
        elif isinstance(part, list):
            for inner in part:
                yield from named(inner)

    assert set(named(description)) <= known
    assert all(f'id="{name}"' in page(description) for name in known)


def test_an_answer_has_the_fields_described(desk):
    described = openapi()["components"]["schemas"]["Verdict"]["properties"]
    assert set(desk.post("/api/v1/check", json=ORDER).json()) == set(described)
