"""One change to the ERP, sent as a signed request that may be repeated safely."""

import hashlib
import hmac
import http.client
import urllib.error
import urllib.request
from dataclasses import dataclass
from urllib.parse import urlsplit

from data.errors import InvalidInputError

TIMEOUT_SECONDS = 10
WORTH_REPEATING = frozenset({408, 409, 423, 425, 429})
"""Answers below 500 after which the same request may succeed later."""


@dataclass(frozen=True)
class Answer:
    """What the ERP's side said.

    Attributes
    ----------
    is_taken : bool
        It has the change.
    is_final : bool
        Repeating the request is pointless.
    detail : str
        One line.
    """

    is_taken: bool
    is_final: bool
    detail: str


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the change, and its signature, to an address that nobody approved."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        """Follow none."""


def check_address(url: str) -> None:
    """Raise `InvalidInputError` unless this is an address that can be posted to."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidInputError(f"Setting erp_webhook_url has to be an http or https address (got {url!r}).")


def signature(secret: str, body: bytes) -> str:
    """Return the signature that the receiver computes and compares."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def send(url: str, secret: str, idempotency_key: str, payload: str, timeout: float = TIMEOUT_SECONDS) -> Answer:
    """Post one change.

    Parameters
    ----------
    url : str
        The setting ``erp_webhook_url``.
    secret : str
        The setting ``erp_webhook_secret``; empty leaves the request unsigned.
    idempotency_key : str
        The same for every repetition, so that the receiver does it once.
    payload : str
        JSON.
    timeout : float, default 10
        Seconds.

    Returns
    -------
    Answer
        Never raises for what the network or the receiver does.
    """
    check_address(url)
    body = payload.encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": idempotency_key, "User-Agent": "Orderlens"}
    if secret:
        headers["X-Orderlens-Signature"] = signature(secret, body)
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310  # checked above
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(request, timeout=timeout) as answer:
            return Answer(True, True, f"HTTP {answer.status}")
    except urllib.error.HTTPError as refused:
        is_final = refused.code < 500 and refused.code not in WORTH_REPEATING
        return Answer(False, is_final, f"HTTP {refused.code}")
    except (OSError, http.client.HTTPException, ValueError) as failed:
        return Answer(False, False, f"{type(failed).__name__}: {failed}"[:300])
