"""Everything is refused that is not public or carries a session: HTTP, WebSocket, spoofed headers, other sites."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from dashboard import api, shell
from dashboard.guard import COOKIE, Guard, is_public, local_path
from dashboard.signin import SignIn
from tests.dashboard.conftest import CONSOLE, make_workspace

HOST = "localhost:8501"
ORIGIN = f"http://{HOST}"
STREAM = f"ws://{HOST}/_stcore/stream"


def build(workspace):
    async def echo(request):
        return JSONResponse({"headers": dict(request.headers)})

    async def stream(websocket):
        await websocket.accept()
        await websocket.send_json(dict(websocket.headers))
        await websocket.close()

    routes = [
        *SignIn(workspace).routes(),
        *api.routes(workspace),
        *shell.routes(workspace),
        WebSocketRoute("/_stcore/stream", stream),
        Route("/{path:path}", echo, methods=["GET", "POST", "PUT", "DELETE"]),
    ]
    return Starlette(routes=routes, middleware=[Middleware(Guard, workspace=workspace)])


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    made = make_workspace(tmp_path_factory.mktemp("guarded"), is_demo=False)
    for name, role in (("ada", "analyst"), ("max", "admin")):
        made.casebook.accounts.add(CONSOLE, name, role, "correct horse battery")
    return made


@pytest.fixture
def client(workspace):
    return TestClient(build(workspace), base_url=ORIGIN, follow_redirects=False)


@pytest.fixture
def signed_in(workspace, client):
    client.cookies.set(COOKIE, workspace.casebook.sessions.start("ada"))
    return client


@pytest.mark.parametrize(
    "path",
    ["/", "/exceptions", "/_stcore/metrics", "/_stcore/host-config", "/media/x", "/component/x", "/api/v1/findings"],
)
def test_without_a_session_nothing_is_answered(client, path):
    assert client.get(path).status_code == 401
    answer = client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/signin")


def test_the_first_page_is_found_by_its_name_too(signed_in):
    answer = signed_in.get("/overview?lang=zh")
    assert (answer.status_code, answer.headers["location"]) == (307, "/?lang=zh")


@pytest.mark.parametrize("path", ["/signin", "/healthz", "/_stcore/health", "/orderlens/icon.svg", "/static/js/x.js"])
def test_what_is_public(client, path):
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/signin/../data", "/static/../_stcore/metrics", "/orderlens/../x", "/Signin", "/signinx"]
)
def test_near_public_paths_are_not(path):
    assert not is_public(path)


def test_a_session_passes_and_spoofed_identity_does_not(signed_in, workspace):
    other = workspace.casebook.sessions.start("max")
    seen = signed_in.get("/anything", headers={"X-Orderlens-Session": other, "x-orderlens-role": "admin"}).json()[
        "headers"
    ]
    assert seen["x-orderlens-session"] == signed_in.cookies[COOKIE]
    assert "x-orderlens-role" not in seen


def test_spoofed_headers_alone_open_nothing(client, workspace):
    token = workspace.casebook.sessions.start("max")
    assert client.get("/anything", headers={"X-Orderlens-Session": token}).status_code == 401


def test_a_websocket_needs_a_session(client, workspace):
    token = workspace.casebook.sessions.start("max")
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(STREAM):
        pass
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect(STREAM, headers={"X-Orderlens-Session": token, "X-Orderlens-User": "max"}),
    ):
        pass


def test_a_websocket_with_a_session_carries_it(signed_in):
    with signed_in.websocket_connect(STREAM, headers={"origin": ORIGIN}) as socket:
        assert socket.receive_json()["x-orderlens-session"] == signed_in.cookies[COOKIE]


def test_a_websocket_from_another_site_is_refused(signed_in):
    with (
        pytest.raises(WebSocketDisconnect),
        signed_in.websocket_connect(STREAM, headers={"origin": "https://evil.example"}),
    ):
        pass


@pytest.mark.parametrize("headers", [{}, {"origin": "https://evil.example"}, {"origin": "null"},
                                     {"referer": "https://evil.example/x"}])  # fmt: skip
@pytest.mark.parametrize("path", ["/signin", "/signout", "/setup", "/_stcore/upload_file/x", "/api/v1/check"])
def test_a_change_from_another_site_is_refused(signed_in, path, headers):
    assert signed_in.post(path, headers=headers).status_code == 403


def test_a_revoked_session_opens_nothing(signed_in, workspace):
    workspace.casebook.sessions.sign_out(signed_in.cookies[COOKIE])
    assert signed_in.get("/anything").status_code == 401


def test_a_demo_session_counts_in_the_demo_only(client, workspace):
    token = workspace.casebook.sessions.start("demo-admin", is_demo_mode=True)
    client.cookies.set(COOKIE, token)
    assert client.get("/anything").status_code == 401


def test_every_answer_has_the_security_headers(client):
    for path in ("/signin", "/anything"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


def sign_in(client, name="ada", password="correct horse battery", **more):
    return client.post("/signin", data={"name": name, "password": password}, headers={"origin": ORIGIN}, **more)


def test_signing_in_sets_a_cookie_that_scripts_cannot_read(client):
    answer = sign_in(client)
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    assert client.get("/anything").status_code == 200


def test_behind_tls_the_cookie_is_secure(client):
    answer = client.post(
        "/signin",
        data={"name": "ada", "password": "correct horse battery"},
        headers={"origin": ORIGIN, "x-forwarded-proto": "https"},
    )
    assert "Secure" in answer.headers["set-cookie"]


def test_a_planted_session_is_replaced_at_sign_in(client, workspace):
    planted = workspace.casebook.sessions.start("ada")
    client.cookies.set(COOKIE, planted)
    assert sign_in(client).status_code == 303
    assert workspace.casebook.sessions.resolve(planted) is None


def test_name_and_password_fail_alike_and_too_often_is_refused(tmp_path):
    guarded = make_workspace(tmp_path, has_orders=False, is_demo=False)
    guarded.casebook.accounts.add(CONSOLE, "eve", "viewer", "correct horse battery")
    client = TestClient(build(guarded), base_url=ORIGIN, follow_redirects=False)
    unknown, wrong = sign_in(client, "nobody-here", "x"), sign_in(client, "eve", "x")
    assert unknown.status_code == wrong.status_code == 401
    assert "Name or password is wrong." in unknown.text
    assert unknown.text == wrong.text
    statuses = [sign_in(client, "eve", "x").status_code for _ in range(6)]
    assert statuses[-1] == 429
    assert sign_in(client, "eve").status_code == 429


@pytest.mark.parametrize(
    ("given", "goes"),
    [("/exceptions?id=1", "/exceptions?id=1"), ("//evil.example", "/"), ("https://evil.example", "/"), ("/\\evil", "/"),
     (None, "/"), ("/x\r\nSet-Cookie: a=b", "/")],
)  # fmt: skip
def test_after_signing_in_one_stays_on_this_site(given, goes):
    assert local_path(given) == goes


def test_the_first_administrator_is_made_once(tmp_path):
    guarded = make_workspace(tmp_path, has_orders=False, is_demo=False)
    token = guarded.casebook.accounts.issue_first_admin_token(CONSOLE)
    client = TestClient(build(guarded), base_url=ORIGIN, follow_redirects=False)
    fields = {"name": "root-of-all", "password": "correct horse battery", "again": "correct horse battery"}
    same = {"origin": ORIGIN}
    assert "administrator" in client.get(f"/setup?token={token}").text
    assert client.post("/setup?token=guess", data=fields, headers=same).status_code == 403
    assert client.post(f"/setup?token={token}", data={**fields, "again": "other"}, headers=same).status_code == 400
    assert client.post(f"/setup?token={token}", data=fields, headers=same).status_code == 303
    assert guarded.casebook.accounts.has_admin()
    assert client.get(f"/setup?token={token}").headers["location"] == "/signin"


def test_the_demo_lets_a_visitor_pick_a_role_on_this_machine_only(tmp_path):
    demo = make_workspace(tmp_path, has_orders=False)
    here = TestClient(build(demo), base_url=ORIGIN, follow_redirects=False, client=("127.0.0.1", 5000))
    assert "Choose a role" in here.get("/signin").text
    assert here.post("/signin", data={"role": "analyst"}, headers={"origin": ORIGIN}).status_code == 303
    assert here.get("/anything").status_code == 200
    away = TestClient(build(demo), base_url=ORIGIN, follow_redirects=False, client=("10.0.0.9", 5000))
    assert away.post("/signin", data={"role": "admin"}, headers={"origin": ORIGIN}).status_code == 403
    rebound = TestClient(build(demo), base_url="http://evil.example", client=("127.0.0.1", 5000))
    assert rebound.get("/signin").status_code == 403
    for header in ("x-forwarded-for", "X-Real-IP", "forwarded"):
        assert here.get("/signin", headers={header: "203.0.113.9"}).status_code == 403, "a proxy lets others in"


def test_the_sign_in_page_speaks_the_browsers_language_and_escapes(client):
    page = client.get("/signin", headers={"accept-language": "zh-CN,zh;q=0.9"}).text
    assert "登录" in page
    assert 'lang="zh-CN"' in page
    evil = client.get("/signin?next=/%22%3E%3Cscript%3Ealert(1)%3C/script%3E").text
    assert "<script>alert" not in evil


def test_a_large_form_is_not_read(client):
    answer = client.post("/signin", content=b"name=" + b"a" * 100_000, headers={"origin": ORIGIN})
    assert answer.status_code == 401


def test_the_page_around_the_app_is_ours(signed_in):
    page = signed_in.get("/exceptions?lang=zh").text
    assert '<html lang="zh-CN">' in page
    assert "<title>Orderlens</title>" in page
    assert "全屏" in page
    assert "orderlens/chrome.js" in page


# -- the interface for programs


def test_the_api_takes_a_bearer_token(client, workspace):
    token = workspace.casebook.api_tokens.add(CONSOLE, "robot", "viewer")
    answer = client.get("/api/v1/findings?limit=3&min_score=0.5", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    found = answer.json()["findings"]
    assert [row["rank"] for row in found] == [1, 2, 3]
    assert {row["status"] for row in found} == {"open"}
    assert isinstance(found[0]["evidence"], dict)


def test_a_wrong_or_misplaced_bearer_token_is_refused(client, workspace):
    assert client.get("/api/v1/findings", headers={"authorization": "Bearer ol_guess"}).status_code == 401
    token = workspace.casebook.api_tokens.add(CONSOLE, "robot2", "viewer")
    assert client.get("/anything", headers={"authorization": f"Bearer {token}"}).status_code == 401
    session = workspace.casebook.sessions.start("max")
    assert client.get("/api/v1/findings", headers={"authorization": f"Bearer {session}"}).status_code == 401


def test_a_check_needs_the_role_for_it_and_says_what_is_wrong(client, workspace):
    viewer = workspace.casebook.api_tokens.add(CONSOLE, "looker", "viewer")
    entry = workspace.casebook.api_tokens.add(CONSOLE, "desk", "order_entry")
    refused = client.post("/api/v1/check", json={}, headers={"authorization": f"Bearer {viewer}"})
    assert refused.status_code == 403
    headers = {"authorization": f"Bearer {entry}"}
    assert client.post("/api/v1/check", content=b"{", headers=headers).status_code == 400
    answer = client.post("/api/v1/check", json={"customer_id": "C1"}, headers=headers)
    assert answer.status_code == 400
    assert "lines" in answer.json()["error"]
    assert client.post("/api/v1/check", content=b"x" * 1_100_000, headers=headers).status_code == 413
