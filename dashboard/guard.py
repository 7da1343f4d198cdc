"""The guard: every request, WebSocket included, is refused unless it is public or carries a valid session.

A pure ASGI middleware, because Starlette's ``BaseHTTPMiddleware`` never sees a WebSocket. Identity travels inwards in
headers of our own, which are stripped from whatever the client sent.
"""

import time
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit

from anyio import to_thread
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard import vouching
from dashboard.workspace import Workspace
from data.casebook import Actor
from data.casebook.accounts import name_key
from data.casebook.actor import NOBODY
from data.errors import PermissionDeniedError

COOKIE = "orderlens_session"
OWN_HEADERS = b"x-orderlens-"
SESSION_HEADER = b"x-orderlens-session"
NEXT_COOKIE = "orderlens_next"
PUBLIC_PATHS = frozenset({"/signin", "/signout", "/setup", "/password", "/healthz", "/_stcore/health", "/favicon.png"})
FORWARDING = frozenset({b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"forwarded"})
NO_DEMO = "The demo answers on this machine only."
UPLOAD_PREFIX = "/_stcore/upload_file/"
UPLOAD_LIMIT_MB = 500
BODY_LIMIT = 4 * 2**20
"""No form and no call is larger; files come by the upload's own address."""
REFUSALS_EVERY_SECONDS = 60.0
"""How often the audit log tells of one name that others vouch for in vain."""
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
        self._refused_at: dict[str, float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on with the session's header; add the security headers to every answer."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = [pair for pair in scope["headers"] if not pair[0].lower().startswith(OWN_HEADERS)]
        if self.workspace.is_demo and FORWARDING & {name.lower() for name, _ in headers}:
            await self._refuse(PlainTextResponse(NO_DEMO, 403), scope, receive, send)
            return
        scope, vouched = vouching.believed(dict(scope, headers=headers), self.workspace.settings)
        headers = scope["headers"]
        connection = HTTPConnection(scope)
        refusal, token = await self._judge(connection, vouched)
        if refusal is not None:
            await self._refuse(refusal, scope, receive, send)
            return
        if token:
            # A new list: Starlette replaced the scope's own when it was first read.
            scope = dict(scope, headers=[*headers, (SESSION_HEADER, token.encode("latin-1", "ignore"))])
        answer = _with_security_headers(send) if scope["type"] == "http" else send
        await self.app(scope, receive, answer)

    async def _judge(self, connection: HTTPConnection, vouched: str | None) -> tuple[Response | None, str | None]:
        """Return why the request is refused, if it is, and the token of its session, if it has a valid one."""
        is_socket = connection.scope["type"] == "websocket"
        if self.workspace.is_demo and host_name(connection) not in LOOPBACK:
            return PlainTextResponse(NO_DEMO, 403), None
        bearer = bearer_token(connection)
        changes = not is_socket and connection.scope["method"] not in SAFE_METHODS
        if (
            (is_socket or changes)
            and not (bearer and connection.scope["path"].startswith(API_PREFIX))
            and not is_same_origin(connection, is_needed=changes)
        ):
            return PlainTextResponse("This request comes from another site.", 403), None
        if changes and (refusal := _refuse_size(connection)):
            return refusal, None
        path = connection.scope["path"]
        if is_public(path) or (self._is_by("oidc") and path in vouching.OIDC_PATHS):
            return None, None
        if bearer and path.startswith(API_PREFIX):
            actor = await to_thread.run_sync(self.workspace.casebook.api_tokens.resolve, bearer)
            connection.scope["orderlens_actor"] = actor
            return (None, None) if actor else (_ask_to_sign_in(connection), None)
        token = connection.cookies.get(COOKIE)
        actor = await to_thread.run_sync(session_actor, self.workspace, token) if token else None
        if self._is_by("proxy"):
            if vouched is None:
                return PlainTextResponse("Sign in through the proxy.", 401), None
            if actor is not None and name_key(actor.name) != name_key(vouched):
                actor = None  # the proxy speaks of somebody else now
        elif self._is_by("oidc") and actor is None and not is_socket:
            vouched = await to_thread.run_sync(vouching.oidc_name, connection, self.workspace.settings)
        connection.scope["orderlens_actor"] = actor
        if actor is None and vouched and connection.scope.get("method") == "GET":
            return await self._let_in(connection, vouched), None
        return (None, token) if actor else (_ask_to_sign_in(connection), None)

    def _is_by(self, way: str) -> bool:
        return not self.workspace.is_demo and self.workspace.settings.sign_in == way

    async def _let_in(self, connection: HTTPConnection, name: str) -> Response:
        """Start a session for whom others vouch for, and send the browser to where it wanted, now with its cookie."""
        start = partial(
            self.workspace.casebook.sessions.start,
            origin=connection.client.host if connection.client else "",
            agent=connection.headers.get("user-agent", ""),
            replaces=connection.cookies.get(COOKIE),
        )
        try:
            token = await to_thread.run_sync(start, name)
        except PermissionDeniedError:
            await self._note_refusal(name)
            answer: Response = PlainTextResponse("You have no account here; ask an administrator for one.", 403)
            vouching.forget_ticket(connection, answer)
            return answer
        target = local_path(connection.cookies.get(NEXT_COOKIE) if self._is_by("oidc") else None)
        if target == "/":
            query = connection.scope.get("query_string", b"").decode("latin-1")
            target = local_path(connection.scope["path"] + (f"?{query}" if query else ""))
        answer = RedirectResponse(target, 303)
        set_cookie(answer, connection, token, self.workspace.settings.session_hours)
        vouching.forget_ticket(connection, answer)
        answer.delete_cookie(NEXT_COOKIE)
        return answer

    async def _note_refusal(self, name: str) -> None:
        key, now = name_key(name), time.monotonic()
        if now - self._refused_at.get(key, -REFUSALS_EVERY_SECONDS) < REFUSALS_EVERY_SECONDS:
            return
        self._refused_at = {known: at for known, at in self._refused_at.items() if now - at < REFUSALS_EVERY_SECONDS}
        self._refused_at[key] = now
        nobody = Actor(key or "nobody", NOBODY, "app")
        record = partial(self.workspace.casebook.audit.record, nobody, "session.refuse", key, why="no account")
        await to_thread.run_sync(record)

    async def _refuse(self, refusal: Response, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 4401, "reason": "not signed in"})
            return
        await refusal(scope, receive, _with_security_headers(send))


def _refuse_size(connection: HTTPConnection) -> Response | None:
    """Refuse a body that is too large before it is read, and one that does not say how large it is."""
    length = connection.headers.get("content-length", "")
    if "transfer-encoding" in connection.headers or not (length or "0").isdecimal():
        return PlainTextResponse("Say how long the body is.", 411)
    limit = UPLOAD_LIMIT_MB * 2**20 if connection.scope["path"].startswith(UPLOAD_PREFIX) else BODY_LIMIT
    return PlainTextResponse("The body is too large.", 413) if int(length or 0) > limit else None


def local_path(target: str | None) -> str:
    """Return where to go after signing in: a path on this site, or the start page."""
    given = target or "/"
    is_path = given.startswith("/") and not given.startswith(("//", "/\\")) and given.isprintable()
    return given if is_path else "/"


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
