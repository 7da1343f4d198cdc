"""The guard: every request, WebSocket included, is refused unless it is public or carries a valid session.

A pure ASGI middleware, because Starlette's ``BaseHTTPMiddleware`` never sees a WebSocket. Identity travels inwards in
headers of our own, which are stripped from whatever the client sent.
"""

from typing import Any
from urllib.parse import quote, urlsplit

from anyio import to_thread
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.workspace import Workspace
from data.casebook import Actor

COOKIE = "orderlens_session"
OWN_HEADERS = b"x-orderlens-"
SESSION_HEADER = b"x-orderlens-session"
PUBLIC_PATHS = frozenset({"/signin", "/signout", "/setup", "/healthz", "/_stcore/health", "/favicon.png"})
API_PREFIX = "/api/"
PUBLIC_PREFIXES = ("/static/", "/orderlens/")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws: wss: data: blob:; "
    "worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"content-security-policy", POLICY.encode()),
)


def session_actor(workspace: Workspace, token: str | None) -> Actor | None:
    """Return who a session's token stands for right now; a demo account counts in the demo only."""
    return workspace.casebook.sessions.resolve(token, is_demo_mode=workspace.is_demo)


def bearer_token(connection: HTTPConnection) -> str | None:
    """Return the token of an ``Authorization: Bearer`` header."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def is_public(path: str) -> bool:
    """Return whether a path may be seen without a session; everything not named here may not."""
    return path in PUBLIC_PATHS or (path.startswith(PUBLIC_PREFIXES) and ".." not in path)


def host_name(connection: HTTPConnection) -> str:
    """Return the name in the ``Host`` header, without its port."""
    return (urlsplit(f"//{connection.headers.get('host', '')}").hostname or "").lower()


def is_same_origin(connection: HTTPConnection, is_needed: bool) -> bool:
    """Return whether the request comes from one of our own pages; ``is_needed`` refuses one that does not say."""
    origin = connection.headers.get("origin") or connection.headers.get("referer")
    if not origin:
        return not is_needed
    return urlsplit(origin).netloc.lower() == connection.headers.get("host", "").lower()


class Guard:
    """Default deny in front of the whole application.

    Parameters
    ----------
    app : ASGI application
        What is guarded.
    workspace : Workspace
        Whose casebook knows the sessions.
    """

    def __init__(self, app: ASGIApp, workspace: Workspace) -> None:
        self.app = app
        self.workspace = workspace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on with the session's header; add the security headers to every answer."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = [pair for pair in scope["headers"] if not pair[0].lower().startswith(OWN_HEADERS)]
        scope = dict(scope, headers=headers)
        connection = HTTPConnection(scope)
        refusal, token = await self._judge(connection)
        if refusal is not None:
            await self._refuse(refusal, scope, receive, send)
            return
        if token:
            # A new list: Starlette replaced the scope's own when it was first read.
            scope = dict(scope, headers=[*headers, (SESSION_HEADER, token.encode("latin-1", "ignore"))])
        answer = _with_security_headers(send) if scope["type"] == "http" else send
        await self.app(scope, receive, answer)

    async def _judge(self, connection: HTTPConnection) -> tuple[Response | None, str | None]:
        """Return why the request is refused, if it is, and the token of its session, if it has a valid one."""
        is_socket = connection.scope["type"] == "websocket"
        if self.workspace.is_demo and host_name(connection) not in LOOPBACK:
            return PlainTextResponse("The demo answers on this machine only.", 403), None
        bearer = bearer_token(connection)
        changes = not is_socket and connection.scope["method"] not in SAFE_METHODS
        if (
            (is_socket or changes)
            and not (bearer and connection.scope["path"].startswith(API_PREFIX))
            and not is_same_origin(connection, is_needed=changes)
        ):
            return PlainTextResponse("This request comes from another site.", 403), None
        path = connection.scope["path"]
        if is_public(path):
            return None, None
        if bearer and path.startswith(API_PREFIX):
            actor = await to_thread.run_sync(self.workspace.casebook.api_tokens.resolve, bearer)
            connection.scope["orderlens_actor"] = actor
            return (None, None) if actor else (_ask_to_sign_in(connection), None)
        token = connection.cookies.get(COOKIE)
        actor = await to_thread.run_sync(session_actor, self.workspace, token) if token else None
        connection.scope["orderlens_actor"] = actor
        return (None, token) if actor else (_ask_to_sign_in(connection), None)

    async def _refuse(self, refusal: Response, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 4401, "reason": "not signed in"})
            return
        await refusal(scope, receive, _with_security_headers(send))


def _ask_to_sign_in(connection: HTTPConnection) -> Response:
    """Send a person to the sign-in page and back; tell a program 401."""
    scope = connection.scope
    is_page = scope.get("method") == "GET" and "text/html" in connection.headers.get("accept", "")
    if not is_page:
        return JSONResponse({"error": "Not signed in."}, 401, {"WWW-Authenticate": "Bearer"})
    query = scope.get("query_string", b"").decode("latin-1")
    target = scope["path"] + (f"?{query}" if query else "")
    return RedirectResponse("/signin" if target == "/" else f"/signin?next={quote(target, safe='')}", 303)


def _with_security_headers(send: Send) -> Send:
    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _ in message["headers"]}
            added: list[tuple[bytes, bytes]] = [pair for pair in SECURITY_HEADERS if pair[0] not in present]
            message = dict(message, headers=[*message["headers"], *added])
        await send(message)

    return answer


def is_secure(connection: HTTPConnection) -> bool:
    """Return whether the browser speaks TLS, to us or to a proxy before us."""
    return connection.url.scheme == "https" or connection.headers.get("x-forwarded-proto", "") == "https"


def set_cookie(response: Response, connection: HTTPConnection, token: str, hours: int) -> None:
    """Give the browser its session: unreadable to scripts, sent to this site only, over TLS only where there is TLS."""
    options: dict[str, Any] = {"httponly": True, "samesite": "lax", "secure": is_secure(connection), "path": "/"}
    response.set_cookie(COOKIE, token, max_age=hours * 3600, **options)
