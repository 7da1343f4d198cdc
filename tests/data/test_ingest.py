"""A source into the analytics: every row is accounted for, nothing changes twice, and what fails changes nothing."""

import csv
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import data.audits
import data.ingestion.ingest
from data.errors import AuditError, BusyError, NotReadyError, SourceError
from data.ingestion.ingest import ingest
from data.ingestion.load_records import LoadReport, TableCounts
from data.schema import TABLES
from data.settings import Settings
from data.warehouse import Warehouse
from data.writer_lock import writer_lock

Row = Mapping[str, object]


class Shop:
    """A folder of CSV files and the analytics it is read into."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.folder = folder / "source"
        self.folder.mkdir(parents=True)
        self.settings = Settings(**changes)
        self.warehouse = Warehouse(folder / "home", self.settings)

    def write(self, table: str, rows: Iterable[Row]) -> None:
        rows = list(rows)
        with (self.folder / f"{table}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
            writer.writeheader()
            writer.writerows(rows)

    def text(self, table: str, text: str) -> None:
        (self.folder / f"{table}.csv").write_text(text, encoding="utf-8")

    def mapping(self, text: str) -> Path:
        path = self.folder.parent / "mapping.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    def load(self, mapping: Path | str | None = None) -> LoadReport:
        return ingest(self.warehouse, self.settings, str(self.folder), mapping)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with self.warehouse.read() as connection:
            return connection.execute(sql).fetchall()

    def quarantine(self) -> list[tuple[Any, ...]]:
        return self.query(
            "select table_name, row_number, key, column_name, value, reason from quarantine "
            "where not is_row_loaded order by all"
        )


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop with two orders of two lines each."""
    made = Shop(tmp_path)
    made.write("orders", [order("001"), order("002")])
    made.write("order_lines", [line("001", 1), line("001", 2), line("002", 1), line("002", 2)])
    return made


def order(order_id: str, **changes: object) -> dict[str, object]:
    return {"order_id": order_id, "customer_id": "007", "ordered_at": "2024-03-05 10:00", "status": "new", **changes}


def line(order_id: str, line_no: object, **changes: object) -> dict[str, object]:
    return {
        "order_id": order_id,
        "line_no": line_no,
        "product_id": "P1",
        "quantity": 2,
        "unit_price": "1.50",
        "warehouse_id": "W1",
        **changes,
    }


def counts(report: LoadReport, table: str) -> tuple[int, int, int, int, int]:
    found = next(found for found in report.tables if found.table == table)
    return found.read, found.loaded, found.updated, found.unchanged, found.quarantined


def test_canonical_files_are_loaded(shop: Shop) -> None:
    report = shop.load()
    assert counts(report, "orders") == (2, 2, 0, 0, 0)
    assert counts(report, "order_lines") == (4, 4, 0, 0, 0)
    assert report.published_version == shop.warehouse.version() == 1
    assert shop.query("select order_id, customer_id, ordered_at, status, promised_at from orders order by all") == [
        ("001", "007", datetime(2024, 3, 5, 10), "new", None),
        ("002", "007", datetime(2024, 3, 5, 10), "new", None),
    ]
    stored = shop.query("select read_count, loaded_count from load_counts order by table_name")
    assert stored == [(4, 4), (2, 2)]
    for name in ("orders", "order_lines"):
        described = [(row[0], row[1].lower()) for row in shop.query(f"describe {name}")]
        assert described == [(column.name, column.sql_type) for column in TABLES[name].columns]


def test_every_canonical_table_is_loaded(shop: Shop) -> None:
    samples = {"text": "x1", "number": "1.5", "integer": "3", "timestamp": "2024-03-05"}
    for name, table in TABLES.items():
        if not table.is_required:
            shop.write(name, [{column.name: samples[column.type] for column in table.columns}])
    shop.write("order_events", [{"order_id": "001", "at": "2024-03-05", "status": "new", "by": "x"}])
    report = shop.load()
    for name in TABLES:
        assert counts(report, name)[1] == len(shop.query(f"select * from {name}")) > 0
    again = shop.load()
    assert [found.unchanged for found in again.tables] == [found.read for found in again.tables]
    assert again.published_version is None


def test_the_same_file_twice_changes_nothing(shop: Shop) -> None:
    shop.write("prices", [{"product_id": "P1", "customer_id": "", "valid_from": "2024-01-01", "unit_price": 1}])
    shop.write("orders", [order("001"), order("002"), order("")])
    shop.load()
    before = sorted(path.name for path in shop.warehouse.home.iterdir())
    report = shop.load()
    assert report.published_version is None
    assert report.load_id is None
    assert counts(report, "orders") == (3, 0, 0, 2, 1)
    assert counts(report, "prices") == (1, 0, 0, 1, 0)
    assert sorted(path.name for path in shop.warehouse.home.iterdir()) == before


def test_unknown_columns_and_files_are_told(shop: Shop) -> None:
    shop.write("orders", [order("001", colour="red"), order("002", colour="blue")])
    (shop.folder / "notes.pdf").write_text("x")
    shop.text("elsewhere", "a,b\n1,2\n")
    report = shop.load()
    assert report.ignored_columns == {"orders": ["colour"]}
    assert shop.query("select table_name, column_name from ignored_columns") == [("orders", "colour")]
    assert any("notes.pdf" in note for note in report.notes)


def test_names_are_read_without_regard_to_case(shop: Shop) -> None:
    shop.text("orders", "ORDER_ID, Customer_Id ,ORDERED_AT\n001,7,20240305\n002,7,20240305\n")
    (shop.folder / "orders.csv").rename(shop.folder / "ORDERS.CSV")
    assert counts(shop.load(), "orders") == (2, 2, 0, 0, 0)


@pytest.mark.parametrize(
    ("changes", "column", "value", "reason"),
    [
        ({"order_id": " "}, "order_id", None, "required value missing"),
        ({"customer_id": ""}, "customer_id", None, "required value missing"),
        ({"ordered_at": "00000000"}, "ordered_at", None, "required value missing"),
        ({"ordered_at": "yesterday"}, "ordered_at", "yesterday", "cannot be read as a date or time"),
        ({"ordered_at": "03/04/2024"}, "ordered_at", "03/04/2024", "day or month first? set date_format in a mapping"),
    ],
)
def test_a_row_without_a_required_value_is_quarantined(
    shop: Shop, changes: dict[str, object], column: str, value: str | None, reason: str
) -> None:
    shop.write("orders", [order("001"), {**order("002"), **changes}])
    report = shop.load()
    assert counts(report, "orders") == (2, 1, 0, 0, 1)
    assert counts(report, "order_lines") == (4, 2, 0, 0, 2)
    entry = next(entry for entry in shop.quarantine() if entry[0] == "orders")
    assert entry[1] == 2
    assert entry[3:] == (column, value, reason)
    lines = [entry for entry in shop.quarantine() if entry[0] == "order_lines"]
    assert {entry[5] for entry in lines} == {"its order is neither in the source nor stored, or was quarantined"}
    assert [entry[2] for entry in lines] == ["002|1", "002|2"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"quantity": "many"}, "cannot be read as a number"),
        ({"quantity": "nan"}, "cannot be read as a number"),
        ({"line_no": "1.5"}, "cannot be read as a whole number"),
        ({"line_no": "99999999999"}, "cannot be read as a whole number"),
        ({"unit_price": ""}, "required value missing"),
    ],
)
def test_a_bad_line_is_quarantined_alone(shop: Shop, changes: dict[str, object], reason: str) -> None:
    shop.write("order_lines", [line("001", 1), {**line("001", 2), **changes}, line("002", 1)])
    report = shop.load()
    assert counts(report, "orders") == (2, 2, 0, 0, 0)
    assert counts(report, "order_lines") == (3, 2, 0, 0, 1)
    assert [entry[5] for entry in shop.quarantine()] == [reason]


def test_a_bad_optional_value_is_null_and_told(shop: Shop) -> None:
    shop.write("orders", [order("001", promised_at="soon", status="Weird", total_amount="ten"), order("002")])
    report = shop.load()
    assert counts(report, "orders") == (2, 2, 0, 0, 0)
    assert shop.query("select status, promised_at, total_amount from orders where order_id = '001'") == [
        (None, None, None)
    ]
    told = shop.query("select row_number, key, column_name, value, reason, is_row_loaded from quarantine order by all")
    assert told == [
        (1, "001", "promised_at", "soon", "cannot be read as a date or time", True),
        (1, "001", "status", "Weird", "unknown status word", True),
        (1, "001", "total_amount", "ten", "cannot be read as a number", True),
    ]


def test_statuses_are_read_with_spaces_and_in_any_case(shop: Shop) -> None:
    shop.write("orders", [order("001", status="On Hold"), order("002", status="CANCELED")])
    shop.load()
    assert shop.query("select status from orders order by order_id") == [("on_hold",), ("cancelled",)]


def test_of_two_rows_with_one_key_the_latest_stays(shop: Shop) -> None:
    shop.write(
        "orders",
        [
            order("001", updated_at="2024-03-06", channel="old"),
            order("001", updated_at="2024-03-07", channel="new"),
            order("002", updated_at="2024-03-06", channel="first"),
            order("002", updated_at="2024-03-06", channel="second"),
        ],
    )
    report = shop.load()
    assert counts(report, "orders") == (4, 2, 0, 0, 2)
    assert shop.query("select channel from orders order by order_id") == [("new",), ("first",)]
    assert [(entry[1], entry[5]) for entry in shop.quarantine()] == [
        (1, "another row of this load has the same key"),
        (4, "another row of this load has the same key"),
    ]


def test_lines_that_cannot_be_split_are_counted_and_told(shop: Shop) -> None:
    shop.text("orders", "order_id,customer_id,ordered_at\n001,7,20240305\n002,7\n003,7,20240305\n")
    shop.write("order_lines", [line("001", 1)])
    report = shop.load()
    assert counts(report, "orders") == (3, 2, 0, 0, 1)
    assert shop.quarantine() == [("orders", 2, None, None, "002,7", "wrong number of columns")]


def test_references_to_unknown_things_are_kept(shop: Shop) -> None:
    """The order_info findings are about them; only a line cannot do without its order."""
    shop.write("customers", [{"customer_id": "other", "name": "Other"}])
    shop.write("products", [{"product_id": "other", "name": "Other"}])
    shop.write("payments", [{"payment_id": "1", "order_id": "nowhere", "paid_at": "2024-03-05", "amount": 1}])
    shop.write("order_lines", [line("001", 1), line("nowhere", 1)])
    report = shop.load()
    assert counts(report, "orders")[1] == 2
    assert counts(report, "payments")[1] == 1
    assert counts(report, "order_lines") == (2, 1, 0, 0, 1)
    failed = shop.query("select audit from audit_results where failure_count > 0 order by all")
    assert failed == [("customers_known",), ("orders_have_lines",), ("payments_have_orders",), ("products_known",)]


def test_a_later_version_updates_and_the_earlier_one_is_kept(shop: Shop) -> None:
    shop.load()
    shop.write("orders", [order("001", status="shipped"), order("002")])
    shop.write("order_lines", [line("001", 1), line("001", 2, quantity=9), line("002", 1), line("002", 2)])
    report = shop.load()
    assert counts(report, "orders") == (2, 0, 1, 1, 0)
    assert counts(report, "order_lines") == (4, 0, 1, 3, 0)
    assert shop.query("select status from orders order by order_id") == [("shipped",), ("new",)]
    shop.write("orders", [order("001", status="delivered"), order("002")])
    shop.load()
    history = shop.query("select order_id, status, valid_from_load, valid_to_load from order_history order by all")
    assert history == [("001", "new", 1, 2), ("001", "shipped", 2, 3)]
    lines = shop.query("select order_id, line_no, quantity, valid_from_load, valid_to_load from order_line_history")
    assert lines == [("001", 2, 2.0, 1, 2)]
    assert shop.query("select order_id, load_id from order_loads order by all") == [("001", 3), ("002", 1)]


def test_partial_exports_add_to_what_is_there(shop: Shop) -> None:
    shop.load()
    shop.write("orders", [order("003")])
    shop.write("order_lines", [line("003", 1), line("002", 3)])
    report = shop.load()
    assert counts(report, "orders") == (1, 1, 0, 0, 0)
    assert counts(report, "order_lines") == (2, 2, 0, 0, 0)
    assert shop.query("select count(*) from orders") == [(3,)]
    assert shop.query("select count(*) from order_lines") == [(6,)]


def test_columns_that_a_source_lacks_stay_as_they_were(shop: Shop) -> None:
    shop.write("orders", [order("001", channel="phone"), order("002", channel="web")])
    shop.load()
    shop.write("orders", [order("001", status="shipped"), order("002")])
    shop.load()
    assert shop.query("select status, channel from orders order by order_id") == [("shipped", "phone"), ("new", "web")]


def test_lines_that_a_later_version_lacks_go_to_the_history(shop: Shop) -> None:
    shop.load()
    shop.write("orders", [order("001"), order("002")])
    shop.write("order_lines", [line("001", 1)])
    report = shop.load()
    assert next(found.removed for found in report.tables if found.table == "order_lines") == 1
    assert shop.query("select order_id, line_no from order_lines order by all") == [("001", 1), ("002", 1), ("002", 2)]
    assert shop.query("select order_id, line_no, valid_to_load from order_line_history") == [("001", 2, 2)]


@pytest.mark.parametrize("bad", ["001,2,P1,2,many", "001,2,P1", ",2,P1,2,1"])
def test_no_line_is_removed_where_one_is_in_quarantine(shop: Shop, bad: str) -> None:
    shop.load()
    shop.text("order_lines", f"order_id,line_no,product_id,quantity,unit_price\n001,1,P1,2,1.5\n{bad}\n")
    shop.load()
    assert shop.query("select count(*) from order_lines") == [(4,)]


def test_an_older_version_changes_nothing(shop: Shop) -> None:
    shop.write("orders", [order("001", status="shipped", updated_at="2024-03-09"), order("002")])
    shop.load()
    shop.write("orders", [order("001", status="new", updated_at="2024-03-08"), order("002")])
    shop.write("order_lines", [line("001", 1, quantity=99), line("001", 3), line("002", 1), line("002", 2)])
    report = shop.load()
    assert counts(report, "orders") == (2, 0, 0, 2, 0)
    assert counts(report, "order_lines") == (4, 0, 0, 4, 0)
    assert any("older than their stored version" in note for note in report.notes)
    assert shop.query("select count(*), max(quantity) from order_lines") == [(4, 2.0)]


def test_a_mended_row_closes_its_quarantine_entry(shop: Shop) -> None:
    shop.write("orders", [order("001"), order("002", customer_id=""), order("003", promised_at="soon")])
    shop.load()
    assert shop.query("select count(*) from quarantine where resolved_load_id is null") == [(4,)]
    shop.write("orders", [order("001"), order("002"), order("003", promised_at="soon")])
    shop.load()
    still_open = shop.query("select key, column_name from quarantine where resolved_load_id is null and load_id = 1")
    assert still_open == [("003", "promised_at")]
    assert shop.query("select distinct resolved_load_id from quarantine where resolved_load_id is not null") == [(2,)]


def test_new_quarantine_entries_alone_are_worth_a_version(shop: Shop) -> None:
    shop.load()
    shop.write("orders", [order("001"), order("002"), order("")])
    assert shop.load().published_version == 2
    assert shop.load().published_version is None


@pytest.mark.parametrize(
    ("table", "text", "message"),
    [
        ("orders", None, "has no table orders. Found: order_lines"),
        ("order_lines", None, "has no table order_lines"),
        ("orders", "order_id,customer_id,order_date\n1,2,3\n", "required column 'ordered_at'. Did you mean 'order_d"),
        ("prices", "product_id,unit_price\n1,2\n", "Table prices lacks the required column 'valid_from'"),
        (
            "orders",
            "order_id,customer_id,ordered_at\n1,2,3\n1,2,x\n",
            "No row of orders can be loaded; 2 of them: ordered",
        ),
        (
            "orders",
            "order_id,customer_id,ordered_at\n1,2\n",
            "No row of orders can be loaded; 1 of them: line (such as '1,2",
        ),
        ("orders", "order_id,customer_id,ordered_at\n1,2,03/04/2024\n", "03/04/2024'): day or month first"),
        ("orders", "", "orders.csv is empty"),
    ],
)
def test_a_source_that_does_not_fit_changes_nothing(shop: Shop, table: str, text: str | None, message: str) -> None:
    if text is None:
        (shop.folder / f"{table}.csv").unlink()
    else:
        shop.text(table, text)
    with pytest.raises(SourceError) as caught:
        shop.load()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert shop.warehouse.version() is None
    assert not [path for path in shop.warehouse.home.iterdir() if path.name.startswith(("loading-", "building-"))]


def test_a_crash_in_the_middle_changes_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.load()
    shop.write("orders", [order("001", status="shipped"), order("003")])
    merge = data.ingestion.ingest.merge

    def crash(connection: Any, incoming: Any, load_id: int) -> TableCounts:
        if incoming.table.name == "order_lines":
            raise RuntimeError("the power went")
        return merge(connection, incoming, load_id)

    monkeypatch.setattr(data.ingestion.ingest, "merge", crash)
    with pytest.raises(RuntimeError, match="the power went"):
        shop.load()
    assert shop.warehouse.version() == 1
    assert shop.query("select order_id, status from orders order by all") == [("001", "new"), ("002", "new")]
    monkeypatch.undo()
    assert counts(shop.load(), "orders") == (2, 1, 1, 0, 0)


def test_a_killed_load_changes_nothing_and_is_cleared_away(shop: Shop) -> None:
    shop.load()
    shop.write("orders", [order(f"N{number}") for number in range(5)])
    script = (
        "import os, signal, data.ingestion.ingest\n"
        "data.ingestion.ingest.merge = lambda *arguments: os.kill(os.getpid(), signal.SIGKILL)\n"
        "from data.settings import Settings\nfrom data.warehouse import Warehouse\nfrom pathlib import Path\n"
        f"warehouse = Warehouse(Path({str(shop.warehouse.home)!r}), Settings())\n"
        f"data.ingestion.ingest.ingest(warehouse, Settings(), {str(shop.folder)!r})"
    )
    done = subprocess.run([sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": "."}, check=False)
    assert done.returncode == -9
    assert list(shop.warehouse.home.glob("loading-*"))
    assert shop.query("select count(*) from orders") == [(2,)]
    assert counts(shop.load(), "orders") == (5, 5, 0, 0, 0)
    assert not list(shop.warehouse.home.glob("loading-*"))


def test_a_failed_blocking_audit_stops_the_publication(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shop.load()
    audits = tmp_path / "audits"
    audits.mkdir()
    (audits / "no_third.sql").write_text(
        "-- One row per third order.\n-- title: There is no third order\n-- blocking: true\n"
        "select order_id, customer_po from orders where order_id = '003'"
    )
    monkeypatch.setattr(data.audits, "FOLDER", audits)
    shop.write("orders", [order("003")])
    with pytest.raises(AuditError, match="There is no third order: 1 failures, such as order_id 003"):
        shop.load()
    assert shop.warehouse.version() == 1


def test_a_second_writer_is_told_at_once(shop: Shop) -> None:
    shop.warehouse.home.mkdir()
    with writer_lock(shop.warehouse.home, "test"), pytest.raises(BusyError):
        shop.load()


def test_an_empty_export_is_no_error(shop: Shop) -> None:
    shop.text("orders", "order_id,customer_id,ordered_at\n")
    shop.text("order_lines", "order_id,line_no,product_id,quantity,unit_price\n")
    assert shop.load().published_version is None
    with pytest.raises(NotReadyError):
        shop.query("select 1")


@pytest.mark.parametrize(
    ("zone", "mapping", "expected"),
    [
        ("UTC", "", [datetime(2024, 3, 5, 10), datetime(2024, 3, 5, 9), datetime(2024, 3, 5)]),
        ("Asia/Shanghai", "", [datetime(2024, 3, 5, 10), datetime(2024, 3, 5, 17), datetime(2024, 3, 5)]),
        (
            "UTC",
            "time_zone: America/New_York",
            [datetime(2024, 3, 5, 15), datetime(2024, 3, 5, 9), datetime(2024, 3, 5)],
        ),
    ],
)
def test_time_zones(tmp_path: Path, zone: str, mapping: str, expected: list[datetime]) -> None:
    """A day without a time of day stays that day in every zone."""
    shop = Shop(tmp_path, time_zone=zone)
    moments = ["2024-03-05 10:00", "2024-03-05T10:00:00+01:00", "2024-03-05"]
    shop.write("orders", [order(str(number), ordered_at=moment) for number, moment in enumerate(moments)])
    shop.write("order_lines", [line("0", 1)])
    shop.load(shop.mapping(mapping) if mapping else None)
    assert [row[0] for row in shop.query("select ordered_at from orders order by order_id")] == expected


def test_numbers_and_dates_are_read_by_the_evidence_of_their_column(shop: Shop) -> None:
    shop.text(
        "orders",
        "order_id;customer_id;ordered_at;promised_at;total_amount\n"
        "001;7;25.03.2024;04/03/2024;1.234,50\n002;7;01.04.2024;05/03/2024;1.250\n",
    )
    shop.text(
        "order_lines",
        "order_id;line_no;product_id;quantity;unit_price\n001;1;P;2;1.000\n002;1;P;1,5;-3,00-\n002;2;P;7;3,00-\n",
    )
    report = shop.load()
    assert counts(report, "order_lines") == (3, 2, 0, 0, 1)
    orders = shop.query("select ordered_at, promised_at, total_amount from orders order by order_id")
    # 1.250 is read like its column, 04/03/2024 like the other dates of its table.
    assert orders == [
        (datetime(2024, 3, 25), datetime(2024, 3, 4), 1234.5),
        (datetime(2024, 4, 1), datetime(2024, 3, 5), 1250.0),
    ]
    assert shop.query("select quantity, unit_price from order_lines order by all") == [(2.0, 1000.0), (7.0, -3.0)]


def test_a_column_of_both_styles_is_not_guessed(shop: Shop) -> None:
    rows = [
        line("001", 1, unit_price="1,234.50"),
        line("001", 2, unit_price="12,5"),
        line("002", 1, unit_price="1.234"),
    ]
    shop.write("order_lines", rows)
    shop.load()
    assert shop.query("select unit_price from order_lines order by all") == [(12.5,), (1234.5,)]
    assert [entry[4:] for entry in shop.quarantine()] == [
        ("1.234", "decimal sign or thousands separator? set number_format in a mapping")
    ]


def test_a_mapping_can_state_the_styles(shop: Shop) -> None:
    shop.write("orders", [order("001", ordered_at="03/04/2024"), order("002", ordered_at="25/12/2024")])
    shop.write("order_lines", [line("001", 1, unit_price="1.234")])
    report = shop.load(shop.mapping("date_format: mdy\nnumber_format: comma\n"))
    assert counts(report, "orders") == (2, 1, 0, 0, 1)
    assert shop.query("select ordered_at from orders") == [(datetime(2024, 3, 4),)]
    assert shop.query("select unit_price from order_lines") == [(1234.0,)]


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
IDS = st.sampled_from(["1", "2", "3", " 3", "007", "", "NULL"]) | TEXTS
NUMBERS = st.sampled_from(["1", "2,5", "1.234", "x", "", "nan", "-3", "5-"]) | st.floats().map(str) | TEXTS
MOMENTS = st.sampled_from(["2024-01-01", "01.02.2024", "13/01/2024", "00000000", "", "x", "2024-01-01T00:00Z"]) | TEXTS
STATUSES = st.sampled_from(["new", "SHIPPED", "??", ""]) | TEXTS
ORDERS = st.lists(st.tuples(IDS, IDS, MOMENTS, STATUSES, NUMBERS), max_size=6)
LINES = st.lists(st.tuples(IDS, NUMBERS, IDS, NUMBERS, NUMBERS), max_size=8)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(orders=ORDERS, lines=LINES, ragged=st.lists(st.integers(0, 7), max_size=2))
def test_counts_add_up_on_messy_tables(
    tmp_path_factory: pytest.TempPathFactory,
    orders: list[tuple[str, ...]],
    lines: list[tuple[str, ...]],
    ragged: list[int],
) -> None:
    shop = Shop(tmp_path_factory.mktemp("messy"))
    good_order, good_line = ("good", "7", "2024-05-05", "new", "1"), ("good", "1", "P", "1", "1")
    names = ["order_id", "customer_id", "ordered_at", "status", "total_amount"]
    shop.write("orders", [dict(zip(names, values, strict=True)) for values in [good_order, *orders]])
    names = ["order_id", "line_no", "product_id", "quantity", "unit_price"]
    shop.write("order_lines", [dict(zip(names, values, strict=True)) for values in [good_line, *lines]])
    with (shop.folder / "order_lines.csv").open("a", encoding="utf-8") as file:
        file.writelines("x," * width + "\n" for width in ragged if width != 4)
    written = {"orders": len(orders) + 1, "order_lines": len(lines) + 1 + sum(width not in (0, 4) for width in ragged)}
    report = shop.load()
    for table, read in written.items():
        found = counts(report, table)
        assert found[0] == read == sum(found[1:])
        assert shop.query(f"select count(*) from {table}") == [(found[1],)]
        told = f"select count(*) from quarantine where table_name = '{table}' and not is_row_loaded"
        assert shop.query(told) == [(found[4],)]
    again = shop.load()
    assert again.published_version is None
    assert [counts(again, table)[3:] for table in written] == [
        (counts(report, table)[1], counts(report, table)[4]) for table in written
    ]
