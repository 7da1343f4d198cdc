"""A small analytics version written by hand: every published table, every kind of exception, in a second."""

import json
import random
from datetime import datetime, timedelta

import duckdb
import pandas as pd

from data.relations import create_maybe_views, materialise
from data.schema import TABLES
from data.vocabulary import KINDS
from models.detect import FEATURES, DetectReport, keep_first_found
from models.order_flow.publish import publish_flow
from models.ranking import ALERTS, ranked
from models.root_causes.publish import publish_causes

NOW = datetime(2026, 6, 28, 18, 0)
START = datetime(2026, 1, 5, 9, 0)
CUSTOMERS = ["Nordwind Handel", "上海远景贸易有限公司", "Baker & Sons", "Fjord Supply", "深圳华强电子", "=HYPERLINK(1)"]
PRODUCTS = ["Ball bearing 6204", "Hex bolt M8", "V-belt A42", "深沟球轴承", "Gear oil 5 l", "Seal kit"]

CASES: list[tuple[str, str, str, str, dict[str, object], float, float]] = [
    # kind, source, variant, cause, evidence, score, impact
    ("delivery_delay", "delivery_late", "delivered_late", "process_delay",
     {"promised_on": "2026-06-01", "finished_on": "2026-06-09", "late_days": 8, "usual_days": 1.0}, 0.93, 88.5),
    ("payment_problem", "payment_overdue", "", "customer_default", {}, 0.81, 1240.0),
    ("customer_info", "customer_missing", "missing_field", "data_entry",
     {"field": "ship_to_phone", "usual_percent": 99.2, "actual": None}, 0.88, 61.0),
    ("order_info", "order_total", "", "data_entry", {"actual": 1290.0, "expected": 1190.0}, 0.97, 100.0),
    ("quantity_outlier", "quantity_slip", "", "data_entry",
     {"quantity": 5000.0, "usual_quantity": 50.0, "actual": 5000.0, "expected": 50.0}, 0.96, 61380.0),
    ("price_error", "price_slip", "decimal_slip", "data_entry",
     {"usual_price": 12.4, "factor": 100.0, "actual": 1240.0, "expected": 12.4, "expected_by": "product"},
     0.98, 6138.0),
    ("stock_shortage", "stock_short", "", "under_forecast",
     {"quantity": 90.0, "free": 20.0, "expected": 0.0, "shares": {"under_forecast": 0.8, "unknown": 0.2},
      "not_judged": ["late_supplier"]}, 0.77, 868.0),
    ("duplicate_order", "duplicate_order", "", "resubmission", {"duplicate_of": "SO-00009"}, 0.91, 930.0),
    ("unusual_order", "unusual_order", "", "unknown",
     {"contributions": {"time": 0.6, "value": 0.4, "channel": 0.0}, "earlier_count": 12}, 0.62, 5120.0),
    ("price_error", "price_stale", "", "stale_master_data", {"actual": 9.9, "expected": 12.4}, 0.35, 25.0),
]  # fmt: skip


def _frames() -> dict[str, pd.DataFrame]:
    chance = random.Random(7)
    orders, lines, events, payments = [], [], [], []
    for number in range(1, 241):
        order_id, at = f"SO-{number:05}", START + timedelta(hours=17 * number)
        product = number % len(PRODUCTS)
        quantity, price = float(chance.randint(20, 90)), 12.4 + product
        orders.append(
            {
                "order_id": order_id,
                "order_number": f"{4500000 + number}",
                "customer_id": f"C{number % len(CUSTOMERS)}",
                "ordered_at": at,
                "channel": chance.choice(["web", "edi", "phone"]),
                "entered_by": chance.choice(["li.na", "m.jones"]),
                "status": "cancelled" if number % 60 == 0 else "delivered",
                "currency": "CNY",
                "ship_to_city": "上海",
                "promised_at": at + timedelta(days=5),
                "shipped_at": at + timedelta(days=3),
                "delivered_at": at + timedelta(days=6),
                "total_amount": quantity * price,
                "updated_at": min(at + timedelta(days=6), NOW),
            }
        )
        lines.append(
            {
                "order_id": order_id,
                "line_no": 1,
                "product_id": f"P{product}",
                "quantity": quantity,
                "unit_price": price,
                "discount": 0.0,
            }
        )
        events.append({"order_id": order_id, "at": at, "status": "new", "by": "li.na"})
        events.append({"order_id": order_id, "at": at + timedelta(days=3), "status": "shipped", "by": None})
        payments.append(
            {"payment_id": f"PY{number}", "order_id": order_id, "paid_at": at + timedelta(days=20), "amount": 10.0}
        )
    stock = [{"product_id": "P4", "as_of": NOW - timedelta(days=day), "on_hand": 500.0 - 4 * day} for day in range(100)]
    return {
        "customers": pd.DataFrame({"customer_id": [f"C{n}" for n in range(len(CUSTOMERS))], "name": CUSTOMERS}),
        "products": pd.DataFrame(
            {
                "product_id": [f"P{n}" for n in range(len(PRODUCTS))],
                "name": PRODUCTS,
                "unit": "pc",
                "list_price": [12.4 + n for n in range(len(PRODUCTS))],
            }
        ),
        "orders": pd.DataFrame(orders),
        "order_lines": pd.DataFrame(lines),
        "order_events": pd.DataFrame(events),
        "payments": pd.DataFrame(payments),
        "inventory": pd.DataFrame(stock),
    }


def _exceptions(orders: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for number in range(40):
        kind, source, variant, cause, evidence, score, impact = CASES[number % len(CASES)]
        order = orders.iloc[235 - 5 * number]
        line = lines[lines["order_id"].eq(order["order_id"])].iloc[0]
        is_line = KINDS[kind].grain == "line"
        rows.append(
            {
                "exception_id": f"x{number:03}",
                "kind": kind,
                "order_id": order["order_id"],
                "line_no": int(line["line_no"]) if is_line else None,
                "product_id": line["product_id"] if is_line else None,
                "score": max(0.12, score - 0.004 * number),
                "impact": impact * (1 + number / 50),
                "cause": cause,
                "reason": f"Reason {number} of {source}.",
                "evidence": json.dumps(evidence),
                "action": KINDS[kind].action,
                "department": KINDS[kind].department,
                "detected_at": NOW,
                "source": source,
                "variant": variant,
                "group_id": None,
                "customer_id": order["customer_id"],
                "ordered_at": order["ordered_at"],
                "channel": order["channel"],
                "entered_by": order["entered_by"],
                "warehouse_id": None,
                "order_value": order["total_amount"],
            }
        )
    second = {**rows[0], "exception_id": "x900", "kind": "payment_problem", "score": 0.7, "source": "payment_overdue"}
    evidence = json.dumps({"symptom": "same timestamp", "channel": "edi"})
    window = [
        {
            **row,
            "exception_id": f"g{place}",
            "kind": "system_fault",
            "order_id": orders.iloc[3 + place]["order_id"],
            "line_no": None,
            "product_id": None,
            "cause": "system_fault",
            "group_id": "outage:2026-01-08T02",
            "source": "fault_burst",
            "variant": "",
            "department": "it",
            "score": 0.9,
            "evidence": evidence,
        }
        for place, row in enumerate(rows[:6])
    ]
    risk = {
        **rows[6],
        "exception_id": "r1",
        "kind": "stockout_risk",
        "order_id": None,
        "line_no": None,
        "product_id": "P4",
        "customer_id": None,
        "ordered_at": None,
        "department": "purchasing",
        "score": 0.83,
    }
    frame = pd.DataFrame([*rows, second, *window, risk])
    frame = ranked(frame.assign(prior_score=frame["score"]), pd.DataFrame({"exception_id": [], "label": []}))
    frame["alert_id"] = frame["group_id"].fillna(frame["order_id"]).fillna(frame["product_id"])
    frame["is_head"] = ~frame["alert_id"].duplicated()
    return frame


REASONS = json.dumps(
    [{"name": "po", "level": "same order number", "weight": 4.0}, {"name": "prior", "level": "", "weight": -9.0}]
)

RECORDS = f"""
    create table loads as select 1 as load_id, timestamp '{NOW}' as started_at, timestamp '{NOW}' as finished_at,
        'orders' as source, '' as mapping, 'loaded' as status, '' as notes;
    create table load_counts as select * from (values
        (1, 'orders', 241::bigint, 240::bigint, 0::bigint, 0::bigint, 1::bigint, 0::bigint),
        (1, 'order_lines', 240::bigint, 240::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint))
        as counts(load_id, table_name, read_count, loaded_count, updated_count, unchanged_count, quarantined_count,
            removed_count);
    create table ignored_columns as select 1 as load_id, 'orders' as table_name, 'Kostenstelle' as column_name;
    create table quarantine as select 1 as load_id, 'orders' as table_name, 17::bigint as row_number,
        'SO-99999' as key, 'ordered_at' as column_name, '=2026-13-41' as value, 'not a timestamp' as reason,
        false as is_row_loaded, timestamp '{NOW}' as quarantined_at;
    create table audit_results as select 1 as run_id, 'keys_unique' as audit, 'Keys are unique' as title,
        true as is_blocking, 0 as failure_count, null::varchar as example, timestamp '{NOW}' as checked_at;
    create table detect_runs as select 2 as run_id, timestamp '{NOW}' as as_of, timestamp '{NOW}' as started_at,
        1.5::double as seconds, 48 as exception_count, 41 as alert_count;
    create table check_runs as select * from (values
        (2, 'delivery_late', 'delivery_delay', 'ran', '', 4, 0.1::double),
        (2, 'order_total', 'order_info', 'ran', '', 4, 0.1::double),
        (2, 'payment_credit_limit', 'payment_problem', 'not_run', 'payments', 0, 0.0::double))
        as runs(run_id, name, kind, status, missing, finding_count, seconds);
    create table duplicate_customers as select 'C2' as customer_id, 'C1' as duplicate_of, 0.93::double as probability;
    create table duplicates as select order_id, 'SO-00009' as duplicate_of, 0.91::double as probability,
        '{REASONS}' as reasons, exception_id, 'cluster-1' as cluster_id, 'resubmission' as variant
        from exceptions where kind = 'duplicate_order';
    create table stockouts as select order_id, line_no, product_id, ordered_at, 90.0::double as quantity,
        70.0::double as short_quantity, cause, 1.0::double as share_under_forecast, 0.0::double as share_demand_spike,
        0.0::double as share_late_supplier, 0.0::double as share_stock_record_error,
        0.0::double as share_reorder_policy,
        0.0::double as share_allocation, 0.0::double as share_unknown
        from exceptions where kind = 'stock_shortage'
"""


def fill(connection: duckdb.DuckDBPyConnection, has_findings: bool = True) -> None:
    """Write the canonical tables, and what a detection run publishes."""
    frames = _frames()
    for name, given in frames.items():
        columns = ", ".join(f'"{column.name}" {column.sql_type}' for column in TABLES[name].columns)
        connection.execute(f'create table "{name}" ({columns})')
        connection.register("given", given)
        connection.execute(f'insert into "{name}" by name select * from given')
        connection.unregister("given")
    if not has_findings:
        return
    exceptions = _exceptions(frames["orders"], frames["order_lines"])
    connection.register("given", exceptions)
    connection.execute("create table exceptions as select * replace (line_no::integer as line_no) from given")
    connection.unregister("given")
    connection.execute(f"create table alerts as {ALERTS}")
    connection.execute(RECORDS)
    publish_for_managers(connection)


def publish_for_managers(connection: duckdb.DuckDBPyConnection) -> None:
    """Publish what the managers' pages read, by the run's own code."""
    present = set(_frames())
    create_maybe_views(connection, present)
    connection.execute("create or replace temp table excluded_lines (order_id varchar, line_no integer)")
    for name in ("order_facts", "line_facts", "delivery_steps", "delivery_dwells"):
        materialise(connection, FEATURES[name], {"now": NOW}, temporary=True)
    publish_causes(connection, NOW, pd.DataFrame(columns=["exception_id", "label"]))
    publish_flow(connection, NOW)
    keep_first_found(connection, DetectReport(as_of=NOW, version=1))
    connection.execute("update first_found set run_id = 2 where exception_id like 'x00%'")
