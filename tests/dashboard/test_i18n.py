"""No text without a translation, no translation that loses a number, and numbers as each language writes them."""

import ast
import json
import re
from datetime import datetime
from pathlib import Path

import pytest

from dashboard import i18n, messages
from dashboard.i18n import LANGUAGES, _, ngettext, speaking
from dashboard.words import kind_title, reason

TRANSLATED = [language for language in LANGUAGES if language != "en"]
PLACEHOLDER = re.compile(r"\{[^}]*\}")


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated(language):
    assert messages.untranslated(language) == [], "run: python -m dashboard.messages"


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_keep_the_placeholders_with_their_formats(language):
    for entry in messages.read_catalogue(language):
        if not entry.id:
            continue
        source = entry.id if isinstance(entry.id, str) else entry.id[1]
        strings = [entry.string] if isinstance(entry.string, str) else entry.string
        for string in filter(None, strings):
            assert sorted(PLACEHOLDER.findall(string)) == sorted(PLACEHOLDER.findall(source)), source


def test_the_gathering_sees_f_strings_and_registries():
    found = messages.all_messages()
    assert "Sign out" in found
    assert "Tables of load {number}" in found, "stands inside an f-string"
    assert "Stock shortage" in found, "stands in the vocabulary"
    assert any("{late_days" in text for text in found if isinstance(text, str)), "stands in a check's header"
    assert "Late days" in found, "names a number of the evidence"


def test_a_text_that_is_not_marked_would_be_missed_so_pages_pass_none():
    """Titles, labels and messages on pages go through the translation: no bare string as their first argument."""
    shown = {"title", "header", "subheader", "button", "caption", "info", "warning", "error", "success", "metric",
             "text_input", "selectbox", "multiselect", "slider", "toggle", "tabs", "popover", "expander", "page_title",
             "empty", "form_submit_button", "link_button", "page_link", "toast"}  # fmt: skip
    bare = []
    for path in sorted(Path(messages.PACKAGE).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in shown
                and node.args
            ):
                first = node.args[0]
                if (
                    isinstance(first, ast.Constant)
                    and isinstance(first.value, str)
                    and re.search("[A-Za-z]{3}", first.value)
                ):
                    bare.append(f"{path.name}:{node.lineno} {first.value!r}")
    assert not bare


def test_words_follow_the_language():
    with speaking("zh"):
        assert _("Stock shortage") == "库存不足"
        assert kind_title("duplicate_order") == "重复订单"
        assert ngettext("{count} alert", "{count} alerts", 3) == "3 条预警"
    with speaking("en"):
        assert ngettext("{count} alert", "{count} alerts", 1) == "1 alert"
        assert ngettext("{count} alert", "{count} alerts", 1200) == "1,200 alerts"


def test_numbers_money_and_dates_follow_the_language():
    moment = datetime(2026, 3, 4, 9, 30)
    with speaking("en"):
        assert i18n.format_compact(1_234_567) == "1.2M"
        assert i18n.format_date(moment) == "Mar 4, 2026"
        assert i18n.format_money(12.5, "CNY") == "12.50 CNY"
        assert i18n.format_number(None) == "–"
    with speaking("zh"):
        assert i18n.format_compact(1_234_567) == "123.5万"
        assert i18n.format_date(moment) == "2026年3月4日"


@pytest.mark.parametrize(
    ("accepted", "best"),
    [("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("zh_Hans", "zh"), ("en-GB", "en"), ("de-DE,en;q=0.5", "en"), ("de", "en"),
     (None, "en"), ("", "en")],
)  # fmt: skip
def test_the_browsers_language_decides_at_first(accepted, best):
    assert i18n.best_language(accepted) == best


def test_a_reason_is_told_with_its_numbers_in_both_languages():
    row = {
        "source": "delivery_late",
        "variant": "not_delivered",
        "evidence": '{"promised_on": "2026-05-01", "late_days": 12, "status": "picked"}',
    }
    with speaking("en"):
        assert "12" in reason(row)
        assert "picked" in reason(row)
    with speaking("zh"):
        assert "12" in reason(row)
        assert "已拣货" in reason(row)


@pytest.mark.parametrize(("gap", "spoken"), [("41.4 hours", "晚 41.4 小时"), ("12 days", "晚 12 天")])
def test_how_much_later_is_told_in_hours_or_days(gap, spoken):
    evidence = {"duplicate_of": "SO1", "first_on": "2026-05-01", "gap": gap, "equal_lines": 2, "lines": 2}
    row = {"source": "duplicate_order", "variant": "repeat", "evidence": json.dumps(evidence)}
    with speaking("en"):
        assert f"{gap} later" in reason(row)
    with speaking("zh"):
        assert spoken in reason(row)


def test_a_reason_of_a_check_that_is_gone_stays_as_it_was_stored():
    assert reason({"source": "gone", "variant": "x", "reason": "It was so.", "evidence": "{}"}) == "It was so."


def test_next_to_nothing_is_not_negative():
    with i18n.speaking("en"):
        assert (i18n.format_percent(-0.001), i18n.format_number(-0.2), i18n.format_number(-0.04, 1)) == ("0%", "0", "0")
