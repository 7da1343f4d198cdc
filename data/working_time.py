"""When something is due that takes so many working hours: nights, weekends and public holidays do not count."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from data.errors import InvalidInputError, UnknownNameError
from data.settings import Settings

LONGEST_SEARCH_DAYS = 4000


class WorkingTime:
    """The hours in which people work.

    Parameters
    ----------
    country : str
        ISO code whose public holidays are kept, optionally with a subdivision (``CN``, ``DE-BY``); empty for none.
        Weekends that a country works to make up for a long holiday are working days.
    opens_at, closes_at : datetime.time
        Working hours of a day, in the time zone.
    time_zone : str
        IANA name.

    Raises
    ------
    UnknownNameError
        If there is no such country.
    InvalidInputError
        If a day would end before it begins.
    """

    def __init__(self, country: str, opens_at: time, closes_at: time, time_zone: str) -> None:
        if closes_at <= opens_at:
            raise InvalidInputError(f"Setting work_hours: a day ends after it begins (got {opens_at}-{closes_at}).")
        self.opens_at, self.closes_at, self.zone = opens_at, closes_at, ZoneInfo(time_zone)
        self._calendar = _calendar(country)

    @classmethod
    def of(cls, settings: Settings) -> "WorkingTime":
        """Return the working time that the settings name."""
        try:
            opens_at, closes_at = (time.fromisoformat(part.strip()) for part in settings.work_hours.split("-"))
        except ValueError:
            raise InvalidInputError(
                f"Setting work_hours reads like 09:00-18:00 (got {settings.work_hours!r})."
            ) from None
        return cls(settings.work_country, opens_at, closes_at, settings.time_zone)

    def is_working_day(self, day: date) -> bool:
        """Return whether people work on a day."""
        return self._calendar.is_working_day(day) if self._calendar is not None else day.weekday() < 5

    def after(self, start: datetime, hours: float) -> datetime:
        """Return the moment that lies so many working hours after another.

        Parameters
        ----------
        start : datetime
            Aware; outside working hours it counts from the next opening.
        hours : float
            Working hours, 0 or more.

        Returns
        -------
        datetime
            In UTC, within working hours.
        """
        local = start.astimezone(self.zone)
        day, left = local.date(), timedelta(hours=hours)
        begin = max(_at(day, self.opens_at), local.replace(tzinfo=None))
        for _ in range(LONGEST_SEARCH_DAYS):
            end = _at(day, self.closes_at)
            if self.is_working_day(day) and begin < end:
                if begin + left <= end:
                    return (begin + left).replace(tzinfo=self.zone).astimezone(UTC)
                left -= end - begin
            day += timedelta(days=1)
            begin = _at(day, self.opens_at)
        raise InvalidInputError(f"{hours:,.0f} working hours do not end within {LONGEST_SEARCH_DAYS:,} days.")

    def between(self, start: datetime, end: datetime) -> float:
        """Return the working hours between two moments; negative if ``end`` comes first."""
        if end < start:
            return -self.between(end, start)
        first, last = (moment.astimezone(self.zone).replace(tzinfo=None) for moment in (start, end))
        day, worked = first.date(), timedelta()
        while day <= last.date():
            if self.is_working_day(day):
                begin, finish = max(first, _at(day, self.opens_at)), min(last, _at(day, self.closes_at))
                worked += max(finish - begin, timedelta())
            day += timedelta(days=1)
        return worked.total_seconds() / 3600


def countries() -> Mapping[str, list[str]]:
    """Return the countries whose holidays are known, with their subdivisions."""
    return holidays.list_supported_countries()


def _at(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment)


@lru_cache(maxsize=8)
def _calendar(country: str) -> holidays.HolidayBase | None:
    name, _, part = country.strip().upper().partition("-")
    if not name:
        return None
    known = countries()
    if name not in known:
        raise UnknownNameError("country in the setting work_country", name, known)
    if part and part not in known[name]:
        raise UnknownNameError("subdivision in the setting work_country", part, known[name])
    return holidays.country_holidays(name, subdiv=part or None)
