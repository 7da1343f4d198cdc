"""The audit log: complete, in order, and a log that was touched shows it."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from data.casebook import Actor, Casebook
from data.errors import InvalidInputError, PermissionDeniedError
from data.settings import Settings

ANALYST = Actor("Ana", "analyst", "app")


@pytest.fixture
def written(tmp_path: Path) -> Casebook:
    """A casebook on SQLite with five entries, the triggers that protect it removed as an intruder would."""
    casebook = Casebook.open(tmp_path, Settings())
    for number in range(5):
        casebook.labels.add(ANALYST, {"exception_id": f"e{number}", "kind": "price_error"}, "confirmed")
    with casebook.store.engine.begin() as connection:
        for change in ("update", "delete"):
            connection.execute(text(f"drop trigger audit_log_no_{change}"))
    return casebook


def tamper(casebook: Casebook, *statements: str) -> None:
    with casebook.store.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_an_untouched_log_verifies(casebook: Casebook) -> None:
    assert casebook.audit.verify() == (True, f"0 entries, head 0:{'0' * 64}")
    casebook.labels.add(ANALYST, {"exception_id": "e1", "kind": "price_error"}, "confirmed")
    is_intact, detail = casebook.audit.verify()
    assert is_intact
    assert detail == f"1 entries, head {casebook.audit.head()}"


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("update audit_log set actor = 'Eve' where audit_id = 3", "Entry 3 was changed"),
        ("update audit_log set detail = '{}' where audit_id = 1", "Entry 1 was changed"),
        ("update audit_log set at = '2020-01-01 00:00:00.000000' where audit_id = 2", "Entry 2 was changed"),
        ("update audit_log set hash = previous_hash where audit_id = 5", "Entry 5 was changed"),
        ("delete from audit_log where audit_id = 2", "Entry 2 is missing"),
        ("delete from audit_log where audit_id = 1", "Entry 1 is missing"),
        ("delete from audit_log where audit_id = 5", "Entries after 4 are missing"),
        ("delete from audit_log", "Entries after 0 are missing"),
        (
            "insert into audit_log select 6, at, actor, role, via, action, subject, detail, previous_hash, hash "
            "from audit_log where audit_id = 5",
            "Entry 6 was changed",
        ),
    ],
)
def test_tampering_shows(written: Casebook, statement: str, fault: str) -> None:
    assert written.audit.verify().is_intact
    tamper(written, statement)
    is_intact, detail = written.audit.verify()
    assert not is_intact
    assert fault in detail


def test_two_entries_exchanged_show(written: Casebook) -> None:
    tamper(
        written,
        "update audit_log set audit_id = 99 where audit_id = 2",
        "update audit_log set audit_id = 2 where audit_id = 3",
        "update audit_log set audit_id = 3 where audit_id = 99",
    )
    assert not written.audit.verify().is_intact


def test_a_log_rewritten_as_a_whole_shows_against_a_head_kept_elsewhere(written: Casebook) -> None:
    head = written.audit.head()
    assert written.audit.verify(head).is_intact
    tamper(written, "delete from audit_log", "delete from audit_head")
    for number in range(7):
        written.labels.add(ANALYST, {"exception_id": f"e{number}", "kind": "price_error"}, "confirmed")
    assert written.audit.verify().is_intact
    assert "rewritten" in written.audit.verify(head).detail
    with pytest.raises(InvalidInputError):
        written.audit.verify("nonsense")


def test_entries_are_found_newest_first(casebook: Casebook) -> None:
    for number in range(3):
        casebook.labels.add(ANALYST, {"exception_id": f"e{number}", "kind": "price_error"}, "confirmed", note="因为")
    casebook.audit.record(Actor("Vi", "viewer", "api"), "data.export", "exceptions.csv", rows=12)
    entries = casebook.audit.entries()
    assert entries.audit_id.tolist() == [4, 3, 2, 1]
    assert entries.detail[0] == {"rows": 12}
    assert (entries.actor[0], entries.role[0], entries.via[0]) == ("Vi", "viewer", "api")
    assert entries.detail[1]["note"] == "因为"
    assert casebook.audit.entries(subject="e1").audit_id.tolist() == [2]
    assert casebook.audit.entries(actor="Ana", limit=2).audit_id.tolist() == [3, 2]
    assert casebook.audit.entries(since=entries["at"][1], until=entries["at"][0]).audit_id.tolist() == [3]


def test_what_is_denied_leaves_no_entry_and_no_change(casebook: Casebook) -> None:
    with pytest.raises(PermissionDeniedError):
        casebook.audit.record(Actor("Vi", "viewer", "api"), "backup.make", "x.zip")
    assert casebook.audit.entries().empty


def test_a_failure_takes_change_and_entry_back_together(casebook: Casebook) -> None:
    def fail() -> None:
        with casebook.store.write(ANALYST, "label.add") as write:
            write.note("e1")
            write.execute(text("insert into jobs (job_id) values (1)"))

    with pytest.raises(DBAPIError):
        fail()
    assert casebook.audit.entries().empty
    assert casebook.audit.verify().is_intact
    with pytest.raises(RuntimeError, match="without an audit entry"), casebook.store.write(ANALYST, "label.add"):
        pass
