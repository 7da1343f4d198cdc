"""Passwords: what is accepted, how it is kept, and a comparison that takes as long for a name nobody has."""

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from data.errors import InvalidInputError

MIN_LENGTH = 10
MAX_LENGTH = 512
MIN_DISTINCT = 5

# OWASP's minimum for argon2id: about 0.07 s on a small machine, where the library's default takes 0.5 s.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def _normalise(password: str) -> str:
    # The same characters can come composed or not, by keyboard and system.
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, name: str) -> None:
    """Raise `InvalidInputError` unless this may be the password of ``name``."""
    password = _normalise(password)
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise InvalidInputError(f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters (got {len(password)}).")
    if len(set(password)) < MIN_DISTINCT:
        raise InvalidInputError(f"A password has at least {MIN_DISTINCT} different characters.")
    if name and name.casefold() in password.casefold() and len(password) < len(name) + MIN_LENGTH:
        raise InvalidInputError("A password is not the name with a few characters added.")


def hash_password(password: str) -> str:
    """Return the salted argon2id hash."""
    return HASHER.hash(_normalise(password))


def is_password(stored: str | None, password: str) -> bool:
    """Return whether ``password`` fits the stored hash; without one, take as long and return False."""
    try:
        fits = HASHER.verify(stored or _nobodys_hash(), _normalise(password[: MAX_LENGTH + 1]))
    except (VerificationError, InvalidHashError):
        return False
    return fits and stored is not None


def needs_rehash(stored: str) -> bool:
    """Return whether a hash was made with weaker parameters than today's."""
    return HASHER.check_needs_rehash(stored)


@cache
def _nobodys_hash() -> str:
    return HASHER.hash("nobody has this password")
