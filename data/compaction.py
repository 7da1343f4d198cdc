"""Give back the space that tables dropped and made again leave behind in a DuckDB file."""

from pathlib import Path

import duckdb


def compact(path: Path, memory_limit: str) -> Path:
    """Return a closed database with little unused space: ``path`` itself, or a copy beside it.

    A checkpoint alone leaves a file several times too large after ``drop table`` and ``create table`` in one build, and
    every later version would start from a copy of it. So it is rewritten when over half of its blocks are unused.
    """
    temporary = str(path.with_suffix(".tmp"))
    connection = duckdb.connect(config={"temp_directory": temporary, "memory_limit": memory_limit})
    try:
        connection.execute(f"attach {_quoted(path)} as loose (read_only)")
        size = connection.execute("select max(free_blocks), max(used_blocks) from pragma_database_size()").fetchone()
        if size is None or size[0] <= size[1]:
            return path
        compacted = path.with_name(f"{path.stem}-compacted.duckdb")
        connection.execute(f"attach {_quoted(compacted)} as compacted")
        connection.execute("copy from database loose to compacted")
        connection.execute("checkpoint compacted")
        return compacted
    finally:
        connection.close()


def _quoted(path: Path) -> str:
    # "attach" takes no bound parameter.
    return "'" + str(path).replace("'", "''") + "'"
