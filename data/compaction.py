"""Give back the space that tables dropped and made again leave behind in a DuckDB file."""

from pathlib import Path

import duckdb


def is_loose(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether over half of the blocks of a database that was just checkpointed are unused.

    A checkpoint alone leaves a file several times too large after ``drop table`` and ``create table`` in one build, and
    every later version would start from a copy of it.
    """
    size = connection.execute("select sum(free_blocks) > sum(used_blocks) from pragma_database_size()").fetchone()
    return bool(size and size[0])


def compact(path: Path, memory_limit: str) -> Path:
    """Return a copy of a closed database beside it, without unused space."""
    temporary = str(path.with_suffix(".tmp"))
    connection = duckdb.connect(config={"temp_directory": temporary, "memory_limit": memory_limit})
    try:
        compacted = path.with_name(f"{path.stem}-compacted.duckdb")
        connection.execute(f"attach {_quoted(path)} as loose (read_only)")
        connection.execute(f"attach {_quoted(compacted)} as compacted")
        connection.execute("copy from database loose to compacted")
        connection.execute("checkpoint compacted")
        return compacted
    finally:
        connection.close()


def _quoted(path: Path) -> str:
    # "attach" takes no bound parameter.
    return "'" + str(path).replace("'", "''") + "'"
