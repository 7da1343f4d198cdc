"""How fast an order is judged before entry, by the running server, against a long history.

Run ``python tests/benchmarks/entry.py HOME [--times 20] [--checks 60]``. HOME has been detected; its latest orders are
taken out, to be asked about as if they came in now; the others, with customers, payments and findings, are repeated
under other names until the history is that many times as long. Then a server of its own is asked: one order after
another, twenty at once, and a hundred in one call.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from data.casebook import Actor, Casebook
from data.relations import create_maybe_views
from data.settings import load_settings
from data.warehouse import Warehouse
from models.detect import present_tables
from models.entry_history import publish_recent

HELD_OUT = (
    "(select order_id from orders where coalesce(status, 'new') <> 'cancelled' order by ordered_at desc limit $count)"
)

ROOT = Path(__file__).parents[2]
PORT = 8765
SERVE = (
    "import sys; from pathlib import Path; from dashboard.app import serve; from data.settings import load_settings; "
    "serve(Path(sys.argv[1]), load_settings(Path(sys.argv[1])), int(sys.argv[2]))"
)
FIELDS = (
    "customer_id channel entered_by customer_po currency ship_to_name ship_to_phone ship_to_address ship_to_city "
    "ship_to_region ship_to_postal_code ship_to_country"
).split()

COPIES = {
    "customers": "select * replace (customer_id || $mark as customer_id) from customers "
    "where customer_id not like '%~%'",
    "orders": "select * replace (order_id || $mark as order_id, customer_id || $mark as customer_id, "
    "order_number || $mark as order_number) from orders where order_id not like '%~%'",
    "order_lines": "select * replace (order_id || $mark as order_id) from order_lines where order_id not like '%~%'",
    "payments": "select * replace (order_id || $mark as order_id, payment_id || $mark as payment_id) "
    "from payments where order_id not like '%~%'",
    "exceptions": "select * replace (order_id || $mark as order_id, customer_id || $mark as customer_id) "
    "from exceptions where order_id not like '%~%'",
}


def lengthen(home: Path, times: int, count: int) -> tuple[int, list[dict[str, Any]]]:
    """Repeat the history but for its latest orders; return how many orders there are, and those that were left out."""
    warehouse = Warehouse(home, load_settings(home))
    with warehouse.build() as build:
        connection = build.connection
        connection.execute(f"create temp table held_out as {HELD_OUT}", {"count": count})
        asked = orders_to_ask(connection)
        for table in ("orders", "order_lines", "order_events", "payments"):
            connection.execute(f"delete from {table} where order_id in (from held_out)")
        for number in range(1, times):
            for table, sql in COPIES.items():
                connection.execute(f"insert into {table} {sql}", {"mark": f"~{number}"})
        create_maybe_views(connection, present_tables(connection))
        publish_recent(connection)
        row = connection.execute("select count(*) from orders").fetchone()
    warehouse.close()
    return int(row[0]) if row else 0, asked


def orders_to_ask(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Return the orders that are left out, as they come in: without what they get later."""
    found = connection.execute(
        f"""select {", ".join(FIELDS)}, (select list({{'product_id': product_id, 'quantity': quantity,
            'unit_price': unit_price, 'discount': discount}}) from order_lines as lines
            where lines.order_id = orders.order_id) as lines
        from orders where order_id in (from held_out)"""
    ).fetchall()
    rows = [dict(zip([*FIELDS, "lines"], row, strict=True)) for row in found]
    return [{key: value for key, value in row.items() if value is not None} for row in rows if row["lines"]]


def ask(token: str, order: object) -> float:
    """Ask for one verdict; return the milliseconds it took."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{PORT}/api/v1/check",
        json.dumps(order).encode(),
        {"authorization": f"Bearer {token}", "content-type": "application/json"},
    )
    began = time.perf_counter()
    with urllib.request.urlopen(request, timeout=120) as answer:
        json.load(answer)
    return 1000 * (time.perf_counter() - began)


def tell(name: str, times: list[float]) -> None:
    """Print the quantiles of some times."""
    p50, p99 = np.quantile(times, [0.5, 0.99])
    print(f"{name:34s} {len(times):5d} asked   p50 {p50:8.0f} ms   p99 {p99:8.0f} ms", flush=True)


def main() -> None:
    """Print one line a way of asking."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--checks", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) / "home"
        shutil.copytree(options.home, home)
        count, orders = lengthen(home, options.times, options.checks)
        print(f"{count:,} orders in the history")
        casebook = Casebook.open(home, load_settings(home))
        token = casebook.api_tokens.add(Actor.of_command_line(), "benchmark", "order_entry")
        casebook.close()
        server = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(home), str(PORT)], cwd=ROOT, stderr=subprocess.DEVNULL
        )
        try:
            for _ in range(720):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{PORT}/healthz", timeout=2).close()
                    break
                except OSError:
                    time.sleep(0.25)
            ask(token, orders[0])
            tell("one after another", [ask(token, order) for order in orders])
            with ThreadPoolExecutor(20) as pool:
                tell("twenty at once", list(pool.map(lambda order: ask(token, order), orders[:20])))
            batch = {"orders": (orders * 100)[:100]}
            tell("a hundred in one call, each", [ask(token, batch) / 100])
        finally:
            server.terminate()
            server.wait(20)


if __name__ == "__main__":
    main()
