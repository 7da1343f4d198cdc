"""A casebook on SQLite and, where one can be had, on PostgreSQL."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

from data.casebook import Actor, Casebook
from data.casebook.engine import sqlite_path
from data.settings import Settings


def _programs() -> Path | None:
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    usable = [folder for folder in folders if (folder / "initdb").exists() and (folder / "pg_ctl").exists()]
    return usable[-1] if usable else None


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL server: given by ORDERLENS_TEST_POSTGRES_URL, else started here for the session."""
    given = os.environ.get("ORDERLENS_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL here: install it or set ORDERLENS_TEST_POSTGRES_URL")
    account = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root
    folder = Path("/tmp") / f"orderlens-pg-{uuid4().hex[:8]}"  # a socket's path must be short
    folder.mkdir(mode=0o700)
    if account:
        shutil.chown(folder, account)

    def run(*command: str) -> None:
        subprocess.run(command, user=account, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/")

    try:
        try:
            run(f"{programs}/initdb", "-D", f"{folder}/db", "-U", "orderlens", "-A", "trust", "-E", "UTF8", "-N")
            options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
            run(f"{programs}/pg_ctl", "-D", f"{folder}/db", "-o", options, "-l", f"{folder}/log", "-w", "start")
        except (subprocess.CalledProcessError, PermissionError, LookupError) as failed:
            pytest.skip(f"PostgreSQL does not start here: {failed}")
        yield f"postgresql://orderlens@/postgres?host={folder}"
        run(f"{programs}/pg_ctl", "-D", f"{folder}/db", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """The address of a fresh, empty PostgreSQL database."""
    url = make_url(postgresql_server).set(drivername="postgresql+psycopg")
    name = f"test_{uuid4().hex}"
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"create database {name}"))
    yield url.set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))
    server.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def casebook_settings(request: pytest.FixtureRequest) -> Settings:
    """Settings of an empty casebook, on either database."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    return Settings(casebook_url=url)


@pytest.fixture(scope="session")
def empty_casebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an empty casebook: copied, not migrated anew for every test."""
    home = tmp_path_factory.mktemp("migrated")
    Casebook.open(home, Settings()).close()
    return sqlite_path(home)


@pytest.fixture
def casebook(tmp_path: Path, casebook_settings: Settings, empty_casebook: Path) -> Iterator[Casebook]:
    """An empty casebook, on either database."""
    if not casebook_settings.casebook_url:
        (tmp_path / "home").mkdir(mode=0o700)
        shutil.copy(empty_casebook, sqlite_path(tmp_path / "home"))
    opened = Casebook.open(tmp_path / "home", casebook_settings)
    yield opened
    opened.close()


@pytest.fixture
def admin() -> Actor:
    return Actor("root", "admin", "cli")
