"""The whole way to an OpenID provider and back, over the real server and a provider on this machine."""

import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from dashboard.guard import COOKIE
from data.casebook import Casebook
from data.settings import Settings
from tests.dashboard.conftest import CONSOLE

ROOT = Path(__file__).parents[2]


def free_port():
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Provider:
    """A provider that lets in whoever is set as its user."""

    def __init__(self):
        self.user = "ada@example.com"
        self.nonces, self.key = {}, RSAKey.generate_key(2048, {"kid": "one", "alg": "RS256", "use": "sig"})
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                address = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(address.query).items()}
                if address.path == "/authorize":
                    outer.nonces["code-1"] = query.get("nonce")
                    self.send_response(302)
                    self.send_header("location", f"{query['redirect_uri']}?code=code-1&state={query['state']}")
                    self.end_headers()
                    return
                found = outer.keys() if address.path == "/keys" else outer.configuration()
                self.answer(found)

            def do_POST(self):
                form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                self.answer(outer.token(form["code"][0]))

            def answer(self, found):
                body = json.dumps(found).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                """Stay silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def configuration(self):
        return {
            "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys", "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"], "code_challenge_methods_supported": ["S256"],
        }  # fmt: skip

    def keys(self):
        return {"keys": [self.key.as_dict(private=False)]}

    def token(self, code):
        now = int(time.time())
        claims = {
            "iss": self.url, "sub": self.user, "aud": "orderlens", "iat": now, "exp": now + 300, "email": self.user,
            "email_verified": True, "nonce": self.nonces.pop(code),
        }  # fmt: skip
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        return {"access_token": "x", "token_type": "Bearer", "expires_in": 300, "id_token": signed}


@pytest.fixture(scope="module")
def provider():
    made = Provider()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(scope="module")
def served(tmp_path_factory, provider):
    home, port = tmp_path_factory.mktemp("oidc") / "home", free_port()
    casebook = Casebook.open(home, Settings())
    casebook.accounts.add(CONSOLE, "ada@example.com", "analyst")
    url = f"http://localhost:{port}"
    settings = {
        "SIGN_IN": "oidc", "PUBLIC_URL": url, "OIDC_METADATA_URL": f"{provider.url}/.well-known/openid-configuration",
        "OIDC_CLIENT_ID": "orderlens", "OIDC_CLIENT_SECRET": "s3cret",
    }  # fmt: skip
    environment = {**os.environ, **{f"ORDERLENS_{name}": value for name, value in settings.items()}}
    command = [sys.executable, "-m", "dashboard.cli", "--home", str(home), "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    for _ in range(240):
        try:
            if httpx.get(f"{url}/healthz").status_code == 200:
                break
        except httpx.TransportError:
            time.sleep(0.25)
    yield url, casebook
    process.terminate()
    process.wait(30)
    casebook.close()


def walk(url):
    client = httpx.Client(base_url=url, follow_redirects=True, headers={"accept": "text/html"}, timeout=30)
    page = client.get("/exceptions?status=all")
    assert page.url.path == "/signin"
    return client, client.get(f"/signin/oidc?next={page.url.params['next'].replace('?', '%3F')}")


@pytest.mark.slow
def test_whom_the_provider_knows_and_who_has_an_account_comes_in(served, provider):
    url, casebook = served
    provider.user = "ada@example.com"
    client, page = walk(url)
    assert page.status_code == 200
    assert (page.url.path, page.url.params.get("status")) == ("/exceptions", "all")
    assert casebook.sessions.resolve(client.cookies[COOKIE]).name == "ada@example.com"
    assert not [name for name in client.cookies if name.startswith("_streamlit_user")], "the ticket is used up"


@pytest.mark.slow
def test_whom_the_provider_knows_without_an_account_stays_out(served, provider):
    url, casebook = served
    provider.user = "eve@example.com"
    client, page = walk(url)
    assert page.status_code == 403
    assert COOKIE not in client.cookies
    assert casebook.audit.entries(action="session.refuse")["subject"].tolist() == ["eve@example.com"]
