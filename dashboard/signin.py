"""Signing in and out, and making the first administrator: plain HTML pages, before any script of the app runs."""

from functools import partial
from html import escape
from importlib.resources import files
from string import Template
from urllib.parse import parse_qs, quote

from anyio import to_thread
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from dashboard import vouching
from dashboard.guard import COOKIE, LOOPBACK, NEXT_COOKIE, host_name, is_secure, local_path, set_cookie
from dashboard.i18n import LANGUAGES, N_, _, best_language, ngettext, speaking
from dashboard.words import word
from dashboard.workspace import Workspace
from data.casebook import Actor
from data.casebook.sign_in import SignInRefusedError
from data.errors import InvalidInputError, PermissionDeniedError
from data.vocabulary import ROLES

LANGUAGE_COOKIE = "orderlens_lang"
BODY_LIMIT = 8192

ROLE_HINTS = {
    "viewer": N_("Looks, changes nothing"),
    "analyst": N_("Works the queue of exceptions"),
    "planner": N_("Shortages and what runs out next"),
    "order_entry": N_("Checks and corrects orders"),
    "manager": N_("Sees trends, causes and costs"),
    "admin": N_("Imports, accounts, settings"),
}


def request_language(connection: HTTPConnection, fallback: str) -> str:
    """Return the language asked for in the URL, else chosen before, else the browser's."""
    for given in (connection.query_params.get("lang"), connection.cookies.get(LANGUAGE_COOKIE)):
        if given in LANGUAGES:
            return str(given)
    return best_language(connection.headers.get("accept-language"), fallback)


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a small form; what is too long counts as empty."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > BODY_LIMIT:
            return {}
    return {key: values[0] for key, values in parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True).items()}


def _field(name: str, label: str, kind: str, complete: str, extra: str = "") -> str:
    return (
        f'<label>{escape(label)}<input name="{name}" type="{kind}" autocomplete="{complete}" required {extra}></label>'
    )


def render(request: Request, title: str, form: str, message: str = "", status: int = 200) -> HTMLResponse:
    """Return one of the pages, in the language in force."""
    template = Template((files("dashboard") / "assets" / "signin.html").read_text(encoding="utf-8"))
    chosen = request.state.language
    keep = f"&next={quote(local_path(request.query_params.get('next')), safe='')}"
    keep += f"&token={quote(request.query_params['token'], safe='')}" if "token" in request.query_params else ""
    links = " ".join(
        f'<a href="?lang={code}{escape(keep)}" hreflang="{code}"{" aria-current=true" if code == chosen else ""}>'
        f"{name}</a>"
        for code, name in LANGUAGES.items()
    )
    page = template.substitute(
        lang="zh-CN" if chosen == "zh" else chosen,
        title=escape(title),
        tagline=escape(_("Finds, explains and follows up wrong orders")),
        message=message,
        form=form,
        languages=links,
    )
    response = HTMLResponse(page, status, {"Cache-Control": "no-store"})
    response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=31_536_000, samesite="lax")
    return response


def _wrong(text: str) -> str:
    return f'<p class="wrong" role="alert">{escape(text)}</p>'


def client_address(request: HTTPConnection) -> str:
    """Return the address that the request came from."""
    return request.client.host if request.client else ""


def _refusal(refused: SignInRefusedError) -> str:
    """Say why the sign-in was refused, in the visitor's language."""
    if not refused.retry_after_seconds:
        return _("Name or password is wrong.")
    minutes = -(-refused.retry_after_seconds // 60)
    return ngettext(
        "Too many attempts. Try again in {count} minute.", "Too many attempts. Try again in {count} minutes.", minutes
    )


class SignIn:
    """The pages before the app, for one workspace.

    Parameters
    ----------
    workspace : Workspace
        Whose casebook holds the accounts.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        return [
            Route("/signin", self.sign_in, methods=["GET", "POST"]),
            Route("/signout", self.sign_out, methods=["POST"]),
            Route("/signin/oidc", self.go_to_provider, methods=["GET"]),
            Route("/setup", self.set_up, methods=["GET", "POST"]),
            Route("/password", self.choose_password, methods=["GET", "POST"]),
        ]

    def _prepare(self, request: Request) -> str:
        request.state.language = request_language(request, self.workspace.settings.language)
        return str(request.state.language)

    async def sign_in(self, request: Request) -> Response:
        """Show the form, or try the name and password given."""
        with speaking(self._prepare(request)):
            if request.method == "GET":
                return self._form(request)
            if self._way() != "accounts":
                return self._form(request, _wrong(_("Passwords are not used here.")), 403)
            fields = await read_form(request)
            if self.workspace.is_demo:
                return await self._enter_demo(request, fields.get("role", ""))
            verify = partial(self.workspace.casebook.accounts.verify, origin=client_address(request))
            try:
                user = await to_thread.run_sync(verify, fields.get("name", "").strip(), fields.get("password", ""))
            except SignInRefusedError as refused:
                return self._form(request, _wrong(_refusal(refused)), 429 if refused.retry_after_seconds else 401)
            return await self._enter(request, user.name)

    def _way(self) -> str:
        return "accounts" if self.workspace.is_demo else self.workspace.settings.sign_in

    async def go_to_provider(self, request: Request) -> Response:
        """Send the browser to the company's OpenID provider; a cookie keeps where it wanted to go."""
        if self._way() != "oidc":
            return RedirectResponse("/signin", 303)
        answer = RedirectResponse(vouching.oidc_login_path(), 303)
        target = local_path(request.query_params.get("next"))
        answer.set_cookie(NEXT_COOKIE, target, max_age=600, httponly=True, samesite="lax", secure=is_secure(request))
        return answer

    async def choose_password(self, request: Request) -> Response:
        """Set the password of the account that a one-time link was made for, and sign in."""
        with speaking(self._prepare(request)):
            if self._way() != "accounts" or self.workspace.is_demo:
                return RedirectResponse("/signin", 303)
            if request.method == "GET":
                return self._password_form(request)
            fields = await read_form(request)
            password, token = fields.get("password", ""), request.query_params.get("token", "")
            if password != fields.get("again"):
                return self._password_form(request, _("The two passwords differ."), 400)
            try:
                user = await to_thread.run_sync(self.workspace.casebook.accounts.use_password_token, token, password)
            except PermissionDeniedError:
                return self._password_form(request, _("This link is not valid any more. Ask for a new one."), 403)
            except InvalidInputError:
                return self._password_form(request, _password_rules(), 400)
            return await self._enter(request, user.name)

    def _password_form(self, request: Request, message: str = "", status: int = 200) -> Response:
        fields = _field("password", _("Password"), "password", "new-password", 'minlength="10" autofocus')
        fields += _field("again", _("Password again"), "password", "new-password", 'minlength="10"')
        form = f'<form method="post">{fields}<button>{escape(_("Set the password"))}</button></form>'
        return render(request, _("Choose a password"), form, _wrong(message) if message else "", status)

    def _form(self, request: Request, message: str = "", status: int = 200) -> Response:
        if self.workspace.is_demo:
            return render(request, _("Choose a role"), _role_buttons(), message or _demo_hint(), status)
        if self._way() != "accounts":
            target = quote(local_path(request.query_params.get("next")), safe="")
            link = "/" if self._way() == "proxy" else f"/signin/oidc?next={target}"
            form = f'<a class="button" href="{escape(link)}">{escape(_("Sign in with your company account"))}</a>'
            return render(request, _("Sign in"), form, message, status)
        fields = _field("name", _("Name"), "text", "username", "autofocus")
        fields += _field("password", _("Password"), "password", "current-password")
        form = f'<form method="post">{fields}<button>{escape(_("Sign in"))}</button></form>'
        return render(request, _("Sign in"), form, message, status)

    async def _enter_demo(self, request: Request, role: str) -> Response:
        """Sign in as the demo's user of a role; on this machine alone, whatever the server listens on."""
        if role not in ROLES or client_address(request) not in LOOPBACK or host_name(request) not in LOOPBACK:
            return self._form(request, _wrong(_("Choose one of the roles.")), 403)
        console = Actor("console", "admin", "app")
        names = await to_thread.run_sync(self.workspace.casebook.accounts.ensure_demo_users, console)
        return await self._enter(request, names[role])

    async def _enter(self, request: Request, name: str) -> Response:
        """Start a new session, ending the one the browser had, and go where the visitor wanted."""
        start = partial(
            self.workspace.casebook.sessions.start,
            origin=client_address(request),
            agent=request.headers.get("user-agent", ""),
            replaces=request.cookies.get(COOKIE),
            is_demo_mode=self.workspace.is_demo,
        )
        token = await to_thread.run_sync(start, name)
        response = RedirectResponse(local_path(request.query_params.get("next")), 303)
        set_cookie(response, request, token, self.workspace.settings.session_hours)
        return response

    async def sign_out(self, request: Request) -> Response:
        """End the session and forget its cookie."""
        if token := request.cookies.get(COOKIE):
            await to_thread.run_sync(self.workspace.casebook.sessions.sign_out, token)
        response = RedirectResponse("/signin", 303)
        response.delete_cookie(COOKIE)
        return response

    async def set_up(self, request: Request) -> Response:
        """Make the first administrator, for whoever has the token printed on the console."""
        with speaking(self._prepare(request)):
            if self.workspace.is_demo or await to_thread.run_sync(self.workspace.casebook.accounts.has_admin):
                return RedirectResponse("/signin", 303)
            if request.method == "GET":
                return self._setup_form(request)
            return await self._make_first(request, await read_form(request))

    async def _make_first(self, request: Request, fields: dict[str, str]) -> Response:
        name, password = fields.get("name", "").strip(), fields.get("password", "")
        if password != fields.get("again"):
            return self._setup_form(request, _wrong(_("The two passwords differ.")), 400)
        add, token = self.workspace.casebook.accounts.add_first_admin, request.query_params.get("token", "")
        try:
            user = await to_thread.run_sync(add, token, name, password)
        except PermissionDeniedError:
            return self._setup_form(request, _wrong(_("This link is not valid any more. Start the server again.")), 403)
        except InvalidInputError as wrong:
            text = str(wrong) if str(wrong).startswith("A name") else _password_rules()
            return self._setup_form(request, _wrong(text), 400)
        return await self._enter(request, user.name)

    def _setup_form(self, request: Request, message: str = "", status: int = 200) -> Response:
        fields = _field("name", _("Name"), "text", "username", "autofocus")
        fields += _field("password", _("Password"), "password", "new-password", 'minlength="10"')
        fields += _field("again", _("Password again"), "password", "new-password", 'minlength="10"')
        form = f'<form method="post">{fields}<button>{escape(_("Create account"))}</button></form>'
        hint = f'<p class="hint">{escape(_("Nobody has an account yet. This one will be the administrator."))}</p>'
        return render(request, _("Create the first account"), form, message or hint, status)


def _password_rules() -> str:
    return _("A password has 10 to 512 characters, at least five different ones, and is not the name.")


def _demo_hint() -> str:
    return f'<p class="hint">{escape(_("This is a demo on sample data: no password is needed."))}</p>'


def _role_buttons() -> str:
    order = ("manager", "analyst", "planner", "order_entry", "admin", "viewer")
    buttons = "".join(
        f'<button class="role" name="role" value="{role}"><span>{escape(word(role))}</span>'
        f"<small>{escape(_(ROLE_HINTS[role]))}</small></button>"
        for role in order
    )
    return f'<form class="roles" method="post">{buttons}</form>'
