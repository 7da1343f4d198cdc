"""Checking a password: attempts are counted before they are judged, and too many of them lock out for a while."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, RowMapping, delete, func, insert, select, update

from data.casebook.actor import NOBODY, Actor, Via
from data.casebook.passwords import hash_password, is_password, needs_rehash
from data.casebook.store import Store, Write
from data.casebook.tables import login_attempts, users
from data.errors import PermissionDeniedError

WINDOW = timedelta(minutes=15)
MAX_FAILURES_PER_NAME = 5
MAX_FAILURES_PER_ORIGIN = 30
KEPT = timedelta(days=90)


class SignInRefusedError(PermissionDeniedError):
    """Name or password is wrong, or too many attempts were made.

    Parameters
    ----------
    message : str
        What to tell; it never says which of the two was wrong.
    retry_after_seconds : int, default 0
        How long to wait when locked out.
    """

    def __init__(self, message: str, retry_after_seconds: int = 0) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class SignIn:
    """The check of name and password behind `Accounts.verify`."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def check(self, key: str, password: str, origin: str, via: Via) -> RowMapping:
        """Return the row of the account if all is right, else raise `SignInRefusedError`."""
        nobody = Actor(key, NOBODY, via)
        attempt_id = self._count(nobody, key, origin[:64])
        with self.store.read() as connection:
            row = connection.execute(select(users).where(users.c.name_key == key)).mappings().one_or_none()
        # The hash is checked in every case, outside the transaction: it takes long on purpose, and equally long.
        is_right = is_password(row["password_hash"] if row else None, password)
        if row is None or not is_right or not row["is_enabled"] or row["is_demo"]:
            with self.store.write(nobody, "session.refuse") as write:
                write.note(key, origin=origin[:64], why="name or password")
            raise SignInRefusedError("Name or password is wrong.")
        with self.store.write(nobody, "session.start", is_noted=False) as write:
            succeeded = update(login_attempts).where(login_attempts.c.attempt_id == attempt_id)
            write.execute(succeeded.values(outcome="succeeded"))
            if needs_rehash(row["password_hash"]):
                stronger = update(users).where(users.c.user_id == row["user_id"])
                write.execute(stronger.values(password_hash=hash_password(password)))
        return row

    def _count(self, nobody: Actor, key: str, origin: str) -> int:
        """Count this attempt as failed until it succeeds, so that many at once cannot slip through together."""
        refused: SignInRefusedError | None = None
        with self.store.write(nobody, "session.refuse", is_noted=False) as write:
            write.execute(delete(login_attempts).where(login_attempts.c.at < write.at - KEPT))
            wait = _wait(write, key, origin)
            outcome = "failed" if wait is None else "locked_out"
            values = {"name_key": key, "origin": origin, "at": write.at, "outcome": outcome}
            inserted = insert(login_attempts).values(values).returning(login_attempts.c.attempt_id)
            attempt_id = int(write.execute(inserted).scalar_one())
            if wait is not None:
                seconds = max(1, round(wait.total_seconds()))
                minutes = -(-seconds // 60)
                write.note(key, origin=origin, why="locked out", seconds=seconds)
                refused = SignInRefusedError(f"Too many attempts; try again in {minutes} minutes.", seconds)
        if refused:
            raise refused
        return attempt_id


def _wait(write: Write, key: str, origin: str) -> timedelta | None:
    """Return how long this name or this origin has to wait, None if not at all; waiting attempts prolong nothing."""
    limits: list[tuple[ColumnElement[bool], int]] = [(login_attempts.c.name_key == key, MAX_FAILURES_PER_NAME)]
    if origin:
        limits.append((login_attempts.c.origin == origin, MAX_FAILURES_PER_ORIGIN))
    # A success clears the name only: else a guesser would clear the origin by signing in to an account of their own.
    waits = [_wait_for(write, whose, limit, is_cleared=number == 0) for number, (whose, limit) in enumerate(limits)]
    return max((wait for wait in waits if wait is not None), default=None)


def _wait_for(write: Write, whose: ColumnElement[bool], limit: int, is_cleared: bool) -> timedelta | None:
    is_recent = login_attempts.c.at > write.at - WINDOW
    last_success = select(func.max(login_attempts.c.at)).where(whose, login_attempts.c.outcome == "succeeded")
    succeeded_at: datetime | None = write.execute(last_success).scalar()
    failures = select(login_attempts.c.at).where(whose, is_recent, login_attempts.c.outcome == "failed")
    if is_cleared and succeeded_at is not None:
        failures = failures.where(login_attempts.c.at > succeeded_at)
    times = list(write.execute(failures.order_by(login_attempts.c.at.desc()).limit(limit)).scalars())
    return times[-1] + WINDOW - write.at if len(times) == limit else None
