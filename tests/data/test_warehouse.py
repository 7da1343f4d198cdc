"""The warehouse: what readers see is complete, whatever happens to the writer."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import pytest

from data.errors import AuditError, BusyError, InvalidInputError, NotReadyError
from data.settings import Settings
from data.warehouse import Build, Warehouse
from data.writer_lock import writer_lock


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "home", Settings(time_zone="Asia/Shanghai"))


def publish(warehouse: Warehouse, value: int) -> int:
    with warehouse.build() as build:
        build.connection.execute("create table if not exists numbers (value integer)")
        build.connection.execute("insert into numbers values ($value)", {"value": value})
    return build.version


def values(warehouse: Warehouse) -> list[int]:
    with warehouse.read() as cursor:
        return [row[0] for row in cursor.execute("select value from numbers order by value").fetchall()]


def leftovers(warehouse: Warehouse) -> list[str]:
    return sorted(path.name for path in warehouse.home.glob("building-*"))


def hold_lock_in_a_process(home: Path, code: str = "") -> subprocess.Popen[str]:
    script = f"""
import sys, time
from pathlib import Path
from data.settings import Settings
from data.warehouse import Warehouse
with Warehouse(Path(sys.argv[1]), Settings()).build() as build:
    build.connection.execute("create table half (value integer)")
    {code or "pass"}
    print("building", flush=True)
    time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", script, str(home)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "building\n"
    return process


def test_nothing_published_yet(warehouse: Warehouse) -> None:
    assert warehouse.version() is None
    assert warehouse.versions() == []
    with pytest.raises(NotReadyError, match="orderlens ingest"), warehouse.read():
        pass


def test_a_build_is_seen_by_the_next_read(warehouse: Warehouse) -> None:
    assert publish(warehouse, 1) == 1
    assert values(warehouse) == [1]
    assert publish(warehouse, 2) == 2
    assert values(warehouse) == [1, 2]
    assert leftovers(warehouse) == []


def test_the_home_folder_is_for_its_owner_alone(warehouse: Warehouse) -> None:
    publish(warehouse, 1)
    assert warehouse.home.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o077 for path in warehouse.home.iterdir()} == {0}


def test_an_open_read_keeps_its_version(warehouse: Warehouse) -> None:
    publish(warehouse, 1)
    with warehouse.read() as cursor:
        for value in range(2, 8):
            publish(warehouse, value)
        assert len(values(warehouse)) == 7
        assert cursor.execute("select count(*) from numbers").fetchone() == (1,)
    with pytest.raises(duckdb.ConnectionException):
        cursor.execute("select 1")


def test_the_old_version_is_closed_when_its_last_reader_is_done(warehouse: Warehouse) -> None:
    publish(warehouse, 1)
    with warehouse.read():
        old = warehouse._open
        publish(warehouse, 2)
        values(warehouse)
    assert old is not None
    with pytest.raises(duckdb.ConnectionException):
        old.connection.execute("select 1")


def test_readers_cannot_write_or_reach_other_files(warehouse: Warehouse, tmp_path: Path) -> None:
    publish(warehouse, 1)
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with warehouse.read() as cursor:
        with pytest.raises(duckdb.InvalidInputException):
            cursor.execute("insert into numbers values (9)")
        with pytest.raises(duckdb.PermissionException):
            cursor.execute(f"select * from read_csv('{tmp_path}/secret.csv')")
        with pytest.raises(duckdb.Error):
            cursor.execute("set enable_external_access = true")


def test_time_zone_holds_for_builders_and_readers(warehouse: Warehouse) -> None:
    with warehouse.build() as build:
        assert build.connection.execute("select current_setting('TimeZone')").fetchone() == ("Asia/Shanghai",)
    with warehouse.read() as cursor:
        assert cursor.execute("select current_setting('TimeZone')").fetchone() == ("Asia/Shanghai",)


def test_an_error_changes_nothing(warehouse: Warehouse) -> None:
    publish(warehouse, 1)
    with pytest.raises(duckdb.CatalogException), warehouse.build() as build:
        build.connection.execute("delete from numbers; select * from no_such_table")
    assert warehouse.version() == 1
    assert values(warehouse) == [1]
    assert leftovers(warehouse) == []


def test_a_failed_audit_stops_the_publication(warehouse: Warehouse) -> None:
    def audit(build: Build) -> None:
        raise AuditError("key is not unique")

    publish(warehouse, 1)
    with pytest.raises(AuditError), warehouse.build(before_publish=[audit]) as build:
        build.connection.execute("insert into numbers values (2)")
    assert values(warehouse) == [1]
    assert leftovers(warehouse) == []


def test_an_abandoned_build_is_not_published(warehouse: Warehouse) -> None:
    publish(warehouse, 1)
    with warehouse.build() as build:
        build.connection.execute("insert into numbers values (2)")
        build.abandon()
    assert warehouse.version() == 1
    assert leftovers(warehouse) == []


def test_steps_are_told(warehouse: Warehouse) -> None:
    steps: list[str] = []
    with warehouse.build(steps.append):
        pass
    assert steps == ["copy", "check", "publish"]


def test_only_the_last_versions_are_kept(warehouse: Warehouse) -> None:
    for value in range(6):
        publish(warehouse, value)
    assert warehouse.versions() == [4, 5, 6]


def test_going_back_and_on(warehouse: Warehouse) -> None:
    for value in range(3):
        publish(warehouse, value)
    warehouse.roll_back(2)
    assert values(warehouse) == [0, 1]
    assert publish(warehouse, 9) == 4
    assert values(warehouse) == [0, 1, 9]
    with pytest.raises(InvalidInputError, match=r"Kept: \[2, 3, 4\]"):
        warehouse.roll_back(1)


def test_a_second_writer_is_told_at_once_who_writes(warehouse: Warehouse) -> None:
    publish(warehouse, 1)
    process = hold_lock_in_a_process(warehouse.home)
    try:
        started = time.perf_counter()
        with pytest.raises(BusyError, match=f"process {process.pid}") as refused, warehouse.build():
            pass
        assert time.perf_counter() - started < 1
        assert "\n" not in str(refused.value)
    finally:
        process.kill()
        process.wait()


def test_a_second_writer_in_the_same_process_is_refused(warehouse: Warehouse) -> None:
    with warehouse.build(), pytest.raises(BusyError), warehouse.build():
        pass


def test_a_killed_writer_leaves_nothing_behind(warehouse: Warehouse) -> None:
    publish(warehouse, 1)
    process = hold_lock_in_a_process(warehouse.home)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert values(warehouse) == [1]
    assert leftovers(warehouse) != []
    publish(warehouse, 2)
    assert values(warehouse) == [1, 2]
    assert leftovers(warehouse) == []


def test_a_file_published_without_its_pointer_is_skipped(warehouse: Warehouse) -> None:
    publish(warehouse, 1)
    warehouse.path(2).write_bytes(b"written just before a crash")
    assert values(warehouse) == [1]
    assert publish(warehouse, 3) == 3
    assert values(warehouse) == [1, 3]


def test_threads_get_their_own_rows(warehouse: Warehouse) -> None:
    for value in range(3):
        publish(warehouse, value)
    wrong: list[object] = []

    def read(expected: int) -> None:
        try:
            for _ in range(100):
                with warehouse.read() as cursor:
                    row = cursor.execute("select $expected", {"expected": expected}).fetchone()
                    if row != (expected,):
                        wrong.append(row)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for value in range(3, 6):
        publish(warehouse, value)
    for thread in threads:
        thread.join()
    assert wrong == []


def test_tables_made_again_do_not_bloat_the_file(warehouse: Warehouse) -> None:
    sizes = []
    for _ in range(4):
        with warehouse.build() as build:
            for _ in range(5):
                build.connection.execute("drop table if exists wide")
                build.connection.execute("create table wide as select range as a, hash(range) as b from range(300000)")
        sizes.append(warehouse.path(build.version).stat().st_size)
    assert max(sizes) <= 2.2 * min(sizes)


def test_a_pointer_to_nothing_is_said_in_one_line(warehouse: Warehouse) -> None:
    publish(warehouse, 1)
    (warehouse.home / "CURRENT").write_text("77\n")
    with pytest.raises(NotReadyError, match="77"), warehouse.read():
        pass
    (warehouse.home / "CURRENT").write_text("../evil\n")
    with pytest.raises(NotReadyError, match="does not name a version"):
        warehouse.version()


def test_a_wrong_setting_is_said_in_one_line(tmp_path: Path) -> None:
    with (
        pytest.raises(InvalidInputError, match="TimeZone"),
        Warehouse(tmp_path, Settings(time_zone="Mars/Olympus")).build(),
    ):
        pass
    assert list(tmp_path.glob("building-*")) == []


def test_the_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), writer_lock(tmp_path, "test"):
        raise ZeroDivisionError
    with writer_lock(tmp_path, "test"):
        pass
