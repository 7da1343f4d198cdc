"""Words, numbers and dates in the visitor's language; the English text is the message's name.

Catalogues are gettext ``.po`` files, compiled in memory, so that no binary has to be built or kept.
"""

import gettext as gettext_module
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pandas as pd
from babel import Locale, dates, lists, negotiate_locale, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LANGUAGES = {"en": "English", "zh": "简体中文"}
LOCALES = {"en": "en_US", "zh": "zh_Hans_CN"}
STATE_KEY = "orderlens_language"

_chosen: ContextVar[str | None] = ContextVar("language", default=None)


@cache
def catalogue(language: str) -> gettext_module.NullTranslations:
    """Return the translations of a language; English needs none."""
    path = files("dashboard") / "locales" / language / "LC_MESSAGES" / "orderlens.po"
    if not path.is_file():
        return gettext_module.NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(path.read_bytes()), locale=language))
    compiled.seek(0)
    return gettext_module.GNUTranslations(compiled)


@contextmanager
def speaking(language: str) -> "Iterator[None]":
    """Use ``language`` inside the block; for requests and exports, which have no session."""
    token = _chosen.set(language)
    try:
        yield
    finally:
        _chosen.reset(token)


def current_language() -> str:
    """Return the language in force: the block's, else the browser session's, else English."""
    if chosen := _chosen.get():
        return chosen
    from streamlit import session_state
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    if get_script_run_ctx(suppress_warning=True) is None:
        return "en"
    return str(session_state.get(STATE_KEY, "en"))


def best_language(accepted: str | None, fallback: str = "en") -> str:
    """Return the language that suits an ``Accept-Language`` header or a browser's locale best."""
    wanted = [part.split(";")[0].strip().replace("-", "_").split("_")[0] for part in (accepted or "").split(",")]
    return negotiate_locale([word for word in wanted if word], list(LANGUAGES)) or fallback


def _(message: str) -> str:
    """Return ``message`` in the current language."""
    return catalogue(current_language()).gettext(message) if message else ""


def ngettext(one: str, many: str, count: int, **values: Any) -> str:
    """Return the form for ``count`` with ``{count}`` and other values filled in."""
    form = catalogue(current_language()).ngettext(one, many, int(count))
    return form.format(count=format_number(count), **values)


def N_(message: str) -> str:  # noqa: N802
    """Mark ``message`` for translation later."""
    return message


def _locale() -> Locale:
    return _parsed(LOCALES[current_language()])


@cache
def _parsed(name: str) -> Locale:
    return Locale.parse(name)


def is_missing(value: Any) -> bool:
    """Return whether a cell is empty: None, NaN or NaT."""
    return value is None or bool(pd.isna(value))


Number = float | int | None


def format_number(value: Number, digits: int = 0) -> str:
    """Return a number with grouping and at most ``digits`` decimals; an empty one reads ``–``."""
    if value is None or is_missing(value):
        return "–"
    pattern = "#,##0" + ("." + "#" * digits if digits else "")
    return numbers.format_decimal(round(value, digits) + 0.0, format=pattern, locale=_locale())


def format_compact(value: Number) -> str:
    """Return a number as people say it: ``1.2M``, ``120万``."""
    if value is None or is_missing(value):
        return "–"
    small = abs(value) < (1000 if current_language() == "en" else 10_000)
    return format_number(value) if small else numbers.format_compact_decimal(value, fraction_digits=1, locale=_locale())


def format_money(value: Number, currency: str | None = None, is_compact: bool = False) -> str:
    """Return an amount with its currency's code, so that no symbol is mistaken."""
    if value is None or is_missing(value):
        return "–"
    if is_compact:
        text = format_compact(value)
    else:
        text = numbers.format_decimal(value, format="#,##0" if abs(value) >= 1000 else "#,##0.00", locale=_locale())
    return f"{text} {currency}" if currency else text


def format_percent(value: Number, digits: int = 0) -> str:
    """Return a share of 1 as a percentage."""
    if value is None or is_missing(value):
        return "–"
    pattern = "#,##0" + ("." + "0" * digits if digits else "") + "%"
    return numbers.format_percent(round(value, digits + 2) + 0.0, format=pattern, locale=_locale())


def format_list(parts: "Sequence[str]") -> str:
    """Return several things as one enumeration: ``a, b, c``, in Chinese ``a、b、c``."""
    return lists.format_list(
        list(parts), style="unit-short" if current_language() == "en" else "standard", locale=_locale()
    )


def format_date(value: date | datetime | None) -> str:
    """Return a day."""
    return "–" if value is None or is_missing(value) else dates.format_date(value, "medium", locale=_locale())


def format_day(value: date | datetime | None) -> str:
    """Return a day of the year, short, for axes."""
    return "–" if value is None or is_missing(value) else dates.format_skeleton("MMMd", value, locale=_locale())


def format_time(value: datetime | None) -> str:
    """Return a day and its time, the same in every language."""
    return "–" if value is None or is_missing(value) else value.strftime("%Y-%m-%d %H:%M")


def format_gap(earlier: datetime, later: datetime) -> str:
    """Return how long ago ``earlier`` was at ``later``: ``3 days``."""
    return dates.format_timedelta(later - earlier, threshold=1.2, locale=_locale())
