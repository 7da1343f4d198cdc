"""How fast an order is judged before entry, by the running server, against a long history.

Run ``python tests/benchmarks/entry.py HOME [--times 20] [--checks 60] [--into LONG]``. HOME has been detected; its
latest orders are taken out, to be asked about as if they came in now; the others, with customers, payments and
findings, are repeated under other names until the history is that many times as long. Then a server of its own is
asked: one order after another, twenty at once, and a hundred in one call. With ``--into`` the long history is left in
that folder and nothing is asked; such a folder given as HOME is asked as it is.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
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
ASKED = "asked.json"
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
    "order_number || $mark as order_number, customer_po || $mark as customer_po, ship_to_phone || $mark as "
    "ship_to_phone, ship_to_address || $mark as ship_to_address) from orders where order_id not like '%~%'",
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


def worked(pid: int) -> float:
    """Return the milliseconds that the threads of a process have computed."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6


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


def tell(name: str, times: Sequence[float], computed: Sequence[float]) -> None:
    """Print the quantiles of the times it took, and of what the server computed for each."""
    row = f"{name:34s} {len(times):5d} asked"
    for what, values in (("wall", times), ("server CPU", computed)):
        p50, p90, p99 = np.quantile(values, [0.5, 0.9, 0.99])
        row += f"   {what} p50 {p50:6.0f}  p90 {p90:6.0f}  p99 {p99:6.0f} ms"
    print(row, flush=True)


def make(source: Path, home: Path, times: int, count: int) -> None:
    """Make a long history in a new folder, and beside it the orders to ask about."""
    shutil.copytree(source, home)
    total, orders = lengthen(home, times, count)
    print(f"{total:,} orders in the history", flush=True)
    (home / ASKED).write_text(json.dumps(orders))


def measure(token: str, orders: list[dict[str, Any]], pid: int) -> None:
    """Ask in each way and print one line for each."""
    for order in orders:  # what is planned once is planned now
        ask(token, order)
    alone = []
    for order in orders:
        before = worked(pid)
        alone.append((ask(token, order), worked(pid) - before))
    tell("one after another", *zip(*alone, strict=True))
    before = worked(pid)
    with ThreadPoolExecutor(20) as pool:
        at_once = list(pool.map(lambda order: ask(token, order), orders[:20]))
    tell("twenty at once", at_once, [(worked(pid) - before) / len(at_once)])
    before = worked(pid)
    took = ask(token, {"orders": (orders * 100)[:100]}) / 100
    tell("a hundred in one call, each", [took], [(worked(pid) - before) / 100])
    memory = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    print(f"memory at most {int(memory[1]) / 1024 if memory else 0:,.0f} MB")


def main() -> None:
    """Print one line a way of asking."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--checks", type=int, default=60)
    parser.add_argument("--into", type=Path)
    options = parser.parse_args()
    if options.into:
        make(options.home, options.into, options.times, options.checks)
        return
    with tempfile.TemporaryDirectory() as scratch:
        home = options.home
        if not (home / ASKED).exists():
            home = Path(scratch) / "home"
            make(options.home, home, options.times, options.checks)
        orders = json.loads((home / ASKED).read_text())
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
            measure(token, orders, server.pid)
        finally:
            server.terminate()
            server.wait(20)


if __name__ == "__main__":
    main()
