"""Duplicates reviewed by keyboard, and an order checked before entry, in a real browser."""

import pytest

from data.casebook import Casebook
from data.settings import Settings

pytestmark = pytest.mark.browser


def verdicts(server):
    casebook = Casebook.open(server.home, Settings())
    given = casebook.pair_reviews.current()
    casebook.close()
    return given["verdict"].tolist()


def test_a_group_is_judged_by_keyboard_and_shows_why(visitor, server):
    visitor.enter("analyst").go("/duplicates")
    text = visitor.text()
    assert "match weights in bits" in text
    assert "reviewed" in text
    assert visitor.page.locator("mark").count() > 0, "what differs is marked sign by sign"
    visitor.page.wait_for_selector("text=/habit/i")
    visitor.press("x")
    assert verdicts(server)[-1] == "unsure"
    visitor.press("k")
    visitor.press("y")
    assert verdicts(server)[-1] == "match"


def test_an_order_is_checked_on_its_page(visitor):
    visitor.enter("order_entry").go("/check_order")
    visitor.page.get_by_role("button", name="Check", exact=True).click()
    visitor.settle()
    assert "Choose a customer" in visitor.text()
