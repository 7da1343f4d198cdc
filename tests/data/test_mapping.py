"""Mapping files: what they may say, what they may not, and what comes out."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from data.errors import MappingError, OrderlensError
from data.ingestion.ingest import ingest
from data.ingestion.load_records import LoadReport
from data.ingestion.mapping import Mapping, mapping_path, parse_mapping, read_mapping, shipped_mappings, write_mapping
from data.ingestion.mapping_guess import WORDS, guess_mapping
from data.ingestion.mapping_sql import tables_used
from data.schema import TABLES
from data.settings import Settings
from data.sources import open_source
from data.warehouse import Warehouse

Load = Callable[..., tuple[LoadReport, Callable[[str], list[tuple[Any, ...]]]]]

SALES = (
    "Beleg;Kunde;Datum;Artikel;Menge;Preis;Zustand\n"
    "0001;K7;05.03.2024;A1;2;1.234,50;fertig\n"
    "0001;K7;05.03.2024;A2;3;2,50;fertig\n"
    "0002;K8;25.03.2024;A1;-1;1.234,50;storno\n"
    "0003;;26.03.2024;A1;1;1,00;neu\n"
)
FLAT = """
title: One file, a row a line
channel: edi
currency: EUR
status: {fertig: closed, storno: cancelled, neu: new}
tables:
  orders:
    from: (select * from sales qualify row_number() over (partition by Beleg order by _row) = 1)
    reject:
      - {when: Menge like '-%', reason: a correction of stock}
    columns:
      order_id: Beleg
      customer_id: coalesce(nullif(Kunde, ''), 'walk-in')
      ordered_at: Datum
      status: Zustand
  order_lines:
    from: sales as s
    where: s.Menge not like '-%'
    columns:
      order_id: s.Beleg
      line_no: row_number() over (partition by s.Beleg order by s._row)
      product_id: s.Artikel
      quantity: s.Menge
      unit_price: s.Preis
      discount: 0
"""


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load a text as ``sales.csv`` with a mapping; return the report and a way to ask."""
    warehouse = Warehouse(tmp_path / "home", Settings())

    def run(mapping: str, sales: str = SALES) -> tuple[LoadReport, Callable[[str], list[tuple[Any, ...]]]]:
        (tmp_path / "mapping.yaml").write_text(mapping, encoding="utf-8")
        (tmp_path / "sales.csv").write_text(sales, encoding="utf-8")
        report = ingest(warehouse, Settings(), str(tmp_path / "sales.csv"), tmp_path / "mapping.yaml")

        def ask(sql: str) -> list[tuple[Any, ...]]:
            with warehouse.read() as connection:
                return connection.execute(sql).fetchall()

        return report, ask

    return run


def test_one_file_becomes_orders_and_lines(load: Load) -> None:
    report, ask = load(FLAT)
    assert ask("select order_id, customer_id, ordered_at, status, channel, currency from orders order by all") == [
        ("0001", "K7", datetime(2024, 3, 5), "closed", "edi", "EUR"),
        ("0003", "walk-in", datetime(2024, 3, 26), "new", "edi", "EUR"),
    ]
    assert ask("select order_id, line_no, quantity, unit_price from order_lines order by all") == [
        ("0001", 1, 2.0, 1234.5),
        ("0001", 2, 3.0, 2.5),
        ("0003", 1, 1.0, 1.0),
    ]
    found = {found.table: (found.read, found.loaded, found.quarantined) for found in report.tables}
    assert found == {"orders": (3, 2, 1), "order_lines": (3, 3, 0)}
    assert ask("select table_name, row_number, key, reason from quarantine") == [
        ("orders", 3, "0002", "a correction of stock")
    ]
    assert load(FLAT)[0].published_version is None


def test_what_no_table_could_read_is_counted_under_the_sources_own_name(load: Load) -> None:
    report, ask = load(FLAT, SALES + "torn line\n")
    torn = next(found for found in report.tables if found.table == "sales")
    assert (torn.read, torn.quarantined) == (1, 1)
    assert ask("select table_name, row_number, value from quarantine where key is null") == [("sales", 5, "torn line")]


def test_columns_that_a_mapping_does_not_name_are_told(load: Load) -> None:
    sales = "\n".join(f"{line};x" if number else f"{line};Extra" for number, line in enumerate(SALES.splitlines()))
    assert load(FLAT, sales)[0].ignored_columns == {"sales": ["Extra"]}


def test_number_and_moment_help_authors(load: Load) -> None:
    mapping = FLAT.replace("unit_price: s.Preis", "unit_price: number('1,234.5') / 2").replace(
        "ordered_at: Datum", "ordered_at: moment('20240305') + interval 2 hour"
    )
    _, ask = load(mapping)
    assert ask("select distinct unit_price from order_lines") == [(617.25,)]
    assert ask("select distinct ordered_at from orders") == [(datetime(2024, 3, 5, 2),)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tables: {order: {from: x, columns: {}}}", "Unknown table 'order'. Did you mean 'orders'?"),
        (
            "tables: {orders: {from: x, columns: {ordered_on: x}}}",
            "Unknown column of orders 'ordered_on'. Did you mean",
        ),
        ("tables: {orders: {from: x, columns: {order_id: x}}}", "lacks the required columns customer_id, ordered_at"),
        ("tables: {orders: {from: x, colums: {}}}", "Unknown entry 'colums'. Did you mean 'columns'?"),
        ("table: {}", "Unknown entry 'table'. Did you mean 'tables'?"),
        ("tables: {orders: {columns: {}}}", "orders.from: Field required"),
        ("status: {x: shiped}", "Unknown status 'shiped'. Did you mean 'shipped'?"),
        ("time_zone: Mars/Olympus", "time_zone: Value error, not a time zone"),
        ("number_format: swiss", "number_format: Input should be 'auto', 'point' or 'comma' (got 'swiss')"),
        ("tables: [", "line 1:"),
        ("just text", "expected entries such as `tables:`, got str"),
    ],
)
def test_a_wrong_mapping_says_so_in_one_line(text: str, message: str) -> None:
    with pytest.raises(MappingError) as caught:
        parse_mapping(text, "mine.yaml")
    assert message in str(caught.value)
    assert str(caught.value).startswith("Mapping mine.yaml")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("from: sales as s", "from: sale as s", "order_lines.from: Unknown source table 'sale'. Did you mean 'sales'?"),
        ("s.Menge\n", "s.Mange\n", "order_lines.quantity: no column 'Mange' in 'sales as s'. Did you mean 'Menge'?"),
        ("s.Preis", "s.Preis +", "order_lines.unit_price: syntax error"),
        ("s.Preis", "1) as x, (2", "order_lines.unit_price: syntax error"),
        ("s.Preis", "1, 2", "expected one SQL expression, got '1, 2'"),
        ("s.Preis", "s.Preis from sales", "expected one SQL expression"),
        ("s.Preis", "frobnicate(s.Preis)", "order_lines.unit_price: "),
        ("from: sales as s", "from: sales as s where true", "conditions go into `where`"),
        ("from: sales as s", "from: sales as s; drop table sales", "order_lines.from: "),
    ],
)
def test_sql_that_does_not_fit_is_named(load: Load, before: str, after: str, message: str) -> None:
    assert before in FLAT
    with pytest.raises(MappingError) as caught:
        load(FLAT.replace(before, after))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "expression",
    [
        "(select content from read_text('/etc/passwd'))",
        "(select count(*) from '/etc/passwd')",
        "(select count(*) from read_csv('/etc/passwd'))",
        "(select count(*) from glob('/*'))",
        "(select count(*) from duckdb_settings())",
        "(select count(*) from information_schema.tables)",
        "(select count(*) from work.rejects)",
        "(select value from query('select 1 as value'))",
    ],
)
def test_a_mapping_reads_its_source_and_nothing_else(load: Load, expression: str) -> None:
    with pytest.raises(MappingError):
        load(FLAT.replace("s.Preis", expression))


def test_ctes_and_unnest_are_fine() -> None:
    mapping = parse_mapping(FLAT, "flat").model_copy()
    inner = "(with a as (select * from sales) select * from a, unnest([1, 2]) as u (n))"
    lines = mapping.tables["order_lines"].model_copy(update={"source": f"{inner} as s"})
    changed = mapping.model_copy(update={"tables": {**mapping.tables, "order_lines": lines}})
    with duckdb.connect() as connection:
        assert tables_used(connection, changed, ["Sales", "other"]) == {"Sales"}


def test_mappings_by_name_and_by_path(tmp_path: Path) -> None:
    assert mapping_path("northwind") == shipped_mappings()["northwind"]
    (tmp_path / "mine.yaml").write_text("title: Mine")
    assert read_mapping(tmp_path / "mine.yaml").title == "Mine"
    with pytest.raises(MappingError, match=r"Unknown mapping 'nortwind'\. Did you mean 'northwind'"):
        mapping_path("nortwind")
    with pytest.raises(MappingError, match="does not exist"):
        mapping_path(tmp_path / "other.yaml")


@pytest.mark.parametrize("name", shipped_mappings())
def test_a_shipped_mapping_is_valid_and_says_what_it_decides(name: str) -> None:
    mapping = read_mapping(name)
    assert mapping.title
    assert mapping.notes
    assert parse_mapping(write_mapping(mapping), name) == mapping


def test_a_written_mapping_is_read_back() -> None:
    mapping = parse_mapping(FLAT, "flat")
    assert parse_mapping(write_mapping(mapping), "again") == mapping
    assert isinstance(mapping, Mapping)


CHINESE = (
    "订单号,下单日期,客户编号,客户名称,产品编号,产品名称,数量,单价,状态\n"
    "A1,2024年3月5日,007,上海贸易,P1,螺丝,5,1.2,已发货\n"
    "A1,2024年3月5日,007,上海贸易,P2,螺母,6,1.3,已发货\n"
    "A2,2024年3月6日,008,北京商行,P2,螺母,7,1.3,已取消\n"
)


def test_a_guessed_mapping_loads_a_chinese_file(load: Load, tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(CHINESE, encoding="gb18030")
    guess = guess_mapping(open_source(str(tmp_path / "sales.csv")))
    assert guess.mapping is not None
    _, ask = load(write_mapping(guess.mapping), CHINESE)
    assert ask("select order_id, customer_id, ordered_at, status from orders order by all") == [
        ("A1", "007", datetime(2024, 3, 5), "shipped"),
        ("A2", "008", datetime(2024, 3, 6), "cancelled"),
    ]
    assert ask("select customer_id, name from customers order by all") == [("007", "上海贸易"), ("008", "北京商行")]
    assert ask("select order_id, line_no, product_id, quantity, unit_price from order_lines order by all") == [
        ("A1", 1, "P1", 5.0, 1.2),
        ("A1", 2, "P2", 6.0, 1.3),
        ("A2", 1, "P2", 7.0, 1.3),
    ]
    assert ask("select name, list_price from products order by all") == [("螺丝", None), ("螺母", None)]


def test_values_decide_beside_names(tmp_path: Path) -> None:
    """A column called quantity that holds words is not the quantity."""
    (tmp_path / "orders.csv").write_text("order no,date,customer\n1,2024-01-01,7\n2,2024-01-02,8\n")
    (tmp_path / "items.csv").write_text("order no,sku,quantity,qty,price\n1,A,many,5,2.5\n2,B,few,6,3\n")
    guess = guess_mapping(open_source(str(tmp_path)))
    assert guess.sources["order_lines"] == "items"
    assert guess.mapping is not None
    assert guess.mapping.tables["order_lines"].columns["quantity"] == '"qty"'


def test_no_proposal_where_there_are_no_orders(tmp_path: Path) -> None:
    (tmp_path / "weather.csv").write_text("day,rain\n2024-01-01,3\n")
    guess = guess_mapping(open_source(str(tmp_path)))
    assert guess.mapping is None
    assert "No table looks like orders and order_lines" in guess.doubts[0]


def test_the_guessers_words_are_about_canonical_columns() -> None:
    import yaml

    words = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    columns = {column for table in TABLES.values() for column in table.column_names}
    columns |= {f"{table.name}.{column}" for table in TABLES.values() for column in table.column_names}
    assert set(words["columns"]) <= columns
    Mapping.model_validate({"status": {word: status for status, found in words["statuses"].items() for word in found}})


def test_errors_are_of_the_product() -> None:
    assert issubclass(MappingError, OrderlensError)
