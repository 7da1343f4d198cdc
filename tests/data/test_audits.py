"""Audits: each can fail, and says what failed."""

from collections.abc import Iterator

import duckdb
import pytest

from data.audits import audits, run_audits
from data.errors import AuditError
from data.ingestion.load_records import create_tables
from data.ingestion.merging import create_canonical
from data.schema import TABLES


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Analytics with every table and one good order."""
    with duckdb.connect() as opened:
        create_tables(opened)
        for table in TABLES.values():
            create_canonical(opened, table)
        opened.execute("insert into customers (customer_id, name) values ('7', 'x')")
        opened.execute("insert into products (product_id, name) values ('P', 'x')")
        opened.execute(
            "insert into orders (order_id, customer_id, ordered_at, total_amount, status) "
            "values ('1', '7', '2024-03-05', 10, 'new')"
        )
        opened.execute(
            "insert into order_lines (order_id, line_no, product_id, quantity, unit_price) values ('1', 1, 'P', 2, 5)"
        )
        yield opened


BREAKS = {
    "keys_unique": "insert into customers (customer_id, name) values ('7', 'again')",
    "required_values_present": "update customers set name = null",
    "lines_have_orders": "update order_lines set order_id = '2'",
    "statuses_known": "update orders set status = 'lost'",
    "load_counts_reconcile": "insert into load_counts values (1, 'orders', 5, 1, 1, 1, 1, 0)",
    "customers_known": "update orders set customer_id = '8'",
    "products_known": "update order_lines set product_id = 'Q'",
    "orders_have_lines": "delete from order_lines",
    "payments_have_orders": "insert into payments (payment_id, order_id, paid_at, amount) "
    "values ('1', '2', '2024-03-05', 1)",
    "events_have_orders": "insert into order_events (order_id, \"at\", status) values ('2', '2024-03-05', 'new')",
    "totals_reconcile": "update orders set total_amount = 11",
    "dates_possible": "update orders set shipped_at = '2024-03-04'",
    "stock_not_later_than_orders": "insert into inventory (product_id, as_of, on_hand) values ('P', '2024-03-07', 1)",
    "fractions_in_range": "update order_lines set discount = 15",
    "volume_not_collapsed": "insert into orders (order_id, customer_id, ordered_at) select 'o' || i, '7', "
    "timestamp '2024-03-05' - to_hours(5 * i) - interval 8 day from range(400) as r (i)",
}


def test_nothing_fails_where_all_is_well(connection: duckdb.DuckDBPyConnection) -> None:
    results = run_audits(connection, 1)
    assert {result.audit for result in results} == set(audits())
    assert all(result.failure_count == 0 for result in results)
    assert all(result.title for result in results)


@pytest.mark.parametrize("name", audits())
def test_an_audit_fails_where_it_should(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    connection.execute(BREAKS[name])
    if audits()[name].header["blocking"] == ["true"]:
        with pytest.raises(AuditError, match="Nothing was published"):
            run_audits(connection, 1)
    else:
        run_audits(connection, 1)
    found = connection.execute("select audit from audit_results where failure_count > 0").fetchall()
    assert (name,) in found


def test_an_audit_without_its_tables_is_not_run(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("drop table customers")
    result = next(result for result in run_audits(connection, 1) if result.audit == "customers_known")
    assert (result.failure_count, result.example) == (None, "customers")


def test_results_of_a_run_are_stored_once(connection: duckdb.DuckDBPyConnection) -> None:
    run_audits(connection, 1)
    run_audits(connection, 1)
    run_audits(connection, 2)
    stored = connection.execute("select run_id, count(*) from audit_results group by all order by all").fetchall()
    assert stored == [(1, len(audits())), (2, len(audits()))]


@pytest.mark.parametrize("name", audits())
def test_an_audit_says_what_should_hold_and_whether_it_blocks(name: str) -> None:
    header = audits()[name].header
    assert len(header["title"]) == 1
    assert header["blocking"] in (["true"], ["false"])
