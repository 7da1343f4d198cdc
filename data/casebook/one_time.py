"""One-time tokens: what lets somebody without a password do one thing, once, for a while."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, insert, select, update

from data.casebook.secret_tokens import new_token, token_hash
from data.casebook.store import Write
from data.casebook.tables import one_time_tokens, users
from data.errors import PermissionDeniedError

NOT_VALID = "This one-time token is not valid, or it was used or has expired."


def issue(write: Write, purpose: str, hours: int, user_id: int | None = None) -> str:
    """Store a new one-time token and make earlier ones for the same useless."""
    earlier = (one_time_tokens.c.purpose == purpose) & one_time_tokens.c.used_at.is_(None)
    earlier &= one_time_tokens.c.user_id.is_(None) if user_id is None else one_time_tokens.c.user_id == user_id
    write.execute(update(one_time_tokens).where(earlier).values(used_at=write.at))
    token = new_token()
    values = {
        "token_hash": token_hash(token),
        "purpose": purpose,
        "user_id": user_id,
        "created_at": write.at,
        "expires_at": write.at + timedelta(hours=hours),
    }
    write.execute(insert(one_time_tokens).values(values))
    return token


def use(write: Write, purpose: str, token: str) -> None:
    """Use up a one-time token; raise `PermissionDeniedError` if it is not valid any more."""
    at: datetime = write.at
    is_valid = (
        (one_time_tokens.c.token_hash == token_hash(token))
        & (one_time_tokens.c.purpose == purpose)
        & one_time_tokens.c.used_at.is_(None)
        & (one_time_tokens.c.expires_at > at)
    )
    if write.execute(update(one_time_tokens).where(is_valid).values(used_at=at)).rowcount != 1:
        raise PermissionDeniedError(NOT_VALID)


def owner(connection: Connection, token: str) -> RowMapping:
    """Return the account that a one-time token was issued for."""
    query = select(users).join(one_time_tokens, one_time_tokens.c.user_id == users.c.user_id)
    row = connection.execute(query.where(one_time_tokens.c.token_hash == token_hash(token))).mappings().one_or_none()
    if row is None:
        raise PermissionDeniedError(NOT_VALID)
    return row
