"""Second opinions: who may be asked, what is still open, and what both sides said."""

import pandas as pd
import pytest

from data.casebook import Actor, Casebook
from data.errors import InvalidInputError, PermissionDeniedError

ADMIN = Actor("root", "admin", "cli")
ADA, BEN = Actor("ada", "analyst", "app"), Actor("ben", "analyst", "app")
FINDING = {"exception_id": "e1", "kind": "price_error", "order_id": "007", "line_no": 2}


@pytest.fixture
def book(casebook: Casebook) -> Casebook:
    for name, role in {"ada": "analyst", "ben": "analyst", "vic": "viewer"}.items():
        casebook.accounts.add(ADMIN, name, role)
    return casebook


def only(book: Casebook) -> "pd.Series[object]":
    found = book.second_opinions.list()
    assert len(found) == 1
    return found.iloc[0]


def test_a_request_is_open_until_the_one_asked_has_judged(book: Casebook) -> None:
    book.labels.add(BEN, FINDING, "confirmed")
    book.labels.add(ADA, FINDING, "confirmed")
    book.second_opinions.ask(ADA, FINDING, "ben", "the 折扣 looks agreed")
    row = only(book)
    assert (row["by"], row["asked"], row["note"], row["line_no"]) == ("ada", "ben", "the 折扣 looks agreed", 2)
    assert row["first"] == "confirmed"
    assert pd.isna(row["second"])
    book.labels.add(BEN, FINDING, "false_positive", reason="promotion")
    assert only(book)["second"] == "false_positive"
    assert book.audit.verify().is_intact


def test_a_verdict_taken_back_is_no_answer(book: Casebook) -> None:
    book.second_opinions.ask(ADA, FINDING, "ben")
    given = book.labels.add(BEN, FINDING, "confirmed")
    book.labels.undo(BEN, given)
    assert pd.isna(only(book)["second"])
    assert pd.isna(only(book)["first"])


def test_only_somebody_else_who_may_judge_is_asked_and_once(book: Casebook) -> None:
    for asked in ("ada", "vic", "nobody"):
        with pytest.raises(InvalidInputError):
            book.second_opinions.ask(ADA, FINDING, asked)
    book.accounts.disable(ADMIN, "ben")
    with pytest.raises(InvalidInputError, match="no enabled account"):
        book.second_opinions.ask(ADA, FINDING, "ben")
    book.accounts.enable(ADMIN, "ben")
    with pytest.raises(PermissionDeniedError):
        book.second_opinions.ask(Actor("vic", "viewer", "app"), FINDING, "ben")
    book.second_opinions.ask(ADA, FINDING, "ben")
    with pytest.raises(InvalidInputError, match="asked already"):
        book.second_opinions.ask(ADA, FINDING, "ben")
    assert len(book.second_opinions.list()) == 1
