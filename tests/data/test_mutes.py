"""Mutes: dated, listed, revocable, and never about everything."""

from datetime import UTC, datetime, timedelta

import pytest

from data.casebook import Actor, Casebook
from data.casebook.mutes import MuteRule
from data.errors import InvalidInputError, PermissionDeniedError, UnknownNameError

ANALYST = Actor("Ana", "analyst", "app")
OTHER = Actor("Ben", "analyst", "app")
MANAGER = Actor("Mia", "manager", "app")
RULE = MuteRule(source="price_stale", customer_id="C7", direction="down")


def in_days(days: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def test_a_mute_is_listed_until_it_is_revoked(casebook: Casebook) -> None:
    before = casebook.mutes.generation()
    mute_id = casebook.mutes.add(ANALYST, RULE, in_days(30), "agreed_price", "双方已约定")
    row = casebook.mutes.list(only_in_force=True).iloc[0]
    assert (row["source"], row["customer_id"], row["direction"], row["note"]) == (
        "price_stale",
        "C7",
        "down",
        "双方已约定",
    )
    during = casebook.mutes.generation()
    casebook.mutes.revoke(ANALYST, mute_id)
    assert casebook.mutes.list(only_in_force=True).empty
    assert casebook.mutes.list()["revoked_by"].tolist() == ["Ana"], "it stays on record"
    assert len({before, during}) == 2
    assert casebook.mutes.generation() != during
    with pytest.raises(InvalidInputError, match="revoked already"):
        casebook.mutes.revoke(ANALYST, mute_id)


def test_a_mute_of_somebody_else_is_ended_by_a_manager(casebook: Casebook) -> None:
    mute_id = casebook.mutes.add(ANALYST, RULE, in_days(30), "agreed_price")
    with pytest.raises(PermissionDeniedError):
        casebook.mutes.revoke(OTHER, mute_id)
    assert len(casebook.mutes.list(only_in_force=True)) == 1
    casebook.mutes.revoke(MANAGER, mute_id)
    assert casebook.mutes.list(only_in_force=True).empty


@pytest.mark.parametrize(
    ("rule", "days", "reason", "error"),
    [
        (MuteRule(), 30, "seasonal", InvalidInputError),
        (MuteRule(below_impact=10), 30, "seasonal", InvalidInputError),
        (RULE, -1, "seasonal", InvalidInputError),
        (RULE, 400, "seasonal", InvalidInputError),
        (RULE, 30, "because", UnknownNameError),
        (MuteRule(kind="nonsense"), 30, "seasonal", UnknownNameError),
        (MuteRule(kind="price_error", direction="sideways"), 30, "seasonal", UnknownNameError),
    ],
)
def test_what_makes_no_sense_is_refused(
    casebook: Casebook, rule: MuteRule, days: int, reason: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        casebook.mutes.add(ANALYST, rule, in_days(days), reason)
    assert casebook.mutes.list().empty


def test_a_viewer_may_not_mute(casebook: Casebook) -> None:
    with pytest.raises(PermissionDeniedError):
        casebook.mutes.add(Actor("Vic", "viewer", "app"), RULE, in_days(30), "seasonal")
    assert casebook.mutes.list().empty
