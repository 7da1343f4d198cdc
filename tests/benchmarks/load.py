"""How long a label takes while many people label and read at once, through the real server, on this machine alone.

Run ``python tests/benchmarks/load.py [--home FOLDER] [--people 50] [--seconds 90]``; by default it ends within four
minutes on two cores. Each person is a session of the queue's page over the WebSocket that a browser uses: half of what
they do is pressing Confirm, half going to the next alert, each after thinking for 30 s on average (exponential), and
each page asks for news every 20 s as a browser does. Programs send verdicts to the API and read findings meanwhile. A
press lasts until the script has ended and all that it drew has arrived. At the end every acknowledged label must be in
the casebook. Before that one person alone presses each button a few times: what a press costs the server in processor
time, whatever else the machine does. The machine's load average stands beside the figures: they mean something where
nobody else uses it.
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
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
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
LIMIT_SECONDS = 20
"""After which a press that has not ended counts as an error."""

OPENING_SECONDS = 60
WARM_UP_SECONDS = 10
NEWS_SECONDS = 20
PRESSES = 20
START_TRIES = 360
Server = subprocess.Popen[bytes]


class Measured:
    """What every person did: seconds by what was done, and what went wrong."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}
        self.errors: list[str] = []
        self.is_counting = False
        self.opened = self.acknowledged = 0

    def note(self, what: str, seconds: float) -> None:
        """Keep one time, once the warm-up is over."""
        self.acknowledged += what.startswith("label")
        if self.is_counting:
            self.seconds.setdefault(what, []).append(seconds)


class Person:
    """Somebody with the queue open in a browser."""

    def __init__(self, stream: Any, measured: Measured) -> None:
        self.stream, self.measured = stream, measured
        self.buttons: dict[str, tuple[str, str]] = {}
        self.news = ""

    async def run_script(self, trigger: str = "", fragment: str = "") -> None:
        """Ask for a run of the page or of one part, with a button pressed, and wait until it has ended."""
        message = BackMsg()
        message.rerun_script.page_name = "exceptions"
        message.rerun_script.query_string = ""
        message.rerun_script.fragment_id = fragment
        if trigger:
            state = message.rerun_script.widget_states.widgets.add()
            state.id, state.trigger_value = trigger, True
        await asyncio.wait_for(self._run(message), LIMIT_SECONDS)

    async def _run(self, message: BackMsg) -> None:
        await self.stream.send(message.SerializeToString())
        while True:
            answer = ForwardMsg.FromString(await self.stream.recv())
            what = answer.WhichOneof("type")
            if what == "delta" and answer.delta.WhichOneof("type") == "new_element":
                element = answer.delta.new_element
                if element.WhichOneof("type") == "button":
                    name = element.button.id.rpartition("-")[2]
                    self.buttons[name] = element.button.id, answer.delta.fragment_id
                elif element.WhichOneof("type") == "exception":
                    self.measured.errors.append(element.exception.message)
            elif what == "auto_rerun":
                self.news = answer.auto_rerun.fragment_id
            elif what == "script_finished":
                return

    async def press(self, what: str) -> float:
        """Press a button; return the seconds until the page is whole again."""
        began = time.perf_counter()
        await self.run_script(*self.buttons[what])
        return time.perf_counter() - began

    async def work(self, think: float, until: float) -> None:
        """Label and read until the time is up."""
        news_at = time.perf_counter() + NEWS_SECONDS * random.random()
        while (press_at := time.perf_counter() + random.expovariate(1 / think)) < until:
            while news_at < press_at:
                await asyncio.sleep(max(0.0, news_at - time.perf_counter()))
                await self.run_script(fragment=self.news)
                news_at += NEWS_SECONDS
            await asyncio.sleep(max(0.0, press_at - time.perf_counter()))
            what = random.choice(["confirm", "go_on"])
            if what not in self.buttons:
                self.measured.errors.append(f"no button {what}")
                return
            taken = await self.press(what)
            self.measured.note("label on the page" if what == "confirm" else "next on the page", taken)


@asynccontextmanager
async def page_of(url: str, token: str, measured: Measured) -> AsyncIterator[Person]:
    """Open the queue as a browser does."""
    headers = {"Cookie": f"{COOKIE}={token}", "Origin": url}
    address = url.replace("http", "ws") + "/_stcore/stream"
    async with connect(address, additional_headers=headers, subprotocols=["streamlit"], max_size=None) as stream:
        person = Person(stream, measured)
        await person.run_script()
        yield person


async def one_person(
    url: str, token: str, measured: Measured, opened: asyncio.Semaphore, think: float, start: asyncio.Future[float]
) -> None:
    """Open the page, two people at a time; when everybody is there, work on it."""
    try:
        async with AsyncExitStack() as stack:
            async with opened:
                person = await stack.enter_async_context(page_of(url, token, measured))
                measured.opened += 1
            await person.work(think, await start)
    except Exception as wrong:
        measured.errors.append(f"{type(wrong).__name__}: {wrong}")


async def one_program(url: str, token: str, ids: list[str], measured: Measured, think: float, until: float) -> None:
    """Send verdicts and read findings through the API."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=LIMIT_SECONDS) as client:
        while (at := time.perf_counter() + random.expovariate(1 / think)) < until:
            await asyncio.sleep(at - time.perf_counter())
            began = time.perf_counter()
            if is_label := random.random() < 0.5:
                body = {"label": random.choice(["confirmed", "false_positive"])}
                answer = await client.post(f"/api/v1/findings/{random.choice(ids)}/label", json=body)
            else:
                answer = await client.get("/api/v1/findings?limit=50")
            if answer.status_code != 200:
                measured.errors.append(f"{answer.status_code} {answer.text[:80]}")
            measured.note("label by the API" if is_label else "findings by the API", time.perf_counter() - began)


def start(home: Path) -> tuple[Server, str]:
    """Serve the home folder; return the process and its address."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "dashboard.cli", "--home", str(home), "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    url = f"http://localhost:{port}"
    for _ in range(START_TRIES):
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=2):
                return process, url
        except OSError:
            time.sleep(0.25)
    raise SystemExit("the server did not start")


def accounts(home: Path, people: int) -> tuple[list[str], str]:
    """Make the accounts without passwords; return a session of each and a program's token."""
    casebook = Casebook.open(home, Settings())
    names = [f"person-{number}" for number in range(people)]
    known = set(casebook.accounts.list()["name"])
    for name in names:
        if name not in known:
            casebook.accounts.add(ADMIN, name, "analyst")
    sessions = [casebook.sessions.start(name) for name in names]
    robot = casebook.api_tokens.add(ADMIN, "robot", "analyst")
    casebook.close()
    return sessions, robot


async def measure(
    url: str, sessions: list[str], robot: str, programs: int, seconds: float, think: float, process: Server
) -> Measured:
    """Let everybody work at once; what happens while the pages are opened and warm up does not count."""
    measured = Measured()
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {robot}"}, timeout=LIMIT_SECONDS) as client:
        answer = await client.get(f"{url}/api/v1/findings?limit=200")
    ids = [row["exception_id"] for row in answer.json()["findings"]]
    began, start = time.perf_counter(), asyncio.get_running_loop().create_future()
    opened = asyncio.Semaphore(2)
    work = [asyncio.create_task(one_person(url, token, measured, opened, think, start)) for token in sessions]
    while measured.opened + len(measured.errors) < len(sessions) and time.perf_counter() - began < OPENING_SECONDS:
        await asyncio.sleep(0.2)
    say(f"{measured.opened} pages opened in {time.perf_counter() - began:.0f} s; load average {os.getloadavg()[0]:.1f}")
    until = time.perf_counter() + WARM_UP_SECONDS + seconds
    start.set_result(until)
    work += [asyncio.create_task(one_program(url, robot, ids, measured, think, until)) for _ in range(programs)]
    await asyncio.sleep(WARM_UP_SECONDS)
    say(f"counting for {seconds:g} s")
    measured.is_counting, used = True, processor_ms(process)
    await asyncio.sleep(seconds)
    share = (processor_ms(process) - used) / seconds / 10
    say(f"the server used {share:.0f} % of one core; load average {os.getloadavg()[0]:.1f}")
    _done, late = await asyncio.wait(work, timeout=LIMIT_SECONDS)
    for task in late:
        task.cancel()
        measured.errors.append("did not end")
    return measured


def processor_ms(process: Server) -> float:
    """Return the processor time that a process has used, user and system."""
    used = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return 1000 * sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


async def cost_of_presses(url: str, home: Path, process: Server, count: int) -> dict[str, tuple[float, float]]:
    """Return the ms of processor time that one press of each button costs the server, and how long it takes, alone."""
    casebook = Casebook.open(home, Settings())
    casebook.accounts.add(ADMIN, "presser", "analyst")
    token = casebook.sessions.start("presser")
    casebook.close()
    costs = {}
    async with page_of(url, token, Measured()) as person:
        for what in ("go_on", "confirm"):
            await person.press(what)
            before = processor_ms(process)
            times = [await person.press(what) for _ in range(count)]
            costs[what] = (processor_ms(process) - before) / count, 1000 * float(np.median(times))
    return costs


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def main() -> None:
    """Print a table of times and what went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--home", type=Path, help="a detected home folder; it is copied [default: the tests' small one]"
    )
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--programs", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=90)
    parser.add_argument("--think", type=float, default=30, help="mean seconds between two actions of one person")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        if given.home:
            shutil.copytree(given.home, home)
        else:
            make_workspace(home, is_demo=False).casebook.close()
        process, url = start(home)
        say(f"serving; load average {os.getloadavg()[0]:.1f}")
        try:
            costs = asyncio.run(cost_of_presses(url, home, process, PRESSES))
            for what, (used, taken) in costs.items():
                say(f"one press of {what}, alone: {used:.0f} ms of processor time, {taken:.0f} ms in the median")
            sessions, robot = accounts(home, given.people)
            say(f"{given.people} accounts made")
            measured = asyncio.run(measure(url, sessions, robot, given.programs, given.seconds, given.think, process))
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
        casebook = Casebook.open(home, Settings())
        stored = casebook.labels.generation()
        print(f"{given.people} people and {given.programs} programs, {given.think:g} s of thought, {given.seconds:g} s")
        for what, times in sorted(measured.seconds.items()):
            p50, p95 = (1000 * np.percentile(times, share) for share in (50, 95))
            print(
                f"{what:22} {len(times):6} times  p50 {p50:6.0f} ms  p95 {p95:6.0f} ms  max {1000 * max(times):6.0f} ms"
            )
        alone = PRESSES + 1
        lost = max(0, measured.acknowledged + alone - stored)  # one press on a common cause is several labels
        print(f"{measured.acknowledged + alone} labels acknowledged, {stored} stored, {lost} lost")
        print(f"{len(measured.errors)} errors", *set(measured.errors))
        print(casebook.audit.verify().detail)


if __name__ == "__main__":
    main()
