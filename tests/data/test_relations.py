"""Building relations."""

from pathlib import Path

import duckdb

from data.relations import materialise, read_relation


class ShortOfMemory:
    """A connection that can't create a table with several threads."""

    def __init__(self) -> None:
        self.real = duckdb.connect(config={"threads": 2})

    def execute(self, sql: str, bound: dict[str, object] | None = None) -> duckdb.DuckDBPyConnection:
        if sql.startswith("create") and self.threads() > 1:
            raise duckdb.OutOfMemoryException("Out of Memory Error: could not allocate block")
        return self.real.execute(sql, bound) if bound else self.real.execute(sql)

    def threads(self) -> int:
        [(count,)] = self.real.execute("select current_setting('threads')").fetchall()
        return int(count)


def test_what_memory_does_not_suffice_for_is_tried_again_on_one_thread(tmp_path: Path) -> None:
    (tmp_path / "seven.sql").write_text("select 7 as number")
    short = ShortOfMemory()
    materialise(short, read_relation(tmp_path / "seven.sql"), {})
    assert short.execute("from seven").fetchall() == [(7,)]
    assert short.threads() == 2
