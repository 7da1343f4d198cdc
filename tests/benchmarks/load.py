"""How long a label takes while many people label and read at once, through the real server, on this machine alone.

Run ``python tests/benchmarks/load.py [--home FOLDER] [--people 50] [--seconds 60]``. Each person is a session
of the queue's page over the WebSocket that a browser uses: half of what they do is pressing Confirm, half going to the
next alert, each after thinking for a while. Programs send verdicts to the API meanwhile. At the end every acknowledged
label must be in the casebook. Before that one person alone presses each button a few times: what a press costs the
server in processor time, whatever else the machine does.
"""

import argparse
import asyncio
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from socket import socket
from typing import Any

import httpx
import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect

from dashboard.guard import COOKIE
from data.casebook import Actor, Casebook
from data.settings import Settings
from tests.dashboard.conftest import make_workspace

ROOT = Path(__file__).parents[2]
ADMIN = Actor("load", "admin", "cli")
LIMIT_SECONDS = 60
PRESSES = 20


class Measured:
    """What every person did: seconds by what was done, and what went wrong."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}
        self.errors: list[str] = []
        self.is_counting = False

    def note(self, what: str, seconds: float) -> None:
        """Keep one time, once the warm-up is over."""
        if self.is_counting:
            self.seconds.setdefault(what, []).append(seconds)


class Person:
    """Somebody with the queue open in a browser."""

    def __init__(self, stream: Any, measured: Measured) -> None:
        self.stream, self.measured = stream, measured
        self.buttons: dict[str, str] = {}

    async def run_script(self, trigger: str | None = None) -> None:
        """Ask for a run of the page, with a button pressed, and wait until it has ended."""
        message = BackMsg()
        message.rerun_script.page_name = "exceptions"
        message.rerun_script.query_string = ""
        if trigger:
            state = message.rerun_script.widget_states.widgets.add()
            state.id, state.trigger_value = trigger, True
        await self.stream.send(message.SerializeToString())
        self.buttons = {}
        while True:
            answer = ForwardMsg.FromString(await asyncio.wait_for(self.stream.recv(), LIMIT_SECONDS))
            what = answer.WhichOneof("type")
            if what == "delta" and answer.delta.WhichOneof("type") == "new_element":
                element = answer.delta.new_element
                if element.WhichOneof("type") == "button":
                    self.buttons[element.button.id.rpartition("-")[2]] = element.button.id
                elif element.WhichOneof("type") == "exception":
                    self.measured.errors.append(element.exception.message)
            elif what == "script_finished":
                return

    async def work(self, think: float, until: float) -> None:
        """Label and read until the time is up."""
        await self.run_script()
        while time.perf_counter() < until:
            await asyncio.sleep(random.expovariate(1 / think))
            what = random.choice(["confirm", "go_on"])
            if what not in self.buttons:
                self.measured.errors.append(f"no button {what}")
                return
            began = time.perf_counter()
            await self.run_script(self.buttons[what])
            self.measured.note(
                "label on the page" if what == "confirm" else "next on the page", time.perf_counter() - began
            )


async def one_person(url: str, token: str, measured: Measured, think: float, until: float) -> None:
    """Open the page as a browser does, and work on it."""
    await asyncio.sleep(random.random() * 5)
    headers = {"Cookie": f"{COOKIE}={token}", "Origin": url}
    address = url.replace("http", "ws") + "/_stcore/stream"
    try:
        async with connect(address, additional_headers=headers, subprotocols=["streamlit"], max_size=None) as stream:
            await Person(stream, measured).work(think, until)
    except Exception as wrong:
        measured.errors.append(f"{type(wrong).__name__}: {wrong}")


async def one_program(url: str, token: str, ids: list[str], measured: Measured, think: float, until: float) -> None:
    """Send verdicts and read findings through the API."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=LIMIT_SECONDS) as client:
        while time.perf_counter() < until:
            await asyncio.sleep(random.expovariate(1 / think))
            began = time.perf_counter()
            if is_label := random.random() < 0.5:
                body = {"label": random.choice(["confirmed", "false_positive"])}
                answer = await client.post(f"/api/v1/findings/{random.choice(ids)}/label", json=body)
            else:
                answer = await client.get("/api/v1/findings?limit=50")
            if answer.status_code != 200:
                measured.errors.append(f"{answer.status_code} {answer.text[:80]}")
            measured.note("label by the API" if is_label else "findings by the API", time.perf_counter() - began)


def start(home: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Serve the home folder; return the process and its address."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "dashboard.cli", "--home", str(home), "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    url = f"http://localhost:{port}"
    for _ in range(240):
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=2):
                return process, url
        except OSError:
            time.sleep(0.25)
    raise SystemExit("the server did not start")


async def measure(url: str, home: Path, people: int, programs: int, seconds: float, think: float) -> Measured:
    """Let everybody work at once; the first seconds warm up and do not count."""
    casebook, measured = Casebook.open(home, Settings()), Measured()
    names = [f"person-{number}" for number in range(people)]
    known = set(casebook.accounts.list()["name"])
    for name in names:
        if name not in known:
            casebook.accounts.add(ADMIN, name, "analyst")
    sessions = [casebook.sessions.start(name) for name in names]
    robot = casebook.api_tokens.add(ADMIN, "robot", "analyst")
    answer = httpx.get(f"{url}/api/v1/findings?limit=200", headers={"Authorization": f"Bearer {robot}"}, timeout=60)
    ids = [row["exception_id"] for row in answer.json()["findings"]]
    warm_up = 15
    until = time.perf_counter() + warm_up + seconds
    work = [one_person(url, token, measured, think, until) for token in sessions]
    work += [one_program(url, robot, ids, measured, think, until) for _ in range(programs)]

    async def count() -> None:
        await asyncio.sleep(warm_up)
        measured.is_counting = True

    await asyncio.gather(count(), *work)
    casebook.close()
    return measured


def processor_ms(process: subprocess.Popen[bytes]) -> float:
    """Return the processor time that a process has used, user and system."""
    used = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return 1000 * sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


async def cost_of_presses(url: str, home: Path, process: subprocess.Popen[bytes], count: int) -> dict[str, float]:
    """Return the processor time in ms that the server needs for one press of each button."""
    casebook = Casebook.open(home, Settings())
    casebook.accounts.add(ADMIN, "presser", "analyst")
    headers = {"Cookie": f"{COOKIE}={casebook.sessions.start('presser')}", "Origin": url}
    casebook.close()
    costs = {}
    address = url.replace("http", "ws") + "/_stcore/stream"
    async with connect(address, additional_headers=headers, subprotocols=["streamlit"], max_size=None) as stream:
        person = Person(stream, Measured())
        await person.run_script()
        for what in ("go_on", "confirm"):
            await person.run_script(person.buttons[what])
            before = processor_ms(process)
            for _ in range(count):
                await person.run_script(person.buttons[what])
            costs[what] = (processor_ms(process) - before) / count
    return costs


def main() -> None:
    """Print a table of times and what went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--home", type=Path, help="a detected home folder; it is copied [default: the tests' small one]"
    )
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--programs", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--think", type=float, default=30, help="mean seconds between two actions of one person")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        if given.home:
            shutil.copytree(given.home, home)
        else:
            make_workspace(home, is_demo=False).casebook.close()
        process, url = start(home)
        try:
            costs = asyncio.run(cost_of_presses(url, home, process, PRESSES))
            print(", ".join(f"one press of {what}: {ms:.0f} ms of processor time" for what, ms in costs.items()))
            measured = asyncio.run(measure(url, home, given.people, given.programs, given.seconds, given.think))
        finally:
            process.terminate()
            process.wait(120)
        casebook = Casebook.open(home, Settings())
        stored = casebook.labels.generation()
        print(f"{given.people} people and {given.programs} programs, {given.think:g} s of thought, {given.seconds:g} s")
        for what, times in sorted(measured.seconds.items()):
            p50, p95 = (1000 * np.percentile(times, share) for share in (50, 95))
            print(
                f"{what:22} {len(times):6} times  p50 {p50:6.0f} ms  p95 {p95:6.0f} ms  max {1000 * max(times):6.0f} ms"
            )
        labelled = sum(len(times) for what, times in measured.seconds.items() if what.startswith("label"))
        print(
            f"{labelled} labels acknowledged while counting, {stored} stored; {len(measured.errors)} errors",
            *set(measured.errors),
        )
        print(casebook.audit.verify().detail)


if __name__ == "__main__":
    main()
