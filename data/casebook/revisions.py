"""Bring a casebook to the newest schema; safe when several processes start at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, inspect, text

from data.casebook.engine import reading
from data.errors import BusyError, InvalidInputError

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011")
"""Oldest first; each is a file in migrations/versions."""

HEAD = REVISIONS[-1]
MIGRATION_LOCK = 0x4F4C02
LOCK_SECONDS = 60


def revision(connection: Connection) -> str | None:
    """Return the schema's revision, None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("select version_num from alembic_version")).scalar()
    return found


def migrate(engine: Engine) -> None:
    """Upgrade to `HEAD`; nothing happens when it is there already.

    Raises
    ------
    InvalidInputError
        If a newer version of the product made this casebook.
    BusyError
        If another process does not finish its upgrade within a minute.
    """
    with reading(engine) as connection:
        if _checked_revision(connection) == HEAD:
            return
    with _alone(engine), engine.execution_options(is_write=True).connect() as connection, connection.begin():
        if _checked_revision(connection) != HEAD:
            upgrade(connection, HEAD)


def upgrade(connection: Connection, target: str) -> None:
    """Run the migrations up to ``target`` in the connection's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    folder = Path(str(files("data.casebook") / "migrations"))
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, target)


def _checked_revision(connection: Connection) -> str | None:
    found = revision(connection)
    if found is not None and found not in REVISIONS:
        raise InvalidInputError(
            f"The casebook has schema {found}, made by a newer Orderlens. This one knows: {', '.join(REVISIONS)}."
        )
    return found


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.execute(text("select pg_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK})
            try:
                yield
            finally:
                connection.execute(text("select pg_advisory_unlock(:lock)"), {"lock": MIGRATION_LOCK})
        return
    try:
        with FileLock(f"{engine.url.database}.lock", timeout=LOCK_SECONDS, mode=0o600):
            yield
    except Timeout:
        raise BusyError("Another process is upgrading the casebook; try again when it is done.") from None
