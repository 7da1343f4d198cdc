"""Random tokens that prove who somebody is: shown once, kept as a hash."""

import hashlib
import secrets


def new_token(prefix: str = "") -> str:
    """Return a new token of 256 random bits."""
    return prefix + secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Return what is stored of a token; it has too much randomness for a slow hash to add anything."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
