"""What a finding says would have let it pass does let it pass: each is changed as it says, and the checks run again."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from data.ingestion.ingest import ingest
from data.sample import make_sample
from data.settings import Settings
from data.warehouse import Warehouse
from models.checks import checks
from models.detect import data_clock, find_all, present_tables
from models.findings import Context
from models.ranking import MINIMUM_SCORE, prior_scores

ORDERS = 1200
SHIP_TO = ("name", "phone", "address", "city", "postal_code", "region")
LINE_FIELDS = {
    "price_currency": "expected",
    "price_digits": "expected",
    "price_slip": "expected",
    "price_unit": "expected",
    "price_discount": "expected",
    "price_outlier": "expected",
    "price_stale": "expected",
    "price_zero": "expected",
    "quantity_digits": "usual",
    "quantity_jump": "usual",
    "quantity_pack": "earlier",
}
"""Checks of lines, and the evidence that tells the price or quantity that would pass."""

NEED_OTHERS = {"fault_burst", "fault_outage", "fault_number_gap", "unusual_order", "delivery_stuck", "order_references"}
"""Checks whose counterfactual is about other orders, master data or several values at once."""


def evidence(name: str, kind: str = "double") -> str:
    return f"cast(told.evidence ->> '{name}' as {kind})"


def corrections() -> Iterator[str]:
    """Give the statements that change what was told as its counterfactual says; ``told`` holds the findings."""
    for check, value in LINE_FIELDS.items():
        what = "unit_price" if check.startswith("price") else "quantity"
        net = ", discount = 0" if check.startswith("price") else ""
        yield f"""update order_lines set {what} = {evidence(value)}{net} from told where told.source = '{check}'
            and told.order_id = order_lines.order_id and told.line_no = order_lines.line_no"""
    headers = [("source = 'order_total'", "total_amount", evidence("expected"))]
    for field in SHIP_TO:
        column, told_as = f"ship_to_{field}", f"ship to {field.replace('_', ' ')}"
        headers += [
            (f"source = 'customer_contradiction' and variant = '{field}'", column, evidence("expected", "varchar")),
            (
                f"source in ('customer_format', 'customer_truncated') and evidence ->> 'field' = '{told_as}'",
                column,
                evidence("expected", "varchar"),
            ),
            (
                f"source = 'customer_missing' and contains(evidence ->> 'field', '{told_as}')",
                column,
                "'0161 496 0103'" if field == "phone" else "'Harbour 12'",
            ),
        ]
    headers += [
        ("source = 'customer_phone'", "ship_to_phone", evidence("expected", "varchar")),
        ("source = 'customer_other_name'", "ship_to_name", evidence("expected", "varchar")),
        ("source = 'customer_old_address'", "ship_to_address", evidence("expected", "varchar")),
        (
            "source = 'delivery_late' and variant = 'delivered_late'",
            "delivered_at",
            f"promised_at + to_seconds(cast(86400 * {evidence('usual_days')} as bigint))",
        ),
        ("source = 'delivery_late' and variant = 'not_delivered'", "delivered_at", "promised_at"),
    ]
    for date in ("requested", "promised", "shipped", "delivered", "payment_due"):
        told_as = date.replace("_", " ")
        headers.append(
            (
                f"source = 'order_dates' and evidence ->> 'later' = '{told_as}'",
                f"{date}_at",
                f"{evidence('earlier_on', 'timestamp')} + interval 23 hours",
            )
        )
    for which, column, value in headers:
        yield f"update orders set {column} = {value} from told where told.{which} and told.order_id = orders.order_id"
    yield f"""insert into payments by name
        select distinct on (order_id) 'more-' || order_id as payment_id, order_id, {evidence("open_amount")} as amount,
            'paid' as status, (select max(ordered_at) from orders) as paid_at
        from told where source in ('payment_overdue', 'payment_failed') and variant <> 'paid_back'"""
    yield f"""update payments set amount = {evidence("total_amount")} from told where told.source = 'payment_mismatch'
        and told.variant in ('overpaid', 'underpaid') and told.order_id = payments.order_id"""
    yield """delete from payments using told where told.source = 'payment_mismatch' and told.variant = 'paid_twice'
        and told.order_id = payments.order_id
        and payment_id not in (select min(payment_id) from payments group by order_id)"""
    yield f"""update customers set credit_limit = most.exposure from (
            select customer_id, max({evidence("exposure")}) as exposure
            from told inner join orders using (order_id) where source = 'payment_credit_limit' group by customer_id
        ) as most where most.customer_id = customers.customer_id"""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables of a sample company, to write to."""
    folder, home, settings = tmp_path_factory.mktemp("company") / "source", tmp_path_factory.mktemp("home"), Settings()
    make_sample(folder, orders=ORDERS, seed=11)
    warehouse = Warehouse(home, settings)
    ingest(warehouse, settings, str(folder))
    with duckdb.connect(str(Path(home) / f"analytics-{warehouse.version()}.duckdb")) as connection:
        yield connection


def told_by_checks(connection: duckdb.DuckDBPyConnection, least: float) -> pd.DataFrame:
    """Return what the checks find with such a chance and more."""
    finders = checks()
    present = present_tables(connection)
    labels = pd.DataFrame(columns=["exception_id", "kind", "order_id", "line_no", "label"])
    find_all(Context(connection, data_clock(connection, present), Settings(), labels), present, finders)
    found = connection.execute(
        """select source, variant, order_id, line_no, evidence, anomaly_score,
            coalesce(evidence ->> 'field', evidence ->> 'later') as field from raw_findings"""
    ).df()
    return found[prior_scores(found, finders) >= least]


def test_what_would_have_let_it_pass_does(company: duckdb.DuckDBPyConnection) -> None:
    before = told_by_checks(company, 0.5)
    company.register("found", before)
    company.execute("create table told as select * replace (cast(evidence as json) as evidence) from found")
    for statement in corrections():
        company.execute(statement)
    after = told_by_checks(company, MINIMUM_SCORE)
    names = ["source", "variant", "order_id", "line_no", "field"]
    meant = before[~before["source"].isin(NEED_OTHERS)]
    left = meant.merge(after[names].drop_duplicates(), on=names)
    assert left.empty, left[[*names, "evidence"]].to_string()
    assert meant.groupby(["source", "variant"]).ngroups >= 20, "too few were tried"
