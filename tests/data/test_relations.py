"""Building relations."""

from pathlib import Path

import duckdb

from data.relations import build_all, build_order, materialise, read_folder, read_relation


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


def test_what_is_not_read_later_goes_when_its_last_reader_is_built(tmp_path: Path) -> None:
    for name, sql in {
        "base": "select 1 as x",
        "doubled": "select 2 * x as x from base",
        "last": "from doubled",
    }.items():
        (tmp_path / f"{name}.sql").write_text(sql)
    relations = read_folder(tmp_path)
    assert [relation.name for relation in build_order(relations)] == ["base", "doubled", "last"]
    with duckdb.connect() as connection:
        build_all(connection, relations, {}, set(), kept={"base", "last"})
        left = connection.execute("select table_name from duckdb_tables() order by 1").fetchall()
        assert [name for (name,) in left] == ["base", "last"]
        assert connection.execute("from last").fetchall() == [(2,)]
