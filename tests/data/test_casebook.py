"""The casebook's database: made, upgraded and shared by several processes; labels, runs and preferences in it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from data.casebook import Actor, Casebook, revisions
from data.casebook.engine import create_casebook_engine, sqlite_path
from data.casebook.tables import metadata
from data.errors import BusyError, InvalidInputError, PermissionDeniedError, UnknownNameError
from data.settings import Settings

ANALYST = Actor("Ana", "analyst", "app")
MANAGER = Actor("Mia", "manager", "app")
VERSIONS = Path(__file__).parent / "casebook_versions"


def finding(number: int, **more: object) -> dict[str, object]:
    return {"exception_id": f"e{number}", "kind": "price_error", "order_id": "007", "line_no": number, **more}


# -- schema


def test_migrations_make_what_the_tables_say(casebook: Casebook) -> None:
    with casebook.store.engine.connect() as connection:
        assert revisions.revision(connection) == revisions.HEAD
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    assert [found for found in differences if "UtcTime" not in repr(found)] == []


def test_revisions_are_the_files(casebook: Casebook) -> None:
    files = sorted(Path(revisions.__file__).parent.glob("migrations/versions/rev_*.py"))
    assert [path.name[4:8] for path in files] == list(revisions.REVISIONS)


def test_every_earlier_version_is_kept_for_the_upgrade_test() -> None:
    assert [path.stem for path in sorted(VERSIONS.glob("*.sql"))] == list(revisions.REVISIONS)


@pytest.mark.parametrize("revision", revisions.REVISIONS)
def test_an_earlier_version_is_upgraded_with_all_it_holds(tmp_path: Path, revision: str) -> None:
    engine = create_engine(f"sqlite:///{sqlite_path(tmp_path)}")
    with engine.connect() as connection:
        connection.connection.executescript((VERSIONS / f"{revision}.sql").read_text(encoding="utf-8"))
    engine.dispose()
    casebook = Casebook.open(tmp_path, Settings())
    with casebook.store.read() as connection:
        assert revisions.revision(connection) == revisions.HEAD
    assert casebook.audit.verify().is_intact
    current = casebook.labels.current().set_index("exception_id")
    assert current.label.to_dict() == {"e1": "confirmed", "e2": "false_positive"}
    assert current.reason["e2"] == "promotion"
    assert current.note["e2"] == "双十一"
    assert len(casebook.labels.history("e1")) == 3
    assert casebook.accounts.verify("ana", "correct horse battery").role == "analyst"
    assert casebook.api_tokens.list().name.tolist() == ["erp"]
    if revision >= "0005":
        assert casebook.outbox.list()["status"].tolist() == ["queued", "sent"]
        assert casebook.notification_rules.list()["target"].tolist() == ["json://hooks.example.com/••••"]
        assert casebook.permission_review.list()["note"].tolist() == ["first"]
    if revision >= "0010":
        assert casebook.second_opinions.list()["note"].tolist() == ["请看一下"]
    casebook.labels.add(ANALYST, finding(3), "confirmed")
    assert casebook.audit.verify().is_intact


def test_a_newer_casebook_is_refused_in_one_line(
    casebook: Casebook, casebook_settings: Settings, tmp_path: Path
) -> None:
    with casebook.store.engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(InvalidInputError, match="newer Orderlens"):
        Casebook.open(tmp_path / "home", casebook_settings)


def test_many_processes_may_start_at_once(casebook_settings: Settings, tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from data.casebook import Actor, Casebook
from data.settings import Settings
casebook = Casebook.open(Path(sys.argv[1]), Settings(casebook_url=sys.argv[2]))
casebook.labels.add(Actor("Ana", "analyst", "cli"), {"exception_id": sys.argv[3], "kind": "price_error"}, "confirmed")
"""
    command = [sys.executable, "-c", script, str(tmp_path / "home"), casebook_settings.casebook_url]
    processes = [subprocess.Popen([*command, str(n)], stderr=subprocess.PIPE, text=True) for n in range(4)]
    errors = [process.communicate()[1] for process in processes]
    assert errors == [""] * 4
    casebook = Casebook.open(tmp_path / "home", casebook_settings)
    assert sorted(casebook.labels.current().exception_id) == list("0123")
    assert casebook.audit.verify().is_intact
    casebook.close()


def test_sqlite_is_set_up_to_lose_nothing(tmp_path: Path) -> None:
    casebook = Casebook.open(tmp_path / "home", Settings())
    with casebook.store.read() as connection:
        values = [connection.execute(text(f"pragma {name}")).scalar() for name in ("journal_mode", "synchronous")]
        assert values == ["wal", 2]
        assert connection.execute(text("pragma foreign_keys")).scalar() == 1
        assert connection.execute(text("pragma busy_timeout")).scalar() == 30_000
    assert sqlite_path(tmp_path / "home").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/none", "no address", "oddsql://x"])
def test_a_database_that_cannot_be_used_is_said_in_one_line(tmp_path: Path, url: str) -> None:
    with pytest.raises((InvalidInputError, BusyError)) as refused:
        revisions.migrate(create_casebook_engine(tmp_path, Settings(casebook_url=url)))
    assert "\n" not in str(refused.value)


def test_append_only_tables_refuse_changes(casebook: Casebook) -> None:
    casebook.labels.add(ANALYST, finding(1), "confirmed")
    changes = [
        "delete from labels",
        "update labels set label = 'x'",
        "delete from audit_log",
        "update audit_log set actor = 'x'",
    ]
    for change in changes:
        with pytest.raises(DBAPIError, match="append-only"), casebook.store.engine.begin() as connection:
            connection.execute(text(change))
    assert casebook.audit.verify().is_intact


# -- labels


def test_a_label_is_kept_as_it_was_given(casebook: Casebook) -> None:
    label_id = casebook.labels.add(
        ANALYST,
        finding(1, product_id="P1", score=0.75, source="price_decimal"),
        "false_positive",
        "promotion",
        "双十一",
    )
    (row,) = casebook.labels.current().to_dict("records")
    assert {name: row[name] for name in row if name != "at"} == {
        "exception_id": "e1",
        "kind": "price_error",
        "order_id": "007",
        "line_no": 1,
        "product_id": "P1",
        "label": "false_positive",
        "reason": "promotion",
        "note": "双十一",
        "score": 0.75,
        "source": "price_decimal",
        "by": "Ana",
        "label_id": label_id,
    }
    assert abs(pd.Timestamp.now("UTC") - row["at"]) < pd.Timedelta(minutes=1)


def test_current_is_an_empty_frame_at_first(casebook: Casebook) -> None:
    frame = casebook.labels.current()
    assert frame.empty
    assert list(frame)[:6] == ["exception_id", "kind", "order_id", "line_no", "product_id", "label"]


def test_the_latest_label_counts_and_undo_brings_the_one_before_back(casebook: Casebook) -> None:
    labels = casebook.labels
    first = labels.add(ANALYST, finding(1), "confirmed")
    second = labels.add(ANALYST, finding(1), "false_positive")
    assert labels.current().label.tolist() == ["false_positive"]
    labels.undo(ANALYST, second)
    assert labels.current().label_id.tolist() == [first]
    labels.undo(ANALYST, first)
    assert labels.current().empty
    history = labels.history("e1")
    assert history.label.tolist()[:2] == ["confirmed", "false_positive"]
    assert history.undoes.tolist()[2:] == [second, first]
    assert not history.is_in_force.any()
    labels.add(ANALYST, finding(1), "confirmed")
    assert labels.history("e1").is_in_force.tolist() == [False] * 4 + [True]


def test_undo_is_refused_twice_and_for_what_is_no_label(casebook: Casebook) -> None:
    label_id = casebook.labels.add(ANALYST, finding(1), "confirmed")
    undo_id = casebook.labels.undo(ANALYST, label_id)
    for wrong in (label_id, undo_id, 999):
        with pytest.raises(InvalidInputError):
            casebook.labels.undo(ANALYST, wrong)


def test_others_labels_are_undone_by_managers_only(casebook: Casebook) -> None:
    label_id = casebook.labels.add(ANALYST, finding(1), "confirmed")
    with pytest.raises(PermissionDeniedError):
        casebook.labels.undo(Actor("Bo", "analyst", "app"), label_id)
    casebook.labels.undo(MANAGER, label_id)
    assert casebook.audit.entries(limit=1).action.tolist() == ["label.undo_any"]


def test_many_labels_are_all_or_nothing(casebook: Casebook) -> None:
    ids = casebook.labels.add_many(ANALYST, [finding(n) for n in range(50)], "false_positive", "seasonal")
    assert len(set(ids)) == 50
    assert casebook.labels.history("e7").label_id.tolist() == [ids[7]]
    with pytest.raises(UnknownNameError):
        casebook.labels.add_many(ANALYST, [finding(60), finding(61, kind="nonsense")], "confirmed")
    assert len(casebook.labels.current()) == 50
    assert len(casebook.audit.entries(action="label.add")) == 50
    assert casebook.labels.add_many(ANALYST, [], "confirmed") == []


def test_every_label_and_undo_is_a_new_generation(casebook: Casebook) -> None:
    seen = [casebook.labels.generation()]
    label_id = casebook.labels.add(ANALYST, finding(1), "confirmed")
    seen.append(casebook.labels.generation())
    casebook.labels.undo(ANALYST, label_id)
    seen.append(casebook.labels.generation())
    assert seen == sorted(set(seen))
    assert seen[0] == 0


def test_rows_of_a_frame_are_accepted(casebook: Casebook) -> None:
    frame = pd.DataFrame([finding(1, score=np.float64(0.5)), finding(2, score=np.nan)]).astype({"line_no": "Int64"})
    frame.loc[1, "line_no"] = pd.NA
    casebook.labels.add_many(ANALYST, frame.to_dict("records"), "confirmed")
    current = casebook.labels.current()
    assert current.line_no.tolist() == [1, pd.NA]
    assert current.score.isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("label", "reason", "note"),
    [
        ("maybe", None, ""),
        ("false_positive", "nonsense", ""),
        ("confirmed", "promotion", ""),
        ("confirmed", None, "x" * 2001),
        ("confirmed", None, "nul \0"),
    ],
)
def test_a_wrong_judgement_is_refused(casebook: Casebook, label: str, reason: str | None, note: str) -> None:
    with pytest.raises((UnknownNameError, InvalidInputError)):
        casebook.labels.add(ANALYST, finding(1), label, reason, note)
    assert casebook.audit.entries().empty


def test_text_is_stored_as_text(casebook: Casebook) -> None:
    nasty = "'); drop table labels; --"
    casebook.labels.add(ANALYST, finding(1, order_id=nasty), "confirmed", note=nasty)
    assert casebook.labels.current().note.tolist() == [nasty]
    assert casebook.labels.current().order_id.tolist() == [nasty]


# -- runs


def test_a_run_is_followed_and_cancelled(casebook: Casebook) -> None:
    jobs = casebook.jobs
    job_id = jobs.start(ANALYST, "detect", {"as_of": "2026-01-01"})
    assert jobs.update(ANALYST, job_id, "features", 0.5) is False
    assert (jobs.get(job_id).step, jobs.get(job_id).progress) == ("features", 0.5)
    with pytest.raises(PermissionDeniedError):
        jobs.request_cancel(Actor("Bo", "analyst", "app"), job_id)
    jobs.request_cancel(MANAGER, job_id)
    assert jobs.update(ANALYST, job_id, "checks", 0.6) is True
    jobs.finish(ANALYST, job_id, "cancelled", "stopped by Mia")
    assert jobs.get(job_id).status == "cancelled"
    assert jobs.list(is_running_only=True).empty
    with pytest.raises(InvalidInputError, match="It is cancelled"):
        jobs.update(ANALYST, job_id, "late")
    with pytest.raises(InvalidInputError, match="no run"):
        jobs.get(99)


def test_a_run_whose_process_is_gone_is_marked(casebook: Casebook) -> None:
    job_id = casebook.jobs.start(ANALYST, "ingest")
    assert casebook.jobs.mark_lost(ANALYST) == []
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    with casebook.store.engine.begin() as connection:
        connection.execute(text("update jobs set pid = :pid"), {"pid": dead.pid})
    assert casebook.jobs.mark_lost(ANALYST) == [job_id]
    assert casebook.jobs.get(job_id).status == "failed"


# -- preferences and views


def test_ones_own_preference_goes_before_everybodys(casebook: Casebook, admin: Actor) -> None:
    preferences = casebook.preferences
    assert preferences.get("Ana", "language", "en") == "en"
    preferences.set_for_all(admin, "language", "zh")
    assert preferences.get("Ana", "language") == "zh"
    preferences.set(ANALYST, "language", "en")
    assert (preferences.get("Ana", "language"), preferences.get("Bo", "language")) == ("en", "zh")
    preferences.set(ANALYST, "language", None)
    assert preferences.get("Ana", "language") == "zh"
    with pytest.raises(InvalidInputError):
        preferences.set(ANALYST, "long", "x" * 30_000)


def test_views_are_ones_own_or_shared(casebook: Casebook) -> None:
    views = casebook.saved_views
    own = views.save(ANALYST, "exceptions", "Mine", "kind=price_error")
    assert views.save(ANALYST, "exceptions", "Mine", "kind=order_info") == own
    shared = views.save(ANALYST, "exceptions", "For all", "rank=1", is_shared=True)
    assert views.list("Ana", "exceptions")["query"].tolist() == ["rank=1", "kind=order_info"]
    assert views.list("Bo").view_id.tolist() == [shared]
    with pytest.raises(PermissionDeniedError):
        views.remove(Actor("Bo", "analyst", "app"), own)
    views.remove(ANALYST, own)
    assert views.list("Ana").view_id.tolist() == [shared]


# -- noticing changes


def test_the_state_changes_with_every_change_of_any_process_and_with_nothing_else(tmp_path: Path) -> None:
    own, other = Casebook.open(tmp_path, Settings()), Casebook.open(tmp_path, Settings())
    first = own.store.state()
    own.labels.current()
    assert own.store.state() == first
    other.labels.add(ANALYST, finding(1), "confirmed")
    second = own.store.state()
    own.labels.add(ANALYST, finding(2), "confirmed")
    assert len({first, second, own.store.state()}) == 3
    own.close()
    assert own.store.state() != first


def test_a_session_that_another_process_revoked_counts_for_nothing_at_once(tmp_path: Path) -> None:
    own, other = Casebook.open(tmp_path, Settings()), Casebook.open(tmp_path, Settings())
    own.accounts.add(Actor("root", "admin", "cli"), "ana", "analyst")
    token = own.sessions.start("ana")
    assert [own.sessions.resolve(token).name for _ in range(3)] == ["ana"] * 3
    other.sessions.revoke_all(Actor("root", "admin", "cli"), "ana")
    assert own.sessions.resolve(token) is None


def test_verdicts_are_the_labels_in_force(casebook: Casebook) -> None:
    for number, label in enumerate(["confirmed", "false_positive", "confirmed"]):
        last = casebook.labels.add(ANALYST, finding(number), label)
    casebook.labels.undo(ANALYST, last)
    casebook.labels.add(ANALYST, finding(0), "false_positive")
    current = casebook.labels.current()[["exception_id", "label"]]
    assert (
        casebook.labels.verdicts().values.tolist()
        == current.values.tolist()
        == [
            ["e1", "false_positive"],
            ["e0", "false_positive"],
        ]
    )
