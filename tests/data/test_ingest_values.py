"""Numbers and moments as people write them, read by the SQL macros."""

from datetime import datetime
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.ingestion.text_values import create_macros


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    opened = duckdb.connect()
    opened.execute("set TimeZone = 'Asia/Shanghai'")
    create_macros(opened)
    return opened


def value(connection: duckdb.DuckDBPyConnection, expression: str, *texts: str | None) -> object:
    return connection.execute(f"select {expression}", list(texts)).fetchall()[0][0]


@pytest.mark.parametrize(
    ("text", "point", "comma", "mixed", "says"),
    [
        ("1", 1, 1, 1, None),
        ("-1.5", -1.5, None, -1.5, "point"),
        ("1,234.56", 1234.56, None, 1234.56, "point"),
        ("1.234,56", None, 1234.56, 1234.56, "comma"),
        ("1,234", 1234, 1.234, None, None),
        ("1.234", 1.234, 1234, None, None),
        ("0,5", None, 0.5, 0.5, "comma"),
        ("0.500", 0.5, None, 0.5, "point"),
        ("12,34", None, 12.34, 12.34, "comma"),
        ("1.234.567", None, 1234567, 1234567, "comma"),
        ("1,23,456.7", 123456.7, None, 123456.7, "point"),
        ("1 234,5", None, 1234.5, 1234.5, "comma"),
        ("1\u202f234,5", None, 1234.5, 1234.5, "comma"),
        ("1'234.50", 1234.5, None, 1234.5, "point"),
        ("5.00-", -5, None, -5, "point"),
        ("(5.00)", -5, None, -5, "point"),
        ("$1,234.00", 1234, None, 1234, "point"),
        ("€ 1.234,50", None, 1234.5, 1234.5, "comma"),
        ("￥1，234.5", 1234.5, None, 1234.5, "point"),
        ("100元", 100, 100, 100, None),
        ("CNY 100", 100, 100, 100, None),
        ("００７", 7, 7, 7, None),
        ("12%", 0.12, 0.12, 0.12, None),
        ("1e5", 1e5, None, 1e5, None),
        (".5", 0.5, None, 0.5, "point"),
    ],
)
def test_numbers(
    connection: duckdb.DuckDBPyConnection, text: str, point: float, comma: float, mixed: float, says: str
) -> None:
    read = [value(connection, f"read_number(?, '{style}')", text) for style in ("point", "comma", "mixed")]
    assert read == [point, comma, mixed]
    assert value(connection, "number_says(?)", text) == says


@pytest.mark.parametrize("text", ["", "abc", "nan", "inf", "1e999", "--5", "5-5", "-5-", "1.2.3", "-", "12:30", "abc5"])
def test_what_is_no_number(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    for style in ("point", "comma", "mixed"):
        assert value(connection, f"read_number(?, '{style}')", text) is None


@settings(deadline=None)
@given(number=st.decimals(-(10**9), 10**9, places=2), has_thousands=st.booleans(), trailing=st.booleans())
def test_a_number_survives_being_written_either_way(
    connection: duckdb.DuckDBPyConnection, number: Decimal, has_thousands: bool, trailing: bool
) -> None:
    text = f"{number:,.2f}" if has_thousands else f"{number:.2f}"
    if trailing and text.startswith("-"):
        text = text[1:] + "-"
    swapped = text.replace(",", "_").replace(".", ",").replace("_", ".")
    assert value(connection, "read_number(?, 'point')", text) == float(number)
    assert value(connection, "read_number(?, 'comma')", swapped) == float(number)


MARCH_5 = datetime(2024, 3, 5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-05", MARCH_5),
        ("2024-3-5", MARCH_5),
        ("2024/03/05", MARCH_5),
        ("2024年3月5日", MARCH_5),
        ("20240305", MARCH_5),
        ("05.03.2024", MARCH_5),
        ("05-Mar-2024", MARCH_5),
        ("Mar 5, 2024", MARCH_5),
        ("45356", MARCH_5),
        ("2024-03-05T10:30", datetime(2024, 3, 5, 10, 30)),
        ("2024-03-05 10:30:15.250", datetime(2024, 3, 5, 10, 30, 15, 250000)),
        ("2024-03-05 3:04 PM", datetime(2024, 3, 5, 15, 4)),
        ("20240305103000", datetime(2024, 3, 5, 10, 30)),
        ("45356.5", datetime(2024, 3, 5, 12)),
        ("Mar  5 2024 10:00AM", datetime(2024, 3, 5, 10)),
        ("25/03/2024", None),
        ("03/05/2024", None),
        ("2024-02-30", None),
        ("20241305", None),
        ("1709600000", None),  # seconds or milliseconds since when: not guessed
        ("infinity", None),
        ("now", None),
        ("epoch", None),
        ("12:30", None),
        ("abc", None),
    ],
)
def test_moments(connection: duckdb.DuckDBPyConnection, text: str, expected: datetime | None) -> None:
    assert value(connection, "naive_moment(?, 'none')", text) == expected


@pytest.mark.parametrize(
    ("text", "style", "expected"),
    [
        ("05/03/2024", "dmy", MARCH_5),
        ("03/05/2024", "mdy", MARCH_5),
        ("3/5/24", "mdy", MARCH_5),
        ("05-03-2024 10:00", "dmy", datetime(2024, 3, 5, 10)),
        ("03.05.2024", "mdy", MARCH_5),
        ("25/03/2024", "mixed", datetime(2024, 3, 25)),
        ("03/25/2024", "mixed", datetime(2024, 3, 25)),
        ("05/03/2024", "mixed", None),
        ("25/03/2024", "mdy", None),
        ("31/12/99", "dmy", datetime(1999, 12, 31)),
    ],
)
def test_day_or_month_first(
    connection: duckdb.DuckDBPyConnection, text: str, style: str, expected: datetime | None
) -> None:
    assert value(connection, f"naive_moment(?, '{style}')", text) == expected


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2024-03-05T10:30:00Z", 18),
        ("2024-03-05T10:30:00+02:00", 16),
        ("2024-03-05 10:30:00.000+0800", 10),
        ("2024-03-05 10:30:00 UTC", 18),
    ],
)
def test_an_offset_is_turned_into_the_configured_zone(
    connection: duckdb.DuckDBPyConnection, text: str, hour: int
) -> None:
    assert value(connection, "offset_moment(?)", text) == datetime(2024, 3, 5, hour, 30)
    assert value(connection, "naive_moment(?, 'none')", text) is None


@pytest.mark.parametrize(
    ("text", "is_none"),
    [
        ("00000000", True),
        ("0000-00-00", True),
        ("0000-00-00 00:00:00", True),
        ("00.00.0000", True),
        ("0001-01-01", True),
        ("0001-01-01T00:00:00", True),
        ("01.01.0001", True),
        ("20240101", False),
        ("2024-01-01", False),
        ("99991231", False),
        ("01.01.2000", False),
        ("10/10/2024", False),
    ],
)
def test_no_date(connection: duckdb.DuckDBPyConnection, text: str, is_none: bool) -> None:
    assert value(connection, "is_no_date(?)", text) is is_none


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("\u00a0 x y\t", "x y"),
        ("\u3000上海\r\n", "上海"),
        ("  ", None),
        ("", None),
        ("NULL", None),
        ("\\N", None),
        ("Null", "Null"),
        ("007", "007"),
    ],
)
def test_clean_text(connection: duckdb.DuckDBPyConnection, text: str, clean: str | None) -> None:
    assert value(connection, "clean_text(?)", text) == clean
