"""What an attacker tries, each tried and each refused, with nothing lost; sessions and WebSockets are in test_guard."""

import json
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from openpyxl import load_workbook
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard import api, jobs, shell, widgets
from dashboard.guard import BODY_LIMIT, COOKIE, UPLOAD_LIMIT_MB, UPLOAD_PREFIX
from dashboard.navigation import PAGES
from dashboard.signin import SignIn
from data.casebook.permissions import allows
from data.casebook.sign_in import MAX_FAILURES_PER_NAME
from data.errors import InvalidInputError
from data.vocabulary import ROLES
from models.export import export
from tests.dashboard.conftest import CONSOLE, make_workspace
from tests.dashboard.test_guard import ORIGIN, build

NASTY = [
    "'; drop table alerts; --",
    "<script>alert(1)</script>",
    '=HYPERLINK("http://evil","x")',
    "${jndi:x}",
    "%s%n",
    "\u202e",
]
PASSWORD = "correct horse battery"

API_ACTIONS = {
    ("GET", "/api/v1/findings"): "data.export",
    ("POST", "/api/v1/findings/{exception_id}/label"): "label.add",
    ("POST", "/api/v1/check"): "order.check",
    ("POST", "/api/v1/check/{check_id:int}/entered"): "order.enter",
    ("GET", "/api/v1/cases"): "data.export",
    ("POST", "/api/v1/cases"): "case.open",
    ("POST", "/api/v1/cases/{case_id:int}/move"): "case.move",
    ("GET", "/api/v1/merges"): "data.export",
    ("POST", "/api/v1/merges"): "merge.make",
    ("POST", "/api/v1/merges/preview"): "merge.make",
    ("POST", "/api/v1/merges/{merge_id:int}/undo"): "merge.undo",
}
"""Every route of the API with the action that it does; descriptions of the API are for everybody signed in."""

BODIES = {
    "label.add": {"label": "confirmed"},
    "case.open": {"exception_id": "x001"},
    "case.move": {"to": "investigating"},
}

DESCRIBING = {"/healthz", "/api/v1/openapi.json", "/api/v1/docs"}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    made = make_workspace(tmp_path_factory.mktemp("attacked"), is_demo=False)
    for role in ROLES:
        made.casebook.accounts.add(CONSOLE, f"a-{role}".replace("_", "-"), role, PASSWORD)
    return made


@pytest.fixture
def client(workspace):
    return TestClient(build(workspace), base_url=ORIGIN, follow_redirects=False)


def routes(workspace):
    return [*SignIn(workspace).routes(), *api.routes(workspace), *shell.routes(workspace)]


# -- requests made by hand, in every role


def test_every_route_of_the_api_is_judged_here(workspace):
    found = {
        (method, route.path)
        for route in api.routes(workspace)
        for method in route.methods - {"HEAD"}
        if route.path not in DESCRIBING
    }
    assert found == API_ACTIONS.keys()


@pytest.mark.parametrize("by", ["token", "session"])
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("method", "path"), API_ACTIONS)
def test_a_request_made_by_hand_does_what_its_role_may(client, workspace, method, path, role, by):
    action = API_ACTIONS[method, path]
    headers = {"origin": ORIGIN}
    if by == "token":
        headers["authorization"] = f"Bearer {workspace.casebook.api_tokens.add(CONSOLE, 'robot', role)}"
    else:
        client.cookies.set(COOKIE, workspace.casebook.sessions.start(f"a-{role}".replace("_", "-")))
    before = workspace.casebook.labels.generation()
    address = path.replace("{exception_id}", "x001").replace("{check_id:int}", "1").replace("{case_id:int}", "1")
    address = address.replace("{merge_id:int}", "1")
    body = BODIES.get(action, {})
    answer = client.request(method, address, headers=headers, **({"json": body} if method == "POST" else {}))
    if allows(role, action):
        assert answer.status_code in (200, 400), answer.text
        if action == "data.export":
            noted = workspace.casebook.audit.entries(action="data.export", limit=1).iloc[0]
            assert (noted["role"], noted["subject"]) == (role, path.rpartition("/")[2])
        if action == "label.add":
            assert workspace.casebook.labels.generation() > before
            assert workspace.casebook.audit.entries(action="label.add", limit=1)["role"].tolist() == [role]
    else:
        assert answer.status_code == 403
        assert workspace.casebook.labels.generation() == before


@pytest.mark.parametrize("role", ROLES)
def test_a_page_that_is_not_for_a_role_runs_another_script_at_its_address(role):
    def script(role):
        import streamlit as st

        from dashboard import navigation

        pages = [page for section in navigation.build(role).values() for page in section]
        st.session_state["scripts"] = {page.title: str(page._page) for page in pages}

    from streamlit.testing.v1 import AppTest

    scripts = AppTest.from_function(script, kwargs={"role": role}).run().session_state["scripts"]
    for spec in PAGES:
        assert scripts[spec.title].endswith(f"{spec.name}.py") == (role in spec.roles)


# -- other sites


def test_every_post_from_another_site_or_from_nowhere_is_refused(client, workspace):
    client.cookies.set(COOKIE, workspace.casebook.sessions.start("a-admin"))
    posts = [route for route in routes(workspace) if isinstance(route, Route) and "POST" in (route.methods or ())]
    assert len(posts) >= 6
    before = workspace.casebook.audit.head()
    for route in posts:
        address = (
            route.path.replace("{exception_id}", "x001").replace("{check_id:int}", "1").replace("{case_id:int}", "1")
        )
        for headers in (
            {},
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"referer": "https://evil.example/"},
        ):
            assert client.post(address, headers=headers).status_code == 403, address
    for method in ("PUT", "DELETE", "PATCH"):
        assert client.request(method, f"{UPLOAD_PREFIX}x/y").status_code == 403
    assert workspace.casebook.audit.head() == before


# -- guessing


def test_guessing_at_once_gets_no_more_tries_than_guessing_slowly(tmp_path):
    guarded = make_workspace(tmp_path, has_orders=False, is_demo=False)
    guarded.casebook.accounts.add(CONSOLE, "eve", "admin", PASSWORD)
    app = build(guarded)

    def guess(number):
        own = TestClient(app, base_url=ORIGIN, follow_redirects=False)
        fields = {"name": "eve" if number % 2 else "EVE ", "password": f"guess number {number}"}
        return own.post("/signin", data=fields, headers={"origin": ORIGIN}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(guess, range(24)))
    assert statuses.count(401) == MAX_FAILURES_PER_NAME
    assert statuses.count(429) == 24 - MAX_FAILURES_PER_NAME
    refused = guarded.casebook.audit.entries(action="session.refuse")
    assert len(refused) == 24, "each attempt is in the audit log"
    assert guarded.casebook.audit.verify().is_intact


# -- order data and notes


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory):
    """A company whose orders were entered by somebody who means harm."""
    made = make_workspace(tmp_path_factory.mktemp("poisoned"))
    with made.warehouse.build() as build:
        for place, text in enumerate(NASTY):
            bound = {"text": text, "place": place, "count": len(NASTY)}
            for change in (
                "update customers set name = $text where hash(customer_id) % $count = $place",
                "update products set name = $text where hash(product_id) % $count = $place",
                "update orders set customer_po = $text, entered_by = $text, ship_to_name = $text "
                "where hash(order_id) % $count = $place",
                "update exceptions set reason = $text, entered_by = $text, channel = $text "
                "where hash(exception_id) % $count = $place",
                "update alerts set reason = $text where hash(alert_id) % $count = $place",
            ):
                build.connection.execute(change, bound)
    note = " ".join(NASTY)
    made.casebook.labels.add(CONSOLE, {"exception_id": "x001", "kind": "price_error"}, "confirmed", note=note)
    return made


@pytest.mark.parametrize("name", [spec.name for spec in PAGES])
def test_no_page_runs_what_orders_say(poisoned, visit, name):
    at = visit(poisoned, name, words=NASTY[0], id=NASTY[1], q=NASTY[0])
    assert not at.exception
    for element in at.markdown:
        assert not (element.allow_html and "<script>" in element.value)
    with poisoned.warehouse.read() as cursor:
        assert cursor.execute("select count(*) > 0 from alerts").fetchone() == (True,)


def test_facts_are_shown_to_the_letter_and_never_as_a_page(monkeypatch):
    shown = []
    monkeypatch.setattr(widgets.st, "html", shown.append)
    widgets.facts({text: text for text in NASTY}, NASTY[0])
    tags, texts = set(), []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: tags.add(tag)
    parser.handle_data = texts.append
    parser.feed(shown[0])
    assert tags == {"table", "tr", "th", "td"}
    assert texts == [text for text in NASTY for _ in range(2)]


def test_a_note_is_kept_to_the_letter(poisoned):
    assert poisoned.casebook.labels.history("x001")["note"].tolist() == [" ".join(NASTY)]
    assert poisoned.casebook.audit.verify().is_intact


@pytest.mark.parametrize("given", [*NASTY, "1' or '1'='1", "x001' union select * from users --"])
def test_an_address_of_the_api_is_no_sql(client, workspace, given):
    headers = {"authorization": f"Bearer {workspace.casebook.api_tokens.add(CONSOLE, 'robot', 'analyst')}"}
    answer = client.get("/api/v1/findings", params={"kind": given, "limit": given, "min_score": given}, headers=headers)
    assert answer.json()["findings"] == []
    before = workspace.casebook.labels.generation()
    address = f"/api/v1/findings/{quote(given, safe='')}/label"
    answer = client.post(address, json={"label": "confirmed"}, headers=headers)
    assert "label_id" not in answer.text
    assert workspace.casebook.labels.generation() == before


@pytest.mark.parametrize("what", ["exceptions", "audit"])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_no_export_holds_a_formula(poisoned, tmp_path, what, ending):
    poisoned.casebook.audit.record(CONSOLE, "data.export", '=cmd|"/c calc"!A1', note="@SUM(1)")
    out = tmp_path / f"out.{ending}"
    export(poisoned.warehouse, poisoned.casebook, CONSOLE, what, out)
    if ending == "csv":
        cells = [cell for line in out.read_text().splitlines() for cell in line.replace('"', "").split(",")]
        assert not [cell for cell in cells if cell.startswith(("=", "@", "+", "\t"))]
        assert "HYPERLINK" in out.read_text() or what == "audit"
    else:
        sheet = load_workbook(out).active
        assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


# -- files


@pytest.mark.parametrize(
    "name", ["../../orders.csv", "..\\..\\orders.csv", "/etc/orders.csv", "C:\\x\\orders.csv", "a/../../orders.csv"]
)
def test_an_upload_stays_in_its_folder(poisoned, served, name):
    served(poisoned)

    class File:
        def __init__(self, name):
            self.name = name

        def getbuffer(self):
            return memoryview(b"order_id\n1\n")

    folder = jobs.keep_uploads([File(name)])
    assert [path.name for path in folder.iterdir()] == ["orders.csv"]
    assert folder.parent == poisoned.home / "uploads"
    with pytest.raises(InvalidInputError):
        jobs.keep_uploads([File("../../.bashrc")])


@pytest.mark.parametrize(
    ("path", "length", "status"),
    [
        ("/signin", BODY_LIMIT + 1, 413),
        ("/api/v1/check", BODY_LIMIT + 1, 413),
        (f"{UPLOAD_PREFIX}s/f", UPLOAD_LIMIT_MB * 2**20 + 1, 413),
        (f"{UPLOAD_PREFIX}s/f", BODY_LIMIT + 1, 200),
        ("/api/v1/check", "-1", 411),
        ("/api/v1/check", "many", 411),
    ],
)
def test_a_body_that_is_too_large_is_refused_unread(client, workspace, path, length, status):
    client.cookies.set(COOKIE, workspace.casebook.sessions.start("a-admin"))
    answer = client.post(path, content=b"x", headers={"origin": ORIGIN, "content-length": str(length)})
    assert answer.status_code == status


def test_a_body_of_unknown_length_is_refused(client, workspace):
    client.cookies.set(COOKIE, workspace.casebook.sessions.start("a-admin"))
    answer = client.post("/api/v1/check", content=iter([b"{}"]), headers={"origin": ORIGIN})
    assert answer.status_code == 411


def test_what_is_no_json_is_refused(client, workspace):
    headers = {"authorization": f"Bearer {workspace.casebook.api_tokens.add(CONSOLE, 'robot', 'analyst')}"}
    for body in (b"[]", b"null", b'"x"', b"[" * 100_000, json.dumps({"label": ["confirmed"]}).encode(), b"\xff\xfe"):
        answer = client.post("/api/v1/findings/x001/label", content=body, headers=headers)
        assert answer.status_code == 400, body[:20]
