import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from streamlit.testing.v1 import AppTest

from dashboard import app, workspace
from dashboard.api import routes
from dashboard.workspace import Workspace
from data.casebook import Actor
from data.ingestion.ingest import ingest
from data.sample import make_sample
from data.settings import Settings
from data.warehouse import Warehouse
from models.detect import detect
from tests.dashboard.sample_analytics import fill

CONSOLE = Actor("console", "admin", "cli")
PAGES = Path(app.__file__).parent / "pages"


def make_workspace(home: Path, has_orders: bool = True, has_findings: bool = True, is_demo: bool = True) -> Workspace:
    settings = Settings()
    if has_orders:
        with Warehouse(home, settings).build() as build:
            fill(build.connection, has_findings)
    made = workspace.open_workspace(home, settings, is_demo)
    made.casebook.accounts.ensure_demo_users(CONSOLE)
    return made


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A home folder with orders and findings, for tests that do not write."""
    return make_workspace(tmp_path_factory.mktemp("filled"))


@pytest.fixture(scope="session")
def unchecked(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A home folder with orders that nobody looked at yet."""
    return make_workspace(tmp_path_factory.mktemp("unchecked"), has_findings=False)


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A home folder without anything."""
    return make_workspace(tmp_path_factory.mktemp("empty"), has_orders=False)


@pytest.fixture(scope="session")
def detected(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A small sample company, read in and judged for real: everything that is ever published is there."""
    folder, home, settings = tmp_path_factory.mktemp("company") / "source", tmp_path_factory.mktemp("store"), Settings()
    make_sample(folder, orders=800, seed=3)
    made = workspace.open_workspace(home, settings, is_demo=True)
    ingest(made.warehouse, settings, str(folder))
    detect(made.warehouse, made.casebook, settings)
    return made


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A filled home folder that nobody has open, to copy."""
    home = tmp_path_factory.mktemp("untouched") / "home"
    make_workspace(home).casebook.close()
    return home


@pytest.fixture
def fresh(tmp_path: Path, untouched: Path) -> Workspace:
    """A filled home folder of the test's own, to write to."""
    home = shutil.copytree(untouched, tmp_path / "home")
    return workspace.open_workspace(home, Settings(), is_demo=True)


@pytest.fixture
def served() -> Iterator[Callable[[Workspace], Workspace]]:
    """Serve a workspace in this process for one test."""

    def serve(chosen: Workspace) -> Workspace:
        workspace.install(chosen)
        return chosen

    yield serve
    workspace._installed.clear()


@pytest.fixture
def program(fresh: Workspace) -> Callable[[str], TestClient]:
    """Call the API of `fresh` in a role, as the guard lets a program in."""

    def as_role(role: str) -> TestClient:
        routed = Starlette(routes=routes(fresh))

        async def with_actor(scope: Scope, receive: Receive, send: Send) -> None:
            await routed({**scope, "orderlens_actor": Actor("program", role, "api")}, receive, send)

        return TestClient(with_actor)

    return as_role


@pytest.fixture
def visit(served: Callable[[Workspace], Workspace]) -> Callable[..., AppTest]:
    """Open a page of the app as a demo user."""

    def open_page(
        chosen: Workspace, page: str = "overview", role: str = "admin", language: str = "en", **query: str
    ) -> AppTest:
        served(chosen)
        name = chosen.casebook.accounts.ensure_demo_users(CONSOLE)[role]
        at = AppTest.from_file(str(app.SCRIPT), default_timeout=30)
        at.user = {"session": chosen.casebook.sessions.start(name, is_demo_mode=True)}
        at.query_params["lang"] = language
        for key, value in query.items():
            at.query_params[key] = value
        at.run()
        if page != "overview":
            at.switch_page(str(PAGES / f"{page}.py")).run()
            for key, value in query.items():
                at.query_params[key] = value
            if query:
                at.run()
        return at

    return open_page
