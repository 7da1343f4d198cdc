"""Signing in by others' word: a trusted proxy's header, an OpenID provider; and what is spoofed is refused."""

import json
import re
import time

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from streamlit.runtime.secrets import secrets_singleton
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from dashboard import vouching
from dashboard.guard import COOKIE
from dashboard.workspace import open_workspace
from data.errors import InvalidInputError
from data.settings import Settings
from tests.dashboard.conftest import CONSOLE
from tests.dashboard.test_guard import ORIGIN, STREAM, build

PROXY = {"sign_in": "proxy", "proxy_addresses": "10.1.0.0/16, 192.0.2.7", "proxy_user_header": "X-Auth-User"}
OIDC = {
    "sign_in": "oidc", "public_url": ORIGIN, "oidc_metadata_url": "http://127.0.0.1:1/x", "oidc_client_id": "orderlens",
    "oidc_client_secret": "s3cret",
}  # fmt: skip
SECRET = "a-secret-of-the-test-of-some-length"


def make(tmp_path, **settings):
    made = open_workspace(tmp_path / "home", Settings(**settings))
    for name, role in (("ada@example.com", "analyst"), ("max@example.com", "admin")):
        made.casebook.accounts.add(CONSOLE, name, role, "correct horse battery")
    return made


def client_at(workspace, address):
    return TestClient(build(workspace), base_url=ORIGIN, follow_redirects=False, client=(address, 5000))


@pytest.fixture
def behind_proxy(tmp_path):
    return make(tmp_path, **PROXY)


def test_the_proxys_word_opens_a_session_of_ours(behind_proxy):
    client = client_at(behind_proxy, "10.1.2.3")
    answer = client.get(
        "/exceptions?id=1", headers={"X-Auth-User": "Ada@Example.com", "X-Forwarded-For": "1.2.3.4, 5.6.7.8"}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/exceptions?id=1")
    assert "HttpOnly" in answer.headers["set-cookie"]
    token = client.cookies[COOKIE]
    actor = behind_proxy.casebook.sessions.resolve(token)
    assert (actor.name, actor.role) == ("ada@example.com", "analyst")
    assert behind_proxy.casebook.sessions.list()["origin"].tolist() == ["5.6.7.8"], "the last the proxy itself saw"
    seen = client.get("/anything", headers={"X-Auth-User": "ada@example.com"}).json()["headers"]
    assert seen["x-orderlens-session"] == token
    assert "x-auth-user" not in seen
    assert len(behind_proxy.casebook.sessions.list()) == 1


@pytest.mark.parametrize("address", ["127.0.0.1", "10.2.0.1", "192.0.2.8", "testclient"])
def test_the_header_of_anybody_else_is_worth_nothing(behind_proxy, address):
    client = client_at(behind_proxy, address)
    for headers in (
        {"X-Auth-User": "max@example.com"},
        {"X-Auth-User": "max@example.com", "X-Forwarded-For": "10.1.2.3"},
        {"X-Forwarded-User": "max@example.com", "X-Real-IP": "10.1.2.3"},
    ):
        assert client.get("/", headers={**headers, "accept": "text/html"}).status_code == 401
        with pytest.raises(WebSocketDisconnect), client.websocket_connect(STREAM, headers=headers):
            pass
    assert behind_proxy.casebook.sessions.list().empty


def test_a_session_alone_does_not_pass_the_proxy_by(behind_proxy):
    client = client_at(behind_proxy, "127.0.0.1")
    client.cookies.set(COOKIE, behind_proxy.casebook.sessions.start("max@example.com"))
    assert client.get("/anything").status_code == 401


def test_when_the_proxy_names_somebody_else_the_session_is_theirs(behind_proxy):
    client = client_at(behind_proxy, "192.0.2.7")
    client.get("/", headers={"X-Auth-User": "max@example.com"})
    first = client.cookies[COOKIE]
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect(STREAM, headers={"X-Auth-User": "ada@example.com"}),
    ):
        pass
    assert client.post("/x", headers={"X-Auth-User": "ada@example.com", "origin": ORIGIN}).status_code == 401
    client.get("/", headers={"X-Auth-User": "ada@example.com"})
    second = client.cookies[COOKIE]
    assert behind_proxy.casebook.sessions.resolve(first) is None
    assert behind_proxy.casebook.sessions.resolve(second).role == "analyst"
    with client.websocket_connect(STREAM, headers={"X-Auth-User": "ada@example.com", "origin": ORIGIN}) as socket:
        assert socket.receive_json()["x-orderlens-session"] == second


def test_who_has_no_account_or_a_disabled_one_stays_out_and_it_is_noted_once(behind_proxy):
    behind_proxy.casebook.accounts.disable(CONSOLE, "ada@example.com")
    client = client_at(behind_proxy, "10.1.2.3")
    for name in ("ada@example.com", "eve@example.com"):
        for _ in range(3):
            assert client.get("/", headers={"X-Auth-User": name}).status_code == 403
    refused = behind_proxy.casebook.audit.entries(action="session.refuse")
    assert sorted(refused["subject"]) == ["ada@example.com", "eve@example.com"]


@pytest.mark.parametrize("settings", [PROXY, OIDC])
def test_passwords_open_nothing_where_others_vouch(tmp_path, settings):
    workspace = make(tmp_path, **settings)
    client = client_at(workspace, "127.0.0.1")
    fields = {"name": "max@example.com", "password": "correct horse battery"}
    assert client.post("/signin", data=fields, headers={"origin": ORIGIN}).status_code == 403
    assert workspace.casebook.sessions.list().empty


def test_a_forwarded_address_is_believed_from_proxies_only(tmp_path):
    workspace = make(tmp_path, proxy_addresses="192.0.2.7")
    fields = {"name": "max@example.com", "password": "correct horse battery"}
    for address in ("192.0.2.7", "203.0.113.9"):
        headers = {"origin": ORIGIN, "x-forwarded-for": "198.51.100.1"}
        assert client_at(workspace, address).post("/signin", data=fields, headers=headers).status_code == 303
    assert sorted(workspace.casebook.sessions.list()["origin"]) == ["198.51.100.1", "203.0.113.9"]


@pytest.mark.parametrize(
    "wrong",
    [{"sign_in": "proxy"}, {"proxy_addresses": "everywhere"}, {"sign_in": "oidc", "oidc_client_id": "x"}],
)
def test_a_way_that_lacks_a_setting_is_said_at_the_start(wrong):
    with pytest.raises(InvalidInputError, match="Setting"):
        vouching.check_settings(Settings(**wrong))


# -- an OpenID provider; the whole way to it and back is walked in test_oidc


@pytest.fixture
def with_oidc(tmp_path):
    workspace = make(tmp_path, **OIDC)
    secrets_singleton.merge_programmatic_secrets(vouching.oidc_secrets(workspace.settings, SECRET))
    yield workspace
    secrets_singleton._programmatic_secrets = None
    secrets_singleton._secrets = None


def ticket(secret=SECRET, **claims):
    value = json.dumps({"is_logged_in": True, "origin": ORIGIN, "email": "ada@example.com", **claims})
    return create_signed_value(secret, "_streamlit_user", value).decode()


def test_a_fresh_ticket_becomes_a_session_once(with_oidc):
    client = client_at(with_oidc, "127.0.0.1")
    client.cookies.set("_streamlit_user", ticket())
    client.cookies.set("orderlens_next", "/exceptions?id=7")
    answer = client.get("/", headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/exceptions?id=7")
    cookies = answer.headers.get_list("set-cookie")
    assert any(re.match(r'_streamlit_user="";.*Max-Age=0', cookie) for cookie in cookies)
    token = next(re.match(rf"{COOKIE}=([^;]+)", cookie)[1] for cookie in cookies if cookie.startswith(COOKIE))
    assert with_oidc.casebook.sessions.resolve(token).name == "ada@example.com"


@pytest.mark.parametrize(
    "given",
    [
        lambda: ticket("another-secret-of-some-length"),
        lambda: ticket(email="eve@example.com"),
        lambda: ticket(email_verified=False),
        lambda: ticket(is_logged_in=False),
        lambda: ticket(email=["ada@example.com"]),
        lambda: "rubbish",
    ],
    ids=["forged", "no account", "unverified", "not signed in", "no text", "rubbish"],
)
def test_another_ticket_opens_nothing(with_oidc, given):
    client = client_at(with_oidc, "127.0.0.1")
    client.cookies.set("_streamlit_user", given())
    assert client.get("/anything").status_code in (401, 403)
    assert with_oidc.casebook.sessions.list().empty


def test_an_old_ticket_opens_nothing(with_oidc, monkeypatch):
    old = ticket()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 301)
    client = client_at(with_oidc, "127.0.0.1")
    client.cookies.set("_streamlit_user", old)
    assert client.get("/anything").status_code == 401


def test_a_ticket_opens_no_websocket(with_oidc):
    client = client_at(with_oidc, "127.0.0.1")
    client.cookies.set("_streamlit_user", ticket())
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(STREAM, headers={"origin": ORIGIN}):
        pass


def test_the_way_to_the_provider_keeps_the_link(with_oidc):
    client = client_at(with_oidc, "127.0.0.1")
    page = client.get("/signin?next=/exceptions").text
    assert "/signin/oidc?next=%2Fexceptions" in page
    assert "password" not in page
    answer = client.get("/signin/oidc?next=//evil.example")
    assert answer.headers["location"].startswith("/auth/login?provider=")
    assert "orderlens_next=/;" in answer.headers["set-cookie"].replace('"', "")


# -- a link to set a password, for an account without one


def test_a_password_link_works_once(tmp_path):
    workspace = make(tmp_path)
    workspace.casebook.accounts.add(CONSOLE, "bo", "viewer")
    token = workspace.casebook.accounts.issue_password_token(CONSOLE, "bo")
    client = client_at(workspace, "127.0.0.1")
    address, same = f"/password?token={token}", {"origin": ORIGIN}
    assert "Choose a password" in client.get(address).text
    good = {"password": "correct horse battery", "again": "correct horse battery"}
    assert client.post(address, data=good).status_code == 403, "from no page of ours"
    assert client.post(address, data={**good, "again": "x"}, headers=same).status_code == 400
    assert client.post(address, data={"password": "bo", "again": "bo"}, headers=same).status_code == 400
    assert client.post("/password?token=guess", data=good, headers=same).status_code == 403
    assert client.post(address, data=good, headers=same).status_code == 303
    assert workspace.casebook.sessions.resolve(client.cookies[COOKIE]).name == "bo"
    assert client.post(address, data=good, headers=same).status_code == 403
