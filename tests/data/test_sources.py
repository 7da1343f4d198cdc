"""Raw tables as sources give them: text kept, rows numbered, unreadable rows told."""

import gzip
import json
import sqlite3
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from openpyxl import Workbook

from data.errors import SourceError
from data.sources import SOURCES, ReadOptions, open_source, unique_names


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("create schema work")
        opened.execute(
            "create table work.rejects (source_table varchar, row_number bigint, value varchar, reason varchar)"
        )
        yield opened


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def load(connection: duckdb.DuckDBPyConnection, scratch: Path, location: Path | str, **options: str) -> list[str]:
    source = open_source(str(location))
    read = ReadOptions(scratch, **options)
    return [note for table in source.tables.values() for note in table.load(connection, table.name, read)]


def rows(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[object, ...]]:
    return connection.execute(f'select * from "{table}" order by _row').fetchall()


def rejects(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return connection.execute("select row_number, value, reason from work.rejects order by all").fetchall()


CHINESE = "客户,名称\n001,上海贸易有限公司\n002,北京\n"
GERMAN = "id;name;amt\n001;Größe & Söhne;1,5\n002;Müller;2\n"


@pytest.mark.parametrize(
    ("content", "title", "first"),
    [
        (CHINESE.encode(), "UTF-8", (1, "001", "上海贸易有限公司")),
        (CHINESE.encode("utf-8-sig"), "UTF-8", (1, "001", "上海贸易有限公司")),
        (CHINESE.encode("gb18030"), "GB18030", (1, "001", "上海贸易有限公司")),
        (CHINESE.encode("utf-16"), "UTF-16", (1, "001", "上海贸易有限公司")),
        (GERMAN.encode("latin-1"), "Latin-1", (1, "001", "Größe & Söhne", "1,5")),
        (GERMAN.replace("ö", "“").encode("cp1252"), "Windows-1252", (1, "001", "Gr“ße & S“hne", "1,5")),
        ("id,name\n1,Ação São\n2,Café\n".encode("latin-1"), "Latin-1", (1, "1", "Ação São")),
        (b"id,name\n1,plain\n", "UTF-8", (1, "1", "plain")),
        ("id,name\n1,ab\n".encode("utf-16-le"), "UTF-16-LE", (1, "1", "ab")),
    ],
)
def test_encodings(
    connection: duckdb.DuckDBPyConnection, scratch: Path, tmp_path: Path, content: bytes, title: str, first: object
) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    (note,) = load(connection, scratch, tmp_path / "t.csv")
    assert note.startswith(f"t.csv: {title}, separated by ")
    assert rows(connection, "t")[0] == first


def test_an_encoding_can_be_stated(connection: duckdb.DuckDBPyConnection, scratch: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("id,name\n1,東京\n".encode("shift-jis"))
    load(connection, scratch, tmp_path / "t.csv", encoding="shift-jis")
    assert rows(connection, "t") == [(1, "1", "東京")]
    with pytest.raises(SourceError, match="Unknown encoding 'klingon'"):
        load(connection, scratch, tmp_path / "t.csv", encoding="klingon")


def test_a_few_broken_bytes_cost_their_rows_alone(
    connection: duckdb.DuckDBPyConnection, scratch: Path, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_bytes(("id,name\n" + "1,上海贸易\n" * 50).encode() + b"2,\xe4\xb8\n3,ok\n")
    load(connection, scratch, tmp_path / "t.csv")
    assert len(rows(connection, "t")) == 51
    assert rows(connection, "t")[-1] == (52, "3", "ok")
    assert rejects(connection) == [(51, "2,\ufffd", "bytes that do not fit the encoding")]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators(connection: duckdb.DuckDBPyConnection, scratch: Path, tmp_path: Path, separator: str) -> None:
    lines = [["id", "name", "note"], ["1", "a", '"x, y; z"'], ["2", "b", '"two\nlines"'], ["3", "c", '"a ""b"""']]
    (tmp_path / "t.csv").write_text("\n".join(separator.join(line) for line in lines) + "\n", newline="")
    load(connection, scratch, tmp_path / "t.csv")
    assert rows(connection, "t") == [(1, "1", "a", "x, y; z"), (2, "2", "b", "two\nlines"), (3, "3", "c", 'a "b"')]
    assert rejects(connection) == []


def test_decimal_commas_do_not_look_like_separators(
    connection: duckdb.DuckDBPyConnection, scratch: Path, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text("id;price\n1;1,50\n2;2,75\n")
    load(connection, scratch, tmp_path / "t.csv")
    assert rows(connection, "t") == [(1, "1", "1,50"), (2, "2", "2,75")]


def test_ragged_lines_are_told_with_their_rows(
    connection: duckdb.DuckDBPyConnection, scratch: Path, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2\n\n3\n4,5,6\n7,8\n,\nlast")
    load(connection, scratch, tmp_path / "t.csv")
    assert rows(connection, "t") == [(1, "1", "2"), (4, "7", "8"), (5, "", "")]
    wrong = "wrong number of columns"
    assert rejects(connection) == [(2, "3", wrong), (3, "4,5,6", wrong), (6, "last", wrong)]


def test_a_quote_that_is_never_closed_costs_one_row(
    connection: duckdb.DuckDBPyConnection, scratch: Path, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text('a,b\n1,2\n"3,4\n5,6\n7,"8"\n9,10\n11\n12,13\n')
    load(connection, scratch, tmp_path / "t.csv")
    assert rows(connection, "t") == [(1, "1", "2"), (3, "5", "6"), (4, "7", "8"), (5, "9", "10"), (7, "12", "13")]
    assert rejects(connection) == [(2, '"3,4', "a quote that is never closed"), (6, "11", "wrong number of columns")]


def test_a_quote_open_through_a_large_file_costs_one_row(
    connection: duckdb.DuckDBPyConnection, scratch: Path, tmp_path: Path
) -> None:
    line = "x" * 1000 + ",2\n"
    (tmp_path / "t.csv").write_text('a,b\n"1,2\n' + line * 20_000)
    load(connection, scratch, tmp_path / "t.csv")
    assert len(rows(connection, "t")) == 20_000
    assert rejects(connection) == [(1, '"1,2', "a quote that is never closed")]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("sep=;\na;b\n1;2\n", ["a", "b"]),
        ('a,"b\nc"\n1,2\n', ["a", "b c"]),
        ("a,a,,A\n1,2,3,4\n", ["a", "a_2", "column_3", "A_3"]),
        ("a,b\r\n1,2\r\n", ["a", "b"]),
        ("a,b\n", ["a", "b"]),
        ("a,b\n1,2,\n2,3,\n", ["a", "b", "column_3"]),
        ("only\n1\n2\n", ["only"]),
    ],
)
def test_headers(
    connection: duckdb.DuckDBPyConnection, scratch: Path, tmp_path: Path, text: str, columns: list[str]
) -> None:
    (tmp_path / "t.csv").write_bytes(text.encode())
    load(connection, scratch, tmp_path / "t.csv")
    described = [row[0] for row in connection.execute("describe t").fetchall()]
    assert described == ["_row", *columns]
    assert len(rows(connection, "t")) == text.count("\n1") + text.count("\n2")


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n\n"])
def test_an_empty_file_is_an_error(
    connection: duckdb.DuckDBPyConnection, scratch: Path, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(SourceError, match=r"t\.csv is empty"):
        load(connection, scratch, tmp_path / "t.csv")


def test_packed_files(connection: duckdb.DuckDBPyConnection, scratch: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(CHINESE.encode("gb18030")))
    load(connection, scratch, tmp_path / "t.csv.gz")
    assert rows(connection, "t")[0] == (1, "001", "上海贸易有限公司")
    (tmp_path / "u.csv.gz").write_bytes(b"not packed at all")
    with pytest.raises(SourceError, match=r"u\.csv\.gz cannot be read"):
        load(connection, scratch, tmp_path / "u.csv.gz")


def test_json_lines_and_arrays(connection: duckdb.DuckDBPyConnection, scratch: Path, tmp_path: Path) -> None:
    objects = [{"id": "007", "n": 1.10, "date": "2024-01-01"}, {"id": None, "a/b": "x", "n": [1, 2]}]
    broken = '\n{"id": "1" "n": 2}\n[1]\n'
    (tmp_path / "by_line.json").write_text("\n".join(map(json.dumps, objects)) + broken)
    (tmp_path / "by_array.json").write_text(json.dumps(objects, indent=2))
    load(connection, scratch, tmp_path)
    expected = [("007", "1.1", "2024-01-01", None), (None, "[1,2]", None, "x")]
    for table in ("by_line", "by_array"):
        found = connection.execute(f'select id, n, date, "a/b" from {table} order by _row').fetchall()
        assert found == expected
    assert [(number, reason) for number, _, reason in rejects(connection)] == [
        (3, "not a JSON object"),
        (4, "not a JSON object"),
    ]


def test_a_broken_array_is_an_error(connection: duckdb.DuckDBPyConnection, scratch: Path, tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('[{"id": 1}, {"id": 2')
    with pytest.raises(SourceError, match=r"t\.json cannot be read as JSON"):
        load(connection, scratch, tmp_path / "t.json")


def test_excel_keeps_what_the_cells_show(connection: duckdb.DuckDBPyConnection, scratch: Path, tmp_path: Path) -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append([])
    sheet.append(["id", "at", "serial", "price", "flag", None])
    sheet.append([7, datetime(2024, 3, 5, 10), 45356, 2.50, True, None])
    sheet["A3"].number_format = "000"
    sheet.append([])
    sheet.append(["008", datetime(2024, 3, 5), None, 7.0, None, "beyond the header"])
    workbook.create_sheet("empty")
    workbook.save(tmp_path / "t.xlsx")
    load(connection, scratch, tmp_path / "t.xlsx")
    assert rows(connection, "t") == [
        (1, "007", "2024-03-05 10:00:00", "45356", "2.5", "true"),
        (3, "008", "2024-03-05", None, "7", None),
    ]


def test_a_workbook_of_several_sheets(tmp_path: Path) -> None:
    workbook = Workbook()
    for name in ("orders", "order_lines"):
        workbook.create_sheet(name).append(["order_id"])
    workbook.save(tmp_path / "erp.xlsx")
    assert set(open_source(str(tmp_path / "erp.xlsx")).tables) == {"orders", "order_lines"}


def test_typed_files_keep_their_types(connection: duckdb.DuckDBPyConnection, scratch: Path, tmp_path: Path) -> None:
    select = "select '007' as id, 5 as n, timestamp '2024-03-05 10:00' as at"
    duckdb.sql(f"copy ({select}) to '{tmp_path}/p.parquet'")
    with duckdb.connect(str(tmp_path / "d.duckdb")) as made:
        made.execute(f"create table d as {select}")
        made.execute("create view v as select id from d")
    load(connection, scratch, tmp_path)
    for table in ("p", "d"):
        assert rows(connection, table) == [(1, "007", 5, datetime(2024, 3, 5, 10))]
    assert rows(connection, "v") == [(1, "007")]


def test_a_folder_of_parts_is_one_table(connection: duckdb.DuckDBPyConnection, scratch: Path, tmp_path: Path) -> None:
    folder = tmp_path / "lake" / "orders.parquet"
    for day, ids in (("2024-03-05", "'007', '008'"), ("2024-03-06", "'009'")):
        part = folder / f"day={day}"
        part.mkdir(parents=True)
        duckdb.sql(f"copy (select unnest([{ids}]) as id) to '{part}/part-0.parquet'")
    (folder / "_SUCCESS").touch()
    load(connection, scratch, tmp_path / "lake")
    assert [(row[0], row[1], str(row[2])) for row in rows(connection, "orders")] == [
        (1, "007", "2024-03-05"),
        (2, "008", "2024-03-05"),
        (3, "009", "2024-03-06"),
    ]
    assert set(open_source(str(folder)).tables) == {"orders"}
    (tmp_path / "lake" / "customers.parquet").mkdir()
    with pytest.raises(SourceError, match=r"customers\.parquet is a folder without Parquet files"):
        load(connection, scratch, tmp_path / "lake")


def test_a_database_by_its_url(connection: duckdb.DuckDBPyConnection, scratch: Path, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "erp.sqlite") as made:
        made.execute("create table t (id text, n integer, price numeric, at timestamp)")
        made.execute("insert into t values ('007', 5, 2.5, '2024-03-05 10:00:00'), (null, null, null, null)")
    load(connection, scratch, f"sqlite:///{tmp_path}/erp.sqlite")
    assert rows(connection, "t") == [
        (1, "007", "5", "2.5000000000", "2024-03-05 10:00:00"),
        (2, None, None, None, None),
    ]


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("nowhere", "nowhere does not exist"),
        ("sqlite:////nowhere/x.sqlite", "/nowhere/x.sqlite does not exist"),
        ("postgresql+psycopg://joe:hunter2@127.0.0.1:1/x", "cannot be opened"),
        ("klingon://joe:hunter2@host/x?password=hunter2", "no driver"),
        ("://hunter2", "cannot be parsed"),
    ],
)
def test_errors_are_one_line_without_secrets(location: str, message: str) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        open_source(location)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unreadable_files_are_errors(connection: duckdb.DuckDBPyConnection, scratch: Path, tmp_path: Path) -> None:
    for name in ("a.parquet", "b.duckdb", "c.xlsx"):
        (tmp_path / name).write_bytes(b"this is not what its name says" * 100)
        with pytest.raises(SourceError, match=name.replace(".", r"\.")):
            load(connection, scratch, tmp_path / name)


def test_a_folder_names_what_it_leaves_out_and_refuses_two_of_a_name(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("order_id\n1\n")
    (tmp_path / "readme.pdf").write_text("x")
    (tmp_path / ".hidden.csv").write_text("x")
    (tmp_path / "last_year.csv").mkdir()
    source = open_source(str(tmp_path))
    assert source.ignored == ("last_year.csv/", "readme.pdf")
    assert set(source.tables) == {"orders"}
    (tmp_path / "Orders.json").write_text('{"order_id": 1}')
    with pytest.raises(SourceError, match=r"there twice: Orders\.json and orders\.csv"):
        open_source(str(tmp_path))


def test_every_source_is_registered_once_and_named() -> None:
    assert set(SOURCES) == {
        "database_url",
        "delimited",
        "duckdb_file",
        "excel_files",
        "json_files",
        "parquet_files",
    }
    assert all(kind.title for kind in SOURCES.values())


def test_names_differ_without_regard_to_case() -> None:
    assert unique_names(["A", "a", "", " b  c ", "a_2", "_row"]) == ["A", "a_2", "column_3", "b c", "a_2_2", "_row_2"]


@pytest.mark.slow
def test_a_million_lines_take_seconds(connection: duckdb.DuckDBPyConnection, scratch: Path, tmp_path: Path) -> None:
    duckdb.sql(
        "copy (select 'O' || i as order_id, i % 5 as line_no, 'P' || i % 100 as product_id, i % 7 as quantity, "
        f"i % 90 / 10 as unit_price from range(1000000) as r (i)) to '{tmp_path}/t.csv'"
    )
    started = time.process_time()
    load(connection, scratch, tmp_path / "t.csv")
    assert time.process_time() - started < 10
    assert len(rows(connection, "t")) == 1_000_000
