"""Segments of orders: how they are written in an address, read, and told to people."""

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

from babel import dates

from dashboard.i18n import LOCALES, N_, _, current_language, format_date
from dashboard.words import OTHER_WORDS, word
from models.root_causes.dimensions import DIMENSIONS

SINCE = "since"
"""Beside the dimensions, a day from which on."""

TITLES = {
    "channel": N_("Channel"),
    "operator": N_("Entered by"),
    "segment": N_("Customer segment"),
    "region": N_("Region"),
    "category": N_("Product category"),
    "supplier": N_("Supplier"),
    "warehouse": N_("Warehouse"),
    "weekday": N_("Weekday"),
    "hours": N_("Time of day"),
    "customer": N_("Customer"),
    "product": N_("Product"),
}

ORDER_DIMENSIONS = ("channel", "operator", "segment", "region", "customer", "weekday", "hours")
"""What describes an order as a whole; the others describe its lines."""


def title(dimension: str) -> str:
    """Return a dimension's title."""
    return _(TITLES[dimension])


def weekday(number: int, width: Any = "wide") -> str:
    """Return the name of a weekday, 1 = Monday."""
    return str(dates.get_day_names(width, locale=LOCALES[current_language()])[number - 1])


def value_text(dimension: str, value: str | None) -> str:
    """Return a value as people read it; what comes from the data stays as it is."""
    if value is None or value == "":
        return _("Not known")
    if dimension == SINCE:
        return format_date(date.fromisoformat(value))
    if dimension == "weekday":
        return weekday(int(value))
    if dimension == "hours":
        return f"{value.replace('-', ':00–')}:00"
    return word(value) if dimension == "channel" and value in OTHER_WORDS else str(value)


def label(dimension: str, value: str | None) -> str:
    """Return a value for a chart, where signs of HTML would be taken for such."""
    return escape(value_text(dimension, value), quote=False)


def text(conditions: Mapping[str, str]) -> str:
    """Return a segment in words: ``Channel Phone · Entered by ben.marsh``."""
    return " · ".join(f"{title(name)} {value_text(name, value)}" for name, value in conditions.items())


def chip(written: str) -> str:
    """Return one condition, as it stands in an address, in words."""
    name, _colon, value = written.partition(":")
    return f"{_('Since')} {value_text(name, value)}" if name == SINCE else f"{title(name)}: {value_text(name, value)}"


def read(written: Sequence[str]) -> dict[str, str]:
    """Return the conditions of ``["channel:phone", ...]``; what names no dimension is left out."""
    pairs = (part.partition(":") for part in written)
    return {name: value for name, colon, value in pairs if colon and name in DIMENSIONS and value}


def write(conditions: Mapping[str, str]) -> list[str]:
    """Return conditions as they stand in an address."""
    return [f"{name}:{value}" for name, value in conditions.items()]


def is_written(part: str) -> bool:
    """Return whether a text is a condition: a known dimension with a value, or a day since when."""
    name, _colon, value = part.partition(":")
    if name == SINCE:
        return _is_day(value)
    return name in DIMENSIONS and bool(value)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def since(written: Sequence[str]) -> str:
    """Return the day since when, the beginning of time if none is said."""
    days = [part.partition(":")[2] for part in written if part.startswith(f"{SINCE}:")]
    return next((day for day in days if _is_day(day)), "0001-01-01")


def parameters(conditions: Mapping[str, str]) -> dict[str, str | None]:
    """Return a segment as the SQL files bind it: a dimension that it says nothing of is null."""
    return {f"in_{name}": conditions.get(name) for name in DIMENSIONS}
