"""Real order data through the shipped mappings: what is read is accounted for, and what is known of it comes out."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from data.ingestion.ingest import ingest
from data.ingestion.load_records import LoadReport
from data.settings import Settings
from data.warehouse import Warehouse

FOLDER = Path(os.environ.get("ORDERLENS_TEST_DATA") or Path(__file__).parents[3] / "shared" / "data")

Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def loaded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[LoadReport, Ask]]:
    """The named data set, loaded with its shipped mapping."""
    name = request.param
    if not (FOLDER / name).is_dir():
        pytest.skip(f"the {name} data is not here; set ORDERLENS_TEST_DATA to the folder that holds it")
    warehouse = Warehouse(tmp_path_factory.mktemp(name) / "home", Settings())
    report = ingest(warehouse, Settings(), str(FOLDER / name), name)

    def ask(sql: str) -> list[tuple[Any, ...]]:
        with warehouse.read() as connection:
            return connection.execute(sql).fetchall()

    yield report, ask
    warehouse.close()


def real(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("loaded", [name], indirect=True)


def loaded_counts(report: LoadReport) -> dict[str, tuple[int, int]]:
    assert all(found.read == found.loaded + found.quarantined for found in report.tables)
    return {found.table: (found.loaded, found.quarantined) for found in report.tables}


def failures(ask: Ask) -> dict[str, int]:
    return dict(ask("select audit, failure_count from audit_results where failure_count > 0"))


@real("adventureworks")
def test_adventureworks_is_whole(loaded: tuple[LoadReport, Ask]) -> None:
    report, ask = loaded
    assert loaded_counts(report) == {
        "customers": (19820, 0),
        "products": (504, 0),
        "prices": (395, 0),
        "promotions": (243, 0),
        "orders": (31465, 0),
        "order_lines": (121317, 0),
        "inventory": (432, 0),
        "purchase_orders": (8703, 0),
    }
    assert failures(ask) == {}
    # Every header equals the sum of its lines.
    assert ask(
        "select count(*) from (select order_id, sum(quantity * unit_price * (1 - discount)) as net from order_lines "
        "group by all) join orders using (order_id) where abs(net - total_amount) > 0.01 * (1 + total_amount / 1000)"
    ) == [(0,)]
    assert ask("select min(ordered_at), max(ordered_at) from orders where status = 'shipped'")[0][0].year == 2011


@real("northwind")
def test_northwind(loaded: tuple[LoadReport, Ask]) -> None:
    report, ask = loaded
    assert loaded_counts(report) == {
        "customers": (93, 0),
        "products": (77, 0),
        "orders": (830, 0),
        "order_lines": (2155, 0),
        "inventory": (77, 0),
        "purchase_orders": (17, 0),
    }
    assert failures(ask) == {}
    assert ask("select count(*) from orders where shipped_at > promised_at") == [(37,)]
    assert ask("select count(*) from orders where status = 'confirmed'") == [(21,)]
    assert ask("select name from customers where customer_id = 'BERGS'") == [("Berglunds snabbköp",)]


@real("sap_bikes")
def test_sap_bikes(loaded: tuple[LoadReport, Ask]) -> None:
    report, ask = loaded
    assert loaded_counts(report) == {
        "customers": (40, 0),
        "products": (42, 0),
        "orders": (334, 0),
        "order_lines": (1930, 0),
    }
    assert failures(ask) == {"dates_possible": 11}  # deliveries promised for the year 2999
    first = ask("select order_id, customer_id, cast(ordered_at as date), status from orders order by order_id limit 1")
    assert [str(value) for value in first[0]] == ["0500000000", "0100000022", "2018-01-11", "closed"]
    assert ask("select line_no, quantity, unit_price from order_lines where order_id = '0500000000'") == [
        (10, 4.0, 2499.0),
        (20, 9.0, 399.0),
    ]


@real("online_retail")
def test_online_retail_keeps_what_is_odd_about_it(loaded: tuple[LoadReport, Ask]) -> None:
    report, ask = loaded
    assert loaded_counts(report) == {
        "customers": (4297, 0),
        "products": (3921, 0),
        "orders": (22832, 1980),
        "order_lines": (517396, 1990),
    }
    assert sum(found.read for found in report.tables if found.table == "order_lines") == 519386
    assert ask("select distinct reason from quarantine") == [("stock adjustment, not an order",)]
    # The order stays as it was invoiced; the document that reverses it is the cancelled one.
    assert ask(
        "select order_id, status, quantity from orders join order_lines using (order_id) "
        "where order_id in ('581483', 'C581484', '541431') order by all"
    ) == [("541431", "invoiced", 74215.0), ("581483", "invoiced", 80995.0), ("C581484", "cancelled", -80995.0)]
    bad_debt = ask("select order_id, product_id, unit_price, customer_id from order_lines join orders using (order_id) "
                   "where order_id like 'A%' order by all")  # fmt: skip
    assert bad_debt == [
        ("A563185", "B", 11062.06, "unknown"),
        ("A563186", "B", -11062.06, "unknown"),
        ("A563187", "B", -11062.06, "unknown"),
    ]
    repeated = ask(
        "select sum(n - 1) from "
        "(select count(*) as n from order_lines group by order_id, product_id, quantity, unit_price)"
    )
    assert repeated[0][0] > 4900
    assert ask("select count(*) from orders where status = 'cancelled'") == [(3700,)]
    assert failures(ask) == {}
