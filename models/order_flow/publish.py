"""Publish how orders flow, for the managers' page."""

from datetime import datetime
from importlib.resources import files
from pathlib import Path

import duckdb

from data.relations import materialise, publish_table, read_folder

RELATIONS = read_folder(Path(str(files("models.order_flow") / "sql")))
PUBLISHED = ("flow_steps", "flow_variants", "flow_open")


def publish_flow(connection: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """Publish `PUBLISHED` from the features of a run; without status events they are empty."""
    for name in PUBLISHED:
        materialise(connection, RELATIONS[name], {"now": now}, temporary=True)
    for name in PUBLISHED:
        publish_table(connection, name, f'select * from temp."{name}"')
