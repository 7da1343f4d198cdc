"""How long the managers' pages take on a million orders, and how long publishing what they read takes.

``python tests/benchmarks/managers_pages.py [ORDERS]`` makes orders, lines, status events and findings by SQL, publishes
the aggregates as a run does, and opens each page twice without a browser: the first time reads, the second is cached.
"""

import sys
import tempfile
import time
from pathlib import Path

import duckdb
import pandas as pd
from streamlit.testing.v1 import AppTest

sys.path.insert(0, str(Path(__file__).parents[2]))

from dashboard import app, workspace
from data.casebook import Actor
from data.relations import create_maybe_views, materialise
from data.schema import TABLES
from data.settings import Settings
from data.warehouse import Warehouse
from models.detect import FEATURES, DetectReport, data_clock, keep_first_found
from models.order_flow.publish import publish_flow
from models.ranking import ALERTS, EXCEPTION_COLUMNS
from models.root_causes.publish import publish_causes

PAGES = Path(app.__file__).parent / "pages"
CONSOLE = Actor("console", "admin", "cli")
PRESENT = {"customers", "products", "orders", "order_lines", "order_events"}

COMPANY = {
    "customers": """select 'C' || i as customer_id, 'Customer ' || i as name, 'R' || (hash(i) % 40) as region,
        ['retail', 'office', 'chain', 'online'][(1 + hash(i, 1) % 4)::bigint] as segment from range(20000) as t(i)""",
    "products": """select 'P' || i as product_id, 'Product ' || i as name, 'category ' || (i % 15) as category,
        'S' || (i % 30) as supplier_id, 10 + i % 90 as list_price from range(5000) as t(i)""",
    "orders": """select 'O' || i as order_id, 'C' || (hash(i, 2) % 20000) as customer_id,
        timestamp '2025-01-06 00:00:00' + to_seconds((i * 86400 * 540 / $orders)::bigint) as ordered_at,
        ['web', 'edi', 'phone', 'email'][(1 + hash(i, 3) % 4)::bigint] as channel,
        'person ' || (hash(i, 4) % 40) as entered_by,
        'closed' as status, 'EUR' as currency, 100.0 + hash(i, 5) % 900 as total_amount,
        ordered_at + interval 9 day as updated_at from range($orders) as t(i)""",
    "order_lines": """select 'O' || i as order_id, n as line_no, 'P' || (hash(i, n) % 5000) as product_id,
        1 + hash(i, n, 1) % 20 as quantity, 10.0 as unit_price, 0.0 as discount,
        'W' || (hash(i, 6) % 3) as warehouse_id from range($orders) as t(i) cross join range(1, 3) as u(n)""",
    "order_events": """select 'O' || i as order_id,
        timestamp '2025-01-06 00:00:00' + to_seconds((i * 86400 * 540 / $orders)::bigint)
            + to_hours((n * 20 + (hash(i, n, 7) % 30)::integer)::integer) as "at",
        ['new', 'confirmed', 'picked', 'shipped', 'delivered'][n + 1] as status, 'x' as "by"
        from range($orders) as t(i) cross join range(5) as u(n)""",
}

FOUND = """select md5(order_id)[1:16] as exception_id, kind, order_id, null::integer as line_no, null as product_id,
    0.6 + (hash(order_id, 1) % 40) / 100 as score, 10.0 + hash(order_id, 2) % 500 as impact,
    row_number() over () as rank, cause, 'A sentence.' as reason, '{}' as evidence, 'Do it.' as action,
    department, timestamp '2026-06-29' as detected_at, order_id as alert_id, true as is_head, 'order_total' as source,
    '' as variant, null::varchar as group_id, 0.8 as prior_score, 0.5 as priority, customer_id, ordered_at, channel,
    entered_by, null::varchar as warehouse_id, total_amount as order_value
    from (select *,
        ['order_info', 'price_error', 'delivery_delay', 'payment_problem'][(1 + hash(order_id, 3) % 4)::bigint] as kind,
        ['data_entry', 'stale_master_data', 'process_delay', 'customer_default'][(1 + hash(order_id, 3) % 4)::bigint]
            as cause,
        ['order_entry', 'sales', 'logistics', 'finance'][(1 + hash(order_id, 3) % 4)::bigint] as department from orders)
    where hash(order_id, 9) % 100 < case when channel = 'phone' and entered_by = 'person 7' then 15 else 3 end"""


def make(connection: duckdb.DuckDBPyConnection, orders: int) -> dict[str, float]:
    """Fill the canonical tables and publish what the pages read; return the seconds of each step."""
    for name, sql in COMPANY.items():
        columns = ", ".join(f'"{column.name}" {column.sql_type}' for column in TABLES[name].columns)
        connection.execute(f'create table "{name}" ({columns})')
        bound = {"orders": orders} if "$orders" in sql else {}
        connection.execute(f'insert into "{name}" by name {sql}', bound)
    columns = ", ".join(f"{name}::{form} as {name}" for name, form in EXCEPTION_COLUMNS.items())
    given = {row[0] for row in connection.execute(f"describe {FOUND}").fetchall()}
    missing = "".join(f", null as {name}" for name in EXCEPTION_COLUMNS if name not in given)
    connection.execute(f"create table exceptions as select {columns} from (select *{missing} from ({FOUND}))")
    connection.execute(f"create table alerts as {ALERTS}")
    create_maybe_views(connection, PRESENT)
    connection.execute("create or replace temp table excluded_lines (order_id varchar, line_no integer)")
    now = data_clock(connection, PRESENT)
    for name in ("order_facts", "line_facts", "delivery_steps", "delivery_dwells"):
        materialise(connection, FEATURES[name], {"now": now}, temporary=True)
    clock = time.perf_counter()
    publish_causes(connection, now, pd.DataFrame(columns=["exception_id", "label"]))
    causes = time.perf_counter() - clock
    clock = time.perf_counter()
    publish_flow(connection, now)
    keep_first_found(connection, DetectReport(as_of=now, version=1))
    return {"publish causes": causes, "publish flow": time.perf_counter() - clock}


def open_page(served: workspace.Workspace, page: str, **query: str) -> tuple[float, float]:
    """Return the seconds of a first and of a second visit by a manager."""
    name = served.casebook.accounts.ensure_demo_users(CONSOLE)["manager"]
    at = AppTest.from_file(str(app.SCRIPT), default_timeout=120)
    at.user = {"session": served.casebook.sessions.start(name, is_demo_mode=True)}
    at.switch_page(str(PAGES / "check_order.py")).run()
    seconds = []
    for _turn in range(2):
        for key, value in query.items():
            at.query_params[key] = value
        clock = time.perf_counter()
        at.switch_page(str(PAGES / f"{page}.py")).run()
        seconds.append(time.perf_counter() - clock)
        assert not at.exception, at.exception[0].message
        at.switch_page(str(PAGES / "check_order.py")).run()
    return seconds[0], seconds[1]


def main(orders: int = 1_000_000) -> None:
    """Print the seconds."""
    with tempfile.TemporaryDirectory() as folder:
        home, settings = Path(folder) / "home", Settings()
        with Warehouse(home, settings).build() as build:
            steps = make(build.connection, orders)
        for name, seconds in steps.items():
            sys.stdout.write(f"{name}: {seconds:.1f} s\n")
        served = workspace.open_workspace(home, settings, is_demo=True)
        workspace.install(served)
        for page in ("root_causes", "improvement", "order_flow"):
            first, second = open_page(served, page)
            sys.stdout.write(f"{page}: {first:.2f} s, then {second:.2f} s\n")
        first, second = open_page(served, "root_causes", kind="price_error", seg="channel:phone", days="364")
        sys.stdout.write(f"root_causes inside a segment: {first:.2f} s, then {second:.2f} s\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
