"""Mutes: rules that keep findings out of sight for a while. Each is dated, listed, and can be revoked; none deletes."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import func, insert, select, update

from data.casebook.actor import Actor
from data.casebook.store import Store
from data.casebook.tables import mutes
from data.errors import InvalidInputError, UnknownNameError
from data.vocabulary import FALSE_POSITIVE_REASONS, KINDS

LONGEST_DAYS = 366
MAX_NOTE = 2000
DIRECTIONS = ("", "up", "down")
NAMED = ("kind", "source", "customer_id", "product_id", "channel", "entered_by", "exception_id")
RULE = (*NAMED, "direction", "below_impact", "below_score")
LISTED = ("mute_id", *RULE, "until", "reason", "note", "by", "at", "revoked_at", "revoked_by")


@dataclass(frozen=True)
class MuteRule:
    """Which findings a mute keeps out of sight: those that meet every condition that is given.

    Attributes
    ----------
    kind, source, customer_id, product_id, channel, entered_by, exception_id : str, optional
        What the finding is about; None means any.
    direction : {"", "up", "down"}, default ""
        Only what is above, or below, the expected value.
    below_impact : float, optional
        Only with less money at risk than this.
    below_score : float, optional
        Only with a smaller chance than this, 0 to 1.
    """

    kind: str | None = None
    source: str | None = None
    customer_id: str | None = None
    product_id: str | None = None
    channel: str | None = None
    entered_by: str | None = None
    exception_id: str | None = None
    direction: str = ""
    below_impact: float | None = None
    below_score: float | None = None

    def check(self) -> None:
        """Raise `InvalidInputError` where it would hide everything, or names what there is not."""
        if self.kind is not None and self.kind not in KINDS:
            raise UnknownNameError("kind", self.kind, KINDS)
        if self.direction not in DIRECTIONS:
            raise UnknownNameError("direction", self.direction, DIRECTIONS[1:])
        if all(getattr(self, name) is None for name in NAMED):
            raise InvalidInputError("A mute says which kind, check, customer, product, channel or person it is about.")


class Mutes:
    """Add, list and revoke mutes."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def add(self, actor: Actor, rule: MuteRule, until: datetime, reason: str, note: str = "") -> int:
        """Keep what ``rule`` describes out of sight until a moment; return the ``mute_id``.

        Parameters
        ----------
        actor : Actor
            Who decides.
        rule : MuteRule
            What is hidden.
        until : datetime
            When it ends by itself, aware; at most a year from now.
        reason : str
            One of `data.vocabulary.FALSE_POSITIVE_REASONS`.
        note : str, default ""
            Free text, up to 2,000 characters.

        Returns
        -------
        int
            The ``mute_id``.
        """
        rule.check()
        now = datetime.now(UTC)
        if not now < until <= now + timedelta(days=LONGEST_DAYS):
            raise InvalidInputError(f"A mute ends within the next {LONGEST_DAYS} days (got {until:%Y-%m-%d}).")
        if reason not in FALSE_POSITIVE_REASONS:
            raise UnknownNameError("reason", reason, FALSE_POSITIVE_REASONS)
        if len(note) > MAX_NOTE or "\0" in note:
            raise InvalidInputError(f"A note is text of up to {MAX_NOTE:,} characters (got {len(note):,}).")
        with self.store.write(actor, "mute.add") as write:
            row = {**asdict(rule), "until": until, "reason": reason, "note": note, "by": actor.name, "at": write.at}
            mute_id = int(write.execute(insert(mutes).values(row).returning(mutes.c.mute_id)).scalar_one())
            told = {name: value for name, value in asdict(rule).items() if value not in (None, "")}
            write.note(mute_id, until=until.isoformat(), reason=reason, note=note, **told)
        return mute_id

    def revoke(self, actor: Actor, mute_id: int) -> None:
        """End a mute now; others' mutes are ended by a manager. Raise `InvalidInputError` if it is not in force."""
        with self.store.write(actor, "mute.revoke") as write:
            row = write.execute(select(mutes).where(mutes.c.mute_id == mute_id)).mappings().one_or_none()
            if row is None:
                raise InvalidInputError(f"There is no mute {mute_id}.")
            if row["by"] != actor.name:
                write.permit("mute.revoke_any")
            if row["revoked_at"] is not None:
                raise InvalidInputError(f"Mute {mute_id} was revoked already.")
            ended = {"revoked_at": write.at, "revoked_by": actor.name}
            write.execute(update(mutes).where(mutes.c.mute_id == mute_id).values(ended))
            write.note(mute_id, by=row["by"])

    def list(self, only_in_force: bool = False) -> pd.DataFrame:
        """Return mutes, the newest first.

        Parameters
        ----------
        only_in_force : bool, default False
            Leave out what ended or was revoked.

        Returns
        -------
        pandas.DataFrame
            `LISTED`; times in UTC.
        """
        query = select(*(mutes.c[name] for name in LISTED)).order_by(mutes.c.mute_id.desc())
        if only_in_force:
            query = query.where(mutes.c.revoked_at.is_(None), mutes.c.until > datetime.now(UTC))
        with self.store.read() as connection:
            frame = pd.DataFrame(connection.execute(query).fetchall(), columns=list(LISTED))
        frame = frame.astype({"mute_id": "int64", "below_impact": "float64", "below_score": "float64"})
        for name in ("until", "at", "revoked_at"):
            frame[name] = pd.to_datetime(frame[name], utc=True)
        return frame

    def generation(self) -> tuple[Any, ...]:
        """Return what changes whenever a mute begins, ends or is revoked."""
        in_force = (mutes.c.revoked_at.is_(None)) & (mutes.c.until > datetime.now(UTC))
        query = select(func.count(), func.max(mutes.c.mute_id), func.sum(mutes.c.mute_id)).where(in_force)
        with self.store.read() as connection:
            row = connection.execute(query).one()
        return tuple(row)
