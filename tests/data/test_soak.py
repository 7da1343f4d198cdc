"""Real processes side by side, some killed at random: no read fails, no acknowledged label is lost."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from data.casebook import Casebook
from data.settings import Settings
from data.warehouse import Warehouse

SECONDS = float(os.environ.get("ORDERLENS_TEST_SOAK_SECONDS", "20"))

WORKER = r"""
import json, os, random, sys, time
from pathlib import Path
from data.casebook import Actor, Casebook
from data.errors import BusyError
from data.settings import Settings
from data.warehouse import Warehouse

role, home, journal = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
random.seed()
out = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def tell(**what):
    os.write(out, (json.dumps(what) + "\n").encode())
settings = Settings()
warehouse = Warehouse(home, settings)

def import_once():
    with warehouse.build() as build:
        run = build.connection.execute("select coalesce(max(load_id), 0) + 1 from loads").fetchone()[0]
        build.connection.execute("insert into ledger select $run, range from range(5000)", {"run": run})
        time.sleep(random.random() * 0.2)  # here the ledger does not balance
        build.connection.execute("insert into ledger select $run, -range from range(5000)", {"run": run})
        build.connection.execute("insert into loads values ($run)", {"run": run})
    return build.version

def detect_once(casebook):
    labels = casebook.labels.current()
    with warehouse.build() as build:
        build.connection.register("given", labels)
        build.connection.execute("drop table if exists exceptions")
        time.sleep(random.random() * 0.1)
        build.connection.execute(
            "create table exceptions as select load_id, count(*) as row_count, "
            "(select count(*) from given) as label_count from ledger group by load_id")
        build.connection.unregister("given")
    return build.version

def write_forever(once):
    while True:
        try:
            started = time.perf_counter()
            tell(published=once(), ms=(time.perf_counter() - started) * 1000)
        except BusyError:
            time.sleep(0.02)
        time.sleep(0.02)

def read_forever():
    latest = 0
    while True:
        started = time.perf_counter()
        version = warehouse.version()
        with warehouse.read() as cursor:
            total, rows, loads = cursor.execute(
                "select sum(amount), count(*), (select count(*) from loads) from ledger").fetchone()
            found = cursor.execute("select count(*), min(row_count), max(row_count) from exceptions").fetchone()
        is_right = not total and rows == 10000 * loads and found[0] <= loads and set(found[1:]) <= {None, 10000}
        tell(read=version, right=bool(is_right and version >= latest), ms=(time.perf_counter() - started) * 1000)
        latest = version
        time.sleep(0.01)

def label_forever(casebook):
    actor = Actor(f"{role}-{os.getpid()}", "analyst", "app")
    number = 0
    while True:
        number += 1
        many = 20 if number % 10 == 0 else 1
        findings = [{"exception_id": f"{os.getpid()}-{number}-{n}", "kind": "price_error"} for n in range(many)]
        started = time.perf_counter()
        ids = casebook.labels.add_many(actor, findings, "confirmed")
        tell(labels=ids, ms=(time.perf_counter() - started) * 1000)
        if number % 7 == 0:
            tell(undone=[casebook.labels.undo(actor, ids[0])])
        time.sleep(0.005)

try:
    if role == "import":
        write_forever(import_once)
    elif role == "detect":
        casebook = Casebook.open(home, settings)
        write_forever(lambda: detect_once(casebook))
    elif role.startswith("read"):
        read_forever()
    else:
        label_forever(Casebook.open(home, settings))
except BaseException as error:
    tell(error=f"{role}: {type(error).__name__}: {error}")
    raise
"""

ROLES = ("import", "detect", "read1", "read2", "label1", "label2")
KILLABLE = ("import", "detect", "label1", "label2", "read2")


@pytest.mark.slow
def test_nothing_is_lost_when_processes_are_killed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Warehouse(home, Settings()).build() as build:
        build.connection.execute("create table ledger (load_id integer, amount bigint)")
        build.connection.execute("create table loads (load_id integer)")
        build.connection.execute("create table exceptions (load_id integer, row_count bigint, label_count bigint)")

    def start(role: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", WORKER, role, str(home), str(tmp_path / f"{role}.jsonl")]
        return subprocess.Popen(command, stderr=subprocess.DEVNULL)

    workers = {role: start(role) for role in ROLES}
    kills: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    try:
        begun = time.monotonic()
        while not is_enough(home, kills, time.monotonic() - begun):
            time.sleep(random.uniform(0.1, 0.6))
            role = random.choice(KILLABLE)
            journal = tmp_path / f"{role}.jsonl"
            if journal.exists() and journal.stat().st_size > seen[role]:  # else it is still starting
                workers[role].send_signal(signal.SIGKILL)
                workers[role].wait()
                seen[role] = journal.stat().st_size
                workers[role] = start(role)
                kills[role] += 1
            assert is_current_valid(home)
    finally:
        for worker in workers.values():
            worker.kill()
            worker.wait()

    told = [json.loads(line) for path in tmp_path.glob("*.jsonl") for line in whole_lines(path)]
    reads = [entry for entry in told if "read" in entry]
    acknowledged = {label_id for entry in told for label_id in entry.get("labels", []) + entry.get("undone", [])}
    published = [entry["published"] for entry in told if "published" in entry]
    stored = check_casebook(home)
    print_figures(told, kills, len(published), len(acknowledged), len(stored))

    assert [entry["error"] for entry in told if "error" in entry] == []
    assert [entry for entry in reads if not entry["right"]] == []
    assert acknowledged <= stored
    assert len(published) == len(set(published))
    assert min(len(reads), len(acknowledged)) > SECONDS
    check_warehouse(home)


def is_enough(home: Path, kills: Counter[str], seconds: float) -> bool:
    """On a busy machine the same amount of trouble takes longer."""
    assert seconds < 10 * SECONDS, "this machine is too busy to make the trouble that is wanted"
    has_run = Warehouse(home, Settings()).version() or 0
    return seconds >= SECONDS and sum(kills.values()) >= SECONDS / 2 and has_run >= SECONDS / 2


def is_current_valid(home: Path) -> bool:
    warehouse = Warehouse(home, Settings())
    version = warehouse.version()
    return version is not None and (warehouse.path(version).exists() or warehouse.version() != version)


def whole_lines(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if line.endswith("}")]


def check_casebook(home: Path) -> set[int]:
    with closing(sqlite3.connect(home / "casebook.sqlite")) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        stored = {row[0] for row in connection.execute("select label_id from labels")}
        audited = connection.execute("select count(*) from audit_log where action like 'label.%'").fetchone()[0]
        torn = connection.execute(
            'select count(*) from (select "by", at, count(*) as n from labels where undoes is null group by 1, 2) '
            "where n not in (1, 20)"
        ).fetchone()[0]
    assert audited == len(stored)
    assert torn == 0, "a bulk of labels was stored in part"
    with closing(Casebook.open(home, Settings())) as casebook:
        verification = casebook.audit.verify()
    assert verification.is_intact, verification.detail
    return stored


def check_warehouse(home: Path) -> None:
    warehouse = Warehouse(home, Settings())
    with warehouse.build():
        pass
    assert list(home.glob("building-*")) == []
    assert len(warehouse.versions()) == 3
    with warehouse.read() as cursor:
        assert cursor.execute("select coalesce(sum(amount), 0) from ledger").fetchone() == (0,)


def print_figures(told: list[dict], kills: Counter[str], published: int, acknowledged: int, stored: int) -> None:
    def percentiles(key: str) -> str:
        times = [entry["ms"] for entry in told if key in entry and "ms" in entry]
        return f"p50 {np.percentile(times, 50):.1f} ms, p95 {np.percentile(times, 95):.1f} ms, max {max(times):.0f} ms"

    print(f"\n{sum(kills.values())} killed {dict(kills)}")
    print(f"{published} versions published: {percentiles('published')}")
    print(f"{sum('read' in entry for entry in told)} reads: {percentiles('read')}")
    print(f"{acknowledged} label rows acknowledged, {stored} stored: {percentiles('labels')}")
