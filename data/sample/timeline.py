"""The company's calendar: days counted from the first, the working days among them, and what season it is."""

from datetime import date, datetime, timedelta

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

DAY = 86_400
START = datetime(2025, 5, 1)
NOW_DAY = 547  # Friday 30 October 2026
NOW = NOW_DAY * DAY + 18 * 3600  # seconds since START, the data's own clock
DAYS = NOW_DAY + 1
BEYOND = 200  # plans reach past now

HOLIDAYS = (
    ("2025-05-01", 3),
    ("2025-06-02", 1),
    ("2025-10-01", 7),
    ("2025-12-25", 2),
    ("2026-01-01", 1),
    ("2026-02-16", 7),
    ("2026-04-06", 1),
    ("2026-05-01", 3),
    ("2026-06-19", 1),
    ("2026-10-01", 7),
    ("2026-12-25", 2),
    ("2027-01-01", 1),
)


def day_of(text: str) -> int:
    """Return the day number of an ISO date."""
    return (date.fromisoformat(text) - START.date()).days


def _calendar() -> tuple[Bools, Bools]:
    """Return which days are worked, and which are public holidays."""
    weekday = (np.arange(DAYS + BEYOND) + START.weekday()) % 7
    holiday = np.zeros(DAYS + BEYOND, dtype=bool)
    for first, length in HOLIDAYS:
        holiday[day_of(first) : day_of(first) + length] = True
    return (weekday < 5) & ~holiday, holiday


IS_WORKED, IS_HOLIDAY = _calendar()
WORKED = np.flatnonzero(IS_WORKED)


def weekday_of(day: Ints) -> Ints:
    """Return 0 for Monday to 6 for Sunday."""
    return (day + START.weekday()) % 7


def add_working_days(day: Ints, count: Ints | int) -> Ints:
    """Return the working day ``count`` after ``day``; 0 gives the day itself or the next that is worked."""
    place = np.searchsorted(WORKED, day) + count
    days: Ints = WORKED[np.minimum(place, len(WORKED) - 1)].astype(np.int64)
    return days


def first_of_year_day() -> tuple[int, int]:
    """Return the days on which the yearly and the mid-year price lists come into force."""
    return day_of("2026-01-01"), day_of("2026-07-01")


def demand_by_day() -> Floats:
    """Return how busy each day is: weekends and holidays quiet, autumn and the weeks before spring festival busy."""
    day = np.arange(DAYS)
    busy = np.where(weekday_of(day) < 5, 1.0, np.where(weekday_of(day) == 5, 0.28, 0.18))
    busy = np.where(IS_HOLIDAY[:DAYS], 0.14, busy)
    year = 1 + 0.10 * np.cos(2 * np.pi * (day - day_of("2025-10-10")) / 365.25) + 0.10 * day / DAYS
    festival = 1 + 0.25 * np.exp(-(((day - day_of("2026-02-03")) / 9.0) ** 2))
    return np.asarray(busy * year * festival)


def moment(seconds: Floats | Ints) -> npt.NDArray[np.datetime64]:
    """Return timestamps from seconds since the start; NaN and negative become null."""
    values = np.asarray(seconds, dtype=np.float64)
    known = np.isfinite(values)
    out = np.full(values.shape, np.datetime64("NaT"), dtype="datetime64[s]")
    out[known] = np.datetime64(START, "s") + values[known].astype(np.int64).astype("timedelta64[s]")
    return out


def date_text(day: int) -> str:
    """Return the ISO date of a day number."""
    return (START + timedelta(days=int(day))).date().isoformat()
