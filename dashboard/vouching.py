"""Others who vouch for people: a reverse proxy by a header, or an OpenID provider by Streamlit's own sign-in.

Either only names an account. The account, its role and its sessions are ours: somebody without an account stays out.
"""

import json
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import quote

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

from data.errors import InvalidInputError
from data.settings import Settings

FORWARDED_FOR = b"x-forwarded-for"
OIDC_PATHS = frozenset({"/signin/oidc", "/auth/login", "/oauth2callback"})
OIDC_COOKIES = ("_streamlit_user", "_streamlit_user_tokens")
FRESH_DAYS = 5 / 1440
"""Streamlit's cookie lasts a month; here it is a ticket that is exchanged for a session within five minutes."""


@lru_cache(maxsize=8)
def proxy_networks(addresses: str) -> tuple[Any, ...]:
    """Return the networks named in the setting ``proxy_addresses``; raise `InvalidInputError` if one is none."""
    try:
        return tuple(ip_network(part.strip(), strict=False) for part in addresses.split(",") if part.strip())
    except ValueError as wrong:
        raise InvalidInputError(f"Setting proxy_addresses: {wrong}.") from None


def is_proxy(address: str, settings: Settings) -> bool:
    """Return whether a peer is one of the reverse proxies whose headers are believed."""
    try:
        peer = ip_address(address)
    except ValueError:
        return False
    return any(peer in network for network in proxy_networks(settings.proxy_addresses))


def believed(scope: Scope, settings: Settings) -> tuple[Scope, str | None]:
    """Return the request without what a client may have invented, and the account that a proxy vouches for, if any.

    From a proxy the client's address is the last one it forwards; from anybody else those headers are stripped.
    """
    header = settings.proxy_user_header.lower().encode()
    peer = scope["client"][0] if scope.get("client") else ""
    given = {name.lower(): value for name, value in scope["headers"]}
    kept = [pair for pair in scope["headers"] if pair[0].lower() not in (header, FORWARDED_FOR)]
    if not is_proxy(peer, settings):
        return dict(scope, headers=kept), None
    client = scope["client"]
    if last := given.get(FORWARDED_FOR, b"").decode("latin-1").rpartition(",")[2].strip():
        client = (last[:64], 0)
    name = given.get(header, b"").decode("utf-8", "replace").strip() if settings.sign_in == "proxy" else ""
    return dict(scope, headers=kept, client=client), name or None


def check_settings(settings: Settings) -> None:
    """Raise `InvalidInputError` if the way of signing in lacks a setting."""
    proxy_networks(settings.proxy_addresses)
    if settings.sign_in == "proxy" and not settings.proxy_addresses.strip():
        raise InvalidInputError("Setting sign_in is proxy: proxy_addresses must name the proxy.")
    if settings.sign_in == "oidc":
        needed = ("public_url", "oidc_metadata_url", "oidc_client_id", "oidc_client_secret")
        missing = [name for name in needed if not getattr(settings, name)]
        if missing:
            raise InvalidInputError(f"Setting sign_in is oidc: {', '.join(missing)} must be set.")


def oidc_secrets(settings: Settings, cookie_secret: str) -> dict[str, Any]:
    """Return what Streamlit's sign-in reads as its secrets."""
    return {
        "auth": {
            "redirect_uri": f"{settings.public_url.rstrip('/')}/oauth2callback",
            "cookie_secret": cookie_secret,
            "client_id": settings.oidc_client_id,
            "client_secret": settings.oidc_client_secret,
            "server_metadata_url": settings.oidc_metadata_url,
        }
    }


def oidc_login_path() -> str:
    """Return the address by which ``st.login`` starts signing in at the provider."""
    from streamlit.auth_util import encode_provider_token

    return f"/auth/login?provider={quote(encode_provider_token('default'), safe='')}"


def oidc_name(connection: HTTPConnection, settings: Settings) -> str | None:
    """Return the account that the provider just vouched for, from Streamlit's signed cookie; None without a fresh one.

    An e-mail address that the provider itself calls unverified vouches for nobody.
    """
    from streamlit.auth_util import get_cookie_with_chunks
    from streamlit.web.server.server_util import get_cookie_secret
    from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value

    def read(name: str) -> bytes | None:
        value = connection.cookies.get(name)
        return decode_signed_value(get_cookie_secret(), name, value, FRESH_DAYS) if value else None

    cookie = get_cookie_with_chunks(read, OIDC_COOKIES[0])
    if cookie is None:
        return None
    claims = json.loads(cookie)
    if not claims.get("is_logged_in") or (settings.oidc_claim == "email" and claims.get("email_verified") is False):
        return None
    name = claims.get(settings.oidc_claim)
    return name.strip() or None if isinstance(name, str) else None


def forget_ticket(connection: HTTPConnection, response: Response) -> None:
    """Delete the provider's cookies: they were exchanged for a session of ours."""
    for name in connection.cookies:
        if name.startswith(OIDC_COOKIES):
            response.delete_cookie(name)
