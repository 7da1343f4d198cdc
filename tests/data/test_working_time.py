"""Due times in working hours: nights, weekends, holidays, and the weekends that China works instead."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import InvalidInputError, UnknownNameError
from data.settings import Settings
from data.working_time import WorkingTime

SHANGHAI = ZoneInfo("Asia/Shanghai")
CHINA = WorkingTime("CN", time(9), time(18), "Asia/Shanghai")
WEEKDAYS = WorkingTime("", time(9), time(18), "Europe/Berlin")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2025-03-05 10:00", 4, "2025-03-05 14:00"),  # the same day
        ("2025-03-05 16:00", 4, "2025-03-06 11:00"),  # over night
        ("2025-03-05 20:00", 1, "2025-03-06 10:00"),  # opened at night
        ("2025-03-07 17:00", 2, "2025-03-10 10:00"),  # over an ordinary weekend
        ("2025-09-30 17:00", 2, "2025-10-09 10:00"),  # National Day and Mid-Autumn: 1 to 8 October are free
        ("2025-10-11 09:00", 9, "2025-10-11 18:00"),  # a Saturday that is worked instead
        ("2025-01-27 17:00", 2, "2025-02-05 10:00"),  # Spring Festival: 28 January to 4 February
        ("2025-01-26 09:00", 9, "2025-01-26 18:00"),  # a Sunday that is worked before it
    ],
)
def test_chinese_holidays_and_swapped_weekends(start: str, hours: float, end: str) -> None:
    assert CHINA.after(local(start), hours) == local(end)


def test_subdivisions_have_holidays_of_their_own() -> None:
    epiphany = date(2025, 1, 6)
    assert not WorkingTime("DE-BY", time(9), time(18), "Europe/Berlin").is_working_day(epiphany)
    assert WorkingTime("DE-BE", time(9), time(18), "Europe/Berlin").is_working_day(epiphany)


def test_without_a_country_only_weekends_are_free() -> None:
    assert WEEKDAYS.is_working_day(date(2025, 10, 1))
    assert not WEEKDAYS.is_working_day(date(2025, 10, 11))


def test_a_change_of_the_clock_takes_no_working_hour() -> None:
    friday = datetime(2025, 3, 28, 17, tzinfo=ZoneInfo("Europe/Berlin"))
    assert WEEKDAYS.after(friday, 9) == datetime(2025, 3, 31, 17, tzinfo=ZoneInfo("Europe/Berlin"))


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2025, 12, 1), timezones=st.just(UTC)),
    st.integers(0, 400).map(lambda tenths: tenths / 10),
)
@settings(max_examples=60, deadline=None)
def test_the_hours_between_are_the_hours_given(start: datetime, hours: float) -> None:
    end = CHINA.after(start, hours)
    assert end >= start
    assert CHINA.between(start, end) == pytest.approx(hours, abs=1e-4)
    assert CHINA.between(end, start) == pytest.approx(-hours, abs=1e-4)
    assert CHINA.is_working_day(end.astimezone(SHANGHAI).date())


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"work_country": "XX"}, UnknownNameError, "Unknown country in the setting work_country 'XX'"),
        ({"work_country": "DE-QQ"}, UnknownNameError, "subdivision"),
        ({"work_hours": "9 to 5"}, InvalidInputError, "reads like 09:00-18:00"),
        ({"work_hours": "18:00-09:00"}, InvalidInputError, "ends after it begins"),
    ],
)
def test_a_wrong_setting_is_said_in_one_line(changed: dict[str, str], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        WorkingTime.of(Settings(**changed))
