"""Four writing processes, killed at random: every acknowledged write is there, and each message went out at most once.

Runs for ``ORDERLENS_TEST_FAULT_SECONDS`` (15; a minute for a release).
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from data.casebook import Actor, Casebook
from data.casebook.notification_rules import Rule
from data.casebook.tables import labels, notification_items, notifications
from data.settings import Settings

SECONDS = float(os.environ.get("ORDERLENS_TEST_FAULT_SECONDS", "15"))
WRITERS = 4
MANAGER = Actor("Mia", "manager", "cli")

WORKER = r"""
import json, os, random, sys, urllib.request
from itertools import count
from pathlib import Path
from typing import Any
from data.casebook import Actor, Casebook
from data.casebook.outbox import News
from data.errors import BusyError
from data.settings import Settings

home, journal, address = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
out = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def tell(**what):
    os.write(out, (json.dumps(what) + "\n").encode())
me = Actor(f"writer {os.getpid()}", "analyst", "cli")
casebook = Casebook.open(home, Settings())
rule_id, rule = next(iter(casebook.notification_rules.in_force().items()))

def send(message):
    body = json.dumps([item["cause_key"] for item in message.items]).encode()
    with urllib.request.urlopen(urllib.request.Request(address, body), timeout=20) as answer:
        return None if answer.status == 200 else "refused"

for number in count():
    try:
        found = [{"exception_id": f"{os.getpid()}-{number}-{part}", "kind": "price_error"} for part in range(3)]
        tell(labels=casebook.labels.add_many(me, found, "confirmed"))
        key = f"{os.getpid()}-{number}"
        casebook.outbox.queue(me, rule_id, rule, [News(key, key, 10.0, 1, {"kind": "price_error"})])
        tell(cause=key)
        casebook.outbox.hold_lost(me)
        message = casebook.outbox.claim(me)
        if message:
            casebook.outbox.finish(me, message, send(message))
    except BusyError:
        pass
"""


class Receiver:
    """A webhook that counts how often it is told of each cause."""

    def __init__(self) -> None:
        self.told: Counter[str] = Counter()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.told.update(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                """Stay silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Writer:
    """One writing process and the journal of what was acknowledged to it."""

    def __init__(self, home: Path, journal: Path, address: str) -> None:
        self.journal = journal
        command = [sys.executable, "-c", WORKER, str(home), str(journal), address]
        self.process = subprocess.Popen(command, cwd=Path(__file__).parents[2])

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def told(self) -> list[dict[str, Any]]:
        lines = self.journal.read_text().splitlines() if self.journal.exists() else []
        return [json.loads(line) for line in lines if line.endswith("}")]


@pytest.mark.slow
def test_writers_killed_at_random_lose_nothing_and_tell_nothing_twice(tmp_path: Path) -> None:
    home, kills = tmp_path / "home", 0
    with closing(Casebook.open(home, Settings())) as casebook:
        casebook.notification_rules.save(MANAGER, Rule("Desk"), "json://127.0.0.1:9/x")
    receiver = Receiver()
    writers: list[Writer] = []
    running: list[Writer] = []
    began = time.monotonic()
    try:
        while time.monotonic() - began < SECONDS or kills < SECONDS / 4 or not receiver.told:
            assert time.monotonic() - began < 10 * SECONDS, "this machine is too busy for the trouble wanted"
            while len(running) < WRITERS:
                writers.append(Writer(home, tmp_path / f"journal-{len(writers)}", receiver.address))
                running.append(writers[-1])
            time.sleep(random.uniform(0.1, 0.8))
            assert all(writer.process.poll() is None for writer in running), "a writer ended by itself"
            busy = [writer for writer in running if writer.journal.exists()]
            if busy:
                victim = random.choice(busy)
                victim.kill()
                running.remove(victim)
                kills += 1
    finally:
        for writer in running:
            writer.kill()
    time.sleep(0.5)  # what the killed ones had handed over is counted
    receiver.server.shutdown()
    receiver.server.server_close()
    check(home, [line for writer in writers for line in writer.told()], receiver.told, kills)


def check(home: Path, told: list[dict[str, Any]], received: Counter[str], kills: int) -> None:
    with closing(Casebook.open(home, Settings())) as casebook:
        casebook.outbox.hold_lost(MANAGER)
        with casebook.store.read() as connection:
            stored = set(connection.execute(select(labels.c.label_id)).scalars())
            joined = select(notification_items.c.cause_key, notifications.c.status).join(
                notifications, notifications.c.notification_id == notification_items.c.notification_id
            )
            status = {row.cause_key: row.status for row in connection.execute(joined)}
            times = connection.execute(select(func.count()).select_from(notification_items)).scalar_one()
        verified = casebook.audit.verify()
    acknowledged = {number for line in told for number in line.get("labels", [])}
    queued = {str(line["cause"]) for line in told if "cause" in line}
    count = Counter(status.values())
    print(f"\n{kills} killed; {len(acknowledged)} labels and {len(queued)} messages acknowledged; {dict(count)}")
    assert verified.is_intact, verified.detail
    assert acknowledged <= stored
    assert queued <= status.keys()
    assert times == len(status), "a cause was queued twice"
    assert max(received.values()) == 1, "a message went out twice"
    assert {key for key, state in status.items() if state == "sent"} <= received.keys()
    assert count.keys() <= {"sent", "queued", "held"}
    waiting = {key for key, state in status.items() if state == "queued"}
    assert not waiting & received.keys(), "a message went out and still waits to go out"
    assert count["sent"] > 0, "nothing went out: this showed nothing"
