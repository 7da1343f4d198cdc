"""When a message may go out: at once or collected for the day, and never in hours that shall be quiet."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from data.errors import InvalidInputError

DAY = timedelta(days=1)
SATURDAY = 5


def parse_time(text: str) -> time:
    """Return the time of day written as ``HH:MM``; raise `InvalidInputError` if it is none."""
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise InvalidInputError(f"A time of day is written HH:MM (got {text[:20]!r}).")
    return time.fromisoformat(text)


@dataclass(frozen=True)
class Timetable:
    """When the messages of one rule go out.

    Attributes
    ----------
    zone : str
        The time zone of the times below.
    digest_at : str or None
        When the day's collection goes out; None for messages that go out one by one.
    quiet_from, quiet_until : str or None
        The quiet hours, ``HH:MM``; they may pass midnight.
    is_quiet_at_weekends : bool
        Whether Saturdays and Sundays are quiet.
    """

    zone: str
    digest_at: str | None = None
    quiet_from: str | None = None
    quiet_until: str | None = None
    is_quiet_at_weekends: bool = False

    def due(self, now: datetime) -> datetime:
        """Return when a message that is ready at ``now`` goes out: the next collection, never in quiet hours."""
        local = now.astimezone(ZoneInfo(self.zone))
        if self.digest_at:
            at = datetime.combine(local.date(), parse_time(self.digest_at), local.tzinfo)
            local = at if at >= local else at + DAY
        return self.after_quiet(local)

    def after_quiet(self, moment: datetime) -> datetime:
        """Return the moment itself, or the end of the quiet time that it lies in."""
        local = moment.astimezone(ZoneInfo(self.zone))
        for _step in range(8):  # weekend days and nights may follow each other
            end = self._quiet_end(local)
            if end is None:
                break
            local = end
        return local.astimezone(moment.tzinfo)

    def _quiet_end(self, local: datetime) -> datetime | None:
        if self.is_quiet_at_weekends and local.weekday() >= SATURDAY:
            return datetime.combine(local.date() + DAY, time(), local.tzinfo)
        if not self.quiet_from or not self.quiet_until or self.quiet_from == self.quiet_until:
            return None
        start, end, now = parse_time(self.quiet_from), parse_time(self.quiet_until), local.time()
        is_quiet = start <= now < end if start < end else now >= start or now < end
        if not is_quiet:
            return None
        day = local.date() if now < end else local.date() + DAY
        return datetime.combine(day, end, local.tzinfo)
