"""Backup and restore: consistent while in use, whole or not at all, and wary of what it is given."""

import hashlib
import json
import signal
import sqlite3
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from data.casebook import Actor, Casebook
from data.errors import BusyError, InvalidInputError, NotReadyError, PermissionDeniedError
from data.safekeeping import restoring
from data.safekeeping.backup import backup, restore
from data.settings import Settings
from data.warehouse import Warehouse
from data.writer_lock import writer_lock

SETTINGS = Settings()
ANALYST = Actor("Ana", "analyst", "app")
ADMIN = Actor("root", "admin", "cli")


def label(casebook: Casebook, exception_id: str) -> int:
    return casebook.labels.add(ANALYST, {"exception_id": exception_id, "kind": "price_error"}, "confirmed")


def labelled(home: Path) -> list[str]:
    with closing(Casebook.open(home, SETTINGS)) as casebook:
        assert casebook.audit.verify().is_intact
        return sorted(casebook.labels.current().exception_id)


def publish(home: Path, value: int) -> None:
    with Warehouse(home, SETTINGS).build() as build:
        build.connection.execute("create or replace table numbers as select $value as value", {"value": value})


def published(home: Path) -> int:
    with Warehouse(home, SETTINGS).read() as cursor:
        row = cursor.execute("select value from numbers").fetchone()
    assert row
    return int(row[0])


def content(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    publish(home, 1)
    with closing(Casebook.open(home, SETTINGS)) as casebook:
        casebook.accounts.add(ADMIN, "Ana", "analyst", "correct horse battery")
        label(casebook, "before")
    (home / "settings.yaml").write_text("time_zone: Asia/Shanghai\n", encoding="utf-8")
    (home / "mappings").mkdir()
    (home / "mappings" / "我的.yaml").write_text("tables: {}\n", encoding="utf-8")
    return home


@pytest.fixture
def archive(home: Path, tmp_path: Path) -> Path:
    backup(home, SETTINGS, tmp_path / "backup.zip")
    return tmp_path / "backup.zip"


def rewritten(archive: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The archive with its members changed at will, the manifest as well."""
    with zipfile.ZipFile(archive) as given:
        members = {name: given.read(name) for name in given.namelist()}
    change(members)
    target = archive.with_name("changed.zip")
    with zipfile.ZipFile(target, "w") as output:
        for name, data in members.items():
            output.writestr(name, data)
    return target


def in_manifest(members: dict[str, bytes], change: Callable[[dict], object]) -> None:
    manifest = json.loads(members["manifest.json"])
    change(manifest)
    members["manifest.json"] = json.dumps(manifest).encode()


def with_member(name: str, data: bytes = b"x") -> Callable[[dict[str, bytes]], None]:
    """Add a member that the manifest knows, so that only its name can be the reason to refuse it."""

    def change(members: dict[str, bytes]) -> None:
        members[name] = data
        member = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        in_manifest(members, lambda manifest: manifest["members"].update({name: member}))

    return change


# -- what comes back


def test_everything_comes_back(home: Path, archive: Path) -> None:
    publish(home, 2)
    with closing(Casebook.open(home, SETTINGS)) as casebook:
        label(casebook, "after")
    (home / "settings.yaml").write_text("time_zone: UTC\n")
    restore(home, SETTINGS, archive)
    assert published(home) == 1
    assert labelled(home) == ["before"]
    assert (home / "settings.yaml").read_text() == "time_zone: Asia/Shanghai\n"
    publish(home, 3)
    assert published(home) == 3
    assert Warehouse(home, SETTINGS).versions()[-1] == 4


def test_a_backup_fills_an_empty_home(archive: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh" / "home"
    restore(fresh, SETTINGS, archive)
    assert published(fresh) == 1
    assert labelled(fresh) == ["before"]
    assert (fresh / "mappings" / "我的.yaml").exists()
    assert fresh.stat().st_mode & 0o777 == 0o700
    assert sorted(path.name for path in fresh.iterdir() if path.name.startswith(("restoring", "RESTORE"))) == []


def test_a_home_without_analytics_is_backed_up_too(tmp_path: Path, home: Path) -> None:
    with closing(Casebook.open(tmp_path / "new", SETTINGS)) as casebook:
        label(casebook, "only")
    backup(tmp_path / "new", SETTINGS, tmp_path / "new.zip")
    restore(home, SETTINGS, tmp_path / "new.zip")
    assert labelled(home) == ["only"]
    assert Warehouse(home, SETTINGS).version() is None


def test_both_are_in_the_audit_log_and_everybody_has_to_sign_in_anew(home: Path, tmp_path: Path) -> None:
    with closing(Casebook.open(home, SETTINGS)) as casebook:
        token = casebook.sessions.start("Ana")
        invitation = casebook.accounts.issue_password_token(ADMIN, "Ana")
    backup(home, SETTINGS, tmp_path / "b.zip", ADMIN)
    restore(home, SETTINGS, tmp_path / "b.zip", ADMIN)
    with closing(Casebook.open(home, SETTINGS)) as casebook:
        assert casebook.sessions.resolve(token) is None
        with pytest.raises(PermissionDeniedError):
            casebook.accounts.use_password_token(invitation, "another long one")
        assert casebook.audit.entries(limit=2).action.tolist() == ["backup.restore", "backup.make"]
        assert casebook.accounts.verify("Ana", "correct horse battery")


def test_the_archive_is_for_its_owner_and_holds_no_passing_files(home: Path, archive: Path) -> None:
    assert archive.stat().st_mode & 0o777 == 0o600
    (home / "earlier.zip").write_bytes(b"an earlier backup")
    (home / "link").symlink_to("/etc/passwd")
    manifest = backup(home, SETTINGS, home / "inside.zip")
    expected = {"casebook.sqlite", "analytics.duckdb", "files/settings.yaml", "files/mappings/我的.yaml"}
    assert set(manifest.members) == expected
    assert [path.name for path in home.iterdir() if path.name.endswith(".tmp") or "copy-for" in path.name] == []


def test_only_administrators_may(home: Path, archive: Path) -> None:
    before = archive.read_bytes()
    for function in (backup, restore):
        with pytest.raises(PermissionDeniedError):
            function(home, SETTINGS, archive, ANALYST)
    assert archive.read_bytes() == before


def test_no_home_no_folder_no_file(tmp_path: Path, home: Path) -> None:
    with pytest.raises(NotReadyError):
        backup(tmp_path / "none", SETTINGS, tmp_path / "b.zip")
    with pytest.raises(InvalidInputError, match="no folder"):
        backup(home, SETTINGS, tmp_path / "none" / "b.zip")
    with pytest.raises(InvalidInputError, match="no file"):
        restore(home, SETTINGS, tmp_path / "none.zip")


def test_postgresql_is_backed_up_by_its_own_tools(home: Path, archive: Path, tmp_path: Path) -> None:
    settings = Settings(casebook_url="postgresql://somebody@nowhere/orderlens")
    with pytest.raises(InvalidInputError, match="pg_dump"):
        backup(home, settings, tmp_path / "b.zip")
    with pytest.raises(InvalidInputError, match="pg_dump"):
        restore(home, settings, archive)


# -- what is refused


REFUSED: dict[str, Callable[[dict[str, bytes]], object]] = {
    "a changed casebook": lambda m: m.update({"casebook.sqlite": m["casebook.sqlite"] + b"x"}),
    "a shortened casebook": lambda m: m.update({"casebook.sqlite": m["casebook.sqlite"][:-1]}),
    "a member too many": lambda m: m.update({"files/extra": b"x"}),
    "a member too few": lambda m: m.pop("analytics.duckdb"),
    "no manifest": lambda m: m.pop("manifest.json"),
    "a manifest that is none": lambda m: m.update({"manifest.json": b"[]"}),
    "a manifest that is no JSON": lambda m: m.update({"manifest.json": b"\xff"}),
    "another product": lambda m: in_manifest(m, lambda f: f.update(product="other")),
    "a newer format": lambda m: in_manifest(m, lambda f: f.update(format=2)),
    "a newer schema": lambda m: in_manifest(m, lambda f: f.update(casebook_revision="9999")),
    "another schema than it says": lambda m: in_manifest(m, lambda f: f.update(casebook_revision="0001")),
    "an unknown field": lambda m: in_manifest(m, lambda f: f.update(script="rm")),
    "no casebook that opens": with_member("casebook.sqlite", b"not a database" * 1000),
    "an empty casebook": with_member("casebook.sqlite", b""),
    "no analytics that open": with_member("analytics.duckdb", b"not a database" * 1000),
    "wrong settings": with_member("files/settings.yaml", b"no_such_setting: 1\n"),
    "settings that lead elsewhere": with_member("files/settings.yaml", b"casebook_url: sqlite:////elsewhere/x\n"),
    "a path upwards": with_member("files/../../escaped"),
    "a path upwards with no files": with_member("../escaped"),
    "an absolute path": with_member("/escaped"),
    "a Windows path": with_member("files/..\\escaped"),
    "a drive": with_member("files/C:escaped"),
    "a place of its own": with_member("scripts/run"),
    "the pointer": with_member("files/CURRENT"),
    "the live casebook": with_member("files/casebook.sqlite"),
    "an analytics version": with_member("files/analytics-99.duckdb"),
    "the marker of a restore": with_member("files/RESTORE"),
    "a folder where a file is": with_member("files/settings.yaml/x"),
}


@pytest.mark.parametrize("what", sorted(REFUSED))
def test_what_is_not_right_is_refused_and_nothing_changes(home: Path, archive: Path, tmp_path: Path, what: str) -> None:
    changed = rewritten(archive, lambda members: REFUSED[what](members) and None)
    before = content(home)
    with pytest.raises(InvalidInputError) as refused:
        restore(home, SETTINGS, changed)
    assert "\n" not in str(refused.value)
    assert content(home) == before
    assert not (tmp_path / "escaped").exists()
    assert labelled(home) == ["before"]


def test_a_damaged_zip_is_refused(home: Path, archive: Path) -> None:
    data = bytearray(archive.read_bytes())
    for position in range(200, 1200):
        data[position] ^= 0xFF
    archive.write_bytes(data)
    with pytest.raises(InvalidInputError, match=r"damaged|cannot be read"):
        restore(home, SETTINGS, archive)
    archive.write_bytes(archive.read_bytes()[:-500])
    with pytest.raises(InvalidInputError, match="cannot be read"):
        restore(home, SETTINGS, archive)
    assert labelled(home) == ["before"]


def test_a_link_out_of_the_home_folder_is_not_followed(home: Path, archive: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (home / "link").symlink_to(outside)
    with pytest.raises(InvalidInputError, match="no place"):
        restore(home, SETTINGS, rewritten(archive, with_member("files/link/escaped")))
    assert list(outside.iterdir()) == []


def test_a_member_longer_than_it_says_is_not_written_out(home: Path, archive: Path) -> None:
    def grow(members: dict[str, bytes]) -> None:
        members["files/settings.yaml"] = b"\0" * 50_000_000

    with pytest.raises(InvalidInputError, match="does not fit the manifest"):
        restore(home, SETTINGS, rewritten(archive, grow))


# -- while in use


def test_a_restore_waits_for_nobody_who_builds(home: Path, archive: Path) -> None:
    with writer_lock(home, "build"), pytest.raises(BusyError):
        restore(home, SETTINGS, archive)


def test_a_casebook_that_stays_busy_leaves_everything_as_it_was(
    home: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(home, 2)
    monkeypatch.setattr(restoring, "BUSY_SECONDS", 0.3)
    with closing(sqlite3.connect(home / "casebook.sqlite")) as writer:
        writer.execute("begin immediate")
        with pytest.raises(BusyError, match="nothing was changed"):
            restore(home, SETTINGS, archive)
    assert published(home) == 2
    assert Warehouse(home, SETTINGS).versions() == [1, 2]
    assert sorted(path.name for path in home.iterdir() if path.name.startswith("rest")) == []
    assert not restoring.is_interrupted(home)


def test_backups_taken_while_labels_are_written_are_consistent(home: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    errors: list[Exception] = []

    def write() -> None:
        try:
            with closing(Casebook.open(home, SETTINGS)) as casebook:
                number = 0
                while not stop.is_set():
                    number += 1
                    label(casebook, f"e{number}")
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for number in range(3):
            backup(home, SETTINGS, tmp_path / f"{number}.zip")
            publish(home, number)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert errors == []
    counts = []
    for number in range(3):
        restore(tmp_path / f"home{number}", SETTINGS, tmp_path / f"{number}.zip")
        counts.append(len(labelled(tmp_path / f"home{number}")))
    assert counts == sorted(counts)
    assert counts[0] < counts[2]


def test_a_process_with_the_casebook_open_sees_the_restored_one(home: Path, archive: Path) -> None:
    with closing(Casebook.open(home, SETTINGS)) as casebook:
        label(casebook, "after")
        warehouse = Warehouse(home, SETTINGS)
        publish(home, 2)
        restore(home, SETTINGS, archive)
        assert casebook.labels.current().exception_id.tolist() == ["before"]
        with warehouse.read() as cursor:
            assert cursor.execute("select value from numbers").fetchone() == (1,)
        label(casebook, "later")
        assert casebook.audit.verify().is_intact
    assert labelled(home) == ["before", "later"]


KILLED = """
import os, signal, sys
from pathlib import Path
from data.safekeeping import restoring
from data.safekeeping.backup import restore
from data.settings import Settings

step, home, file = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
def dying(*given):
    os.kill(os.getpid(), signal.SIGKILL)
if step == "finish":  # the first call finds nothing to do
    first = restoring.finish
    def dying_later(home):
        restoring.finish = dying
    restoring.finish = dying_later
else:
    setattr(restoring, step, dying)
restore(home, Settings(), file)
"""


@pytest.mark.parametrize(
    ("step", "happened"), [("put_in_place", False), ("overwrite", False), ("finish", True), ("finish_files", True)]
)
def test_a_restore_killed_at_any_step_is_finished_or_never_was(
    home: Path, archive: Path, step: str, happened: bool
) -> None:
    publish(home, 2)
    with closing(Casebook.open(home, SETTINGS)) as casebook:
        label(casebook, "after")
    running = Casebook.open(home, SETTINGS)
    killed = subprocess.run([sys.executable, "-c", KILLED, step, str(home), str(archive)], check=False)
    assert killed.returncode == -signal.SIGKILL
    with closing(sqlite3.connect(home / "casebook.sqlite")) as connection:
        before = connection.execute("select exception_id from labels order by label_id").fetchall()
    assert before == ([("before",)] if happened else [("before",), ("after",)])
    # A dashboard that was open all the time goes on writing; what it acknowledged stays.
    label(running, "meanwhile")
    running.close()
    expected = ["before", "meanwhile"] if happened else ["after", "before", "meanwhile"]
    assert labelled(home) == expected
    assert published(home) == (1 if happened else 2)
    assert not restoring.is_interrupted(home)
    publish(home, 3)
    assert published(home) == 3
