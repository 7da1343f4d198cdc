"""The real server in a process of its own, and a real browser in front of it."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

sync_api = pytest.importorskip(
    "playwright.sync_api", reason="the browser tests need Playwright: pip install orderlens[dev]"
)

from tests.dashboard.conftest import make_workspace  # noqa: E402

ROOT = Path(__file__).parents[2]
SERVE = """
import sys
from pathlib import Path
from dashboard.app import serve
from data.settings import load_settings
home = Path(sys.argv[1])
serve(home, load_settings(home), int(sys.argv[2]), is_demo=sys.argv[3] == "demo")
"""
PATIENCE_MS = 90_000
"""How long the browser waits for anything: on a busy machine a page may take many times its second."""

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def find_chromium() -> str | None:
    """Return a browser on this machine: named by ORDERLENS_CHROMIUM, on the path, or Playwright's own."""
    named = os.environ.get("ORDERLENS_CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if named:
        return named
    with sync_api.sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Server:
    """A running dashboard."""

    def __init__(self, home: Path, mode: str) -> None:
        self.home, self.port = home, free_port()
        self.url = f"http://localhost:{self.port}"
        self.log = home.with_suffix(".log")
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SERVE, str(home), str(self.port), mode],
                cwd=ROOT,
                stdout=output,
                stderr=output,
            )
        self._wait()

    def _wait(self) -> None:
        for _ in range(480):
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.25)
        raise AssertionError(f"the server did not start:\n{self.log.read_text()}")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    program = find_chromium()
    if program is None:
        pytest.skip("no Chromium here: install it, run `playwright install chromium`, or set ORDERLENS_CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("served") / "home"
    make_workspace(home).casebook.close()
    running = Server(home, "demo")
    yield running
    running.stop()


class Visitor:
    """Somebody in front of the browser."""

    def __init__(
        self,
        browser: object,
        server: Server,
        locale: str = "en-US",
        scheme: str = "light",
        context: object | None = None,
    ) -> None:
        self.context = context or browser.new_context(
            viewport={"width": 1440, "height": 900}, locale=locale, color_scheme=scheme, base_url=server.url
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.page = self.context.new_page()
        self.outside: list[str] = []
        self.page.on("request", self._note)

    def _note(self, request: object) -> None:
        if not request.url.startswith(("http://localhost", "data:", "blob:")):
            self.outside.append(request.url)

    def enter(self, role: str) -> "Visitor":
        self.page.goto("/signin")
        self.page.click(f"button[value={role}]")
        self.settle()
        return self

    def go(self, path: str) -> "Visitor":
        self.page.goto(path)
        self.settle()
        return self

    def settle(self) -> None:
        """Wait until the script has run and nothing is loading any more."""
        self.page.wait_for_selector("[data-testid=stApp]")
        self.page.wait_for_timeout(200)
        self.page.wait_for_function(
            "document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"
            " && !document.querySelector('[data-testid=stSkeleton]')"
        )

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.page.wait_for_timeout(200)
        self.settle()

    def text(self) -> str:
        return self.page.inner_text("[data-testid=stMain]")

    def leave(self) -> None:
        """Close what is open and take along what the browser remembers of this visitor; compiled scripts may stay."""
        if self.page.url.startswith("http"):
            self.page.evaluate("localStorage.clear()")
        self.context.clear_cookies()
        for page in self.context.pages:
            page.close()


@pytest.fixture(scope="session")
def used_browser(browser: object, server: Server) -> Iterator[object]:
    """A browser that was here before: to load and compile the app anew for each test takes twice as long."""
    first = Visitor(browser, server)
    first.page.close()
    yield first.context
    first.context.close()


@pytest.fixture
def visitor(browser: object, server: Server, used_browser: object) -> Iterator[Visitor]:
    somebody = Visitor(browser, server, context=used_browser)
    yield somebody
    assert not somebody.outside, "the app may not ask other hosts for anything"
    somebody.leave()
