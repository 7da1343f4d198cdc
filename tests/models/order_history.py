"""A small healthy order history to plant one fault at a time into, and the findings that the checks make of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from data.relations import build_order, create_maybe_views, materialise, missing_tables, read_folder
from data.schema import TABLES
from data.settings import Settings
from models.checks import checks
from models.detectors import DETECTORS
from models.findings import RAW_FINDINGS, Context, Finder
from models.ranking import prior_scores

FEATURES = read_folder(Path(str(files("features") / "sql")))
START = datetime(2025, 1, 6, 9, 0)
NOW = datetime(2025, 10, 1, 12, 0)
STEPS = {"new": 0.0, "confirmed": 0.2, "allocated": 0.6, "picked": 1.5, "shipped": 2.0, "delivered": 5.0}

PLACES = [
    ("US", "WA", "Seattle", "98101", "+1 206 555 01{:02d}", "{} Pine Street"),
    ("US", "IL", "Chicago", "60601", "+1 312 555 01{:02d}", "{} Lake Street"),
    ("DE", "Hamburg", "Hamburg", "20095", "+49 40 4711{:04d}", "Mönckebergstraße {}"),
    ("DE", "Bayern", "München", "80331", "+49 89 4711{:04d}", "Sendlinger Straße {}"),
    ("CN", "上海市", "上海市", "200001", "+86 138 1234 {:04d}", "南京东路{}号"),
    ("GB", "London", "London", "EC1A 1BB", "+44 20 7946 0{:03d}", "{} Aldersgate Street"),
]

Row = dict[str, Any]


class OrderHistory:
    """Customers, orders, lines, events and payments, all as they should be until a test changes them."""

    def __init__(self, customer_count: int = 24, orders_each: int = 16) -> None:
        self.customers: list[Row] = [self._customer(k) for k in range(customer_count)]
        self.orders: dict[str, Row] = {}
        self.lines: dict[str, list[Row]] = {}
        self.events: dict[str, list[Row]] = {}
        self.payments: dict[str, list[Row]] = {}
        self.system_events: list[Row] = []
        self._numbers = itertools.count(1)
        # A staggered clock, so that no two orders share a time by accident.
        for turn, customer in itertools.product(range(orders_each), range(customer_count)):
            at = START + timedelta(days=16 * turn, hours=customer // 2 * 21, minutes=7 * customer + turn)
            self.add(customer, at)

    @staticmethod
    def _customer(k: int) -> Row:
        country, region, city, code, phone, street = PLACES[k % len(PLACES)]
        return {
            "customer_id": f"C{k:03d}",
            "name": f"{['Harbour', 'Northern', 'Evergreen', 'Summit'][k % 4]} Trading {k} Ltd",
            "phone": phone.format(11 + 3 * k),
            "address": street.format(12 + 7 * k),
            "city": city,
            "region": region,
            "postal_code": code,
            "country": country,
            "credit_limit": 60_000.0,
            "payment_terms_days": 30,
            "segment": "wholesale",
        }

    def add(self, customer: int, at: datetime, **changes: Any) -> str:
        """Add a healthy order with its lines, events and payment, changed in the header where asked; return its id."""
        number = next(self._numbers)
        key, who = f"O{number:05d}", self.customers[customer]
        lines = [
            {
                "order_id": key,
                "line_no": n,
                "product_id": f"P{(number * 5 + n * n) % 23}",
                "quantity": 2 + n + number * number % 11,
                "unit_price": 100.0 + n,
            }
            for n in range(1, 4)
        ]
        total = sum(line["quantity"] * line["unit_price"] for line in lines)
        order = {
            "order_id": key,
            "order_number": f"SO-{number:05d}",
            "customer_id": who["customer_id"],
            "ordered_at": at,
            "channel": "web" if customer % 2 else "phone",
            "currency": "USD",
            "ship_to_name": who["name"],
            "ship_to_phone": who["phone"],
            **{f"ship_to_{part}": who[part] for part in ("address", "city", "region", "postal_code", "country")},
            "requested_at": (at + timedelta(days=7)).replace(hour=0, minute=0),
            "promised_at": (at + timedelta(days=9)).replace(hour=0, minute=0),
            "total_amount": total,
            "payment_due_at": at + timedelta(days=32),
        }
        order.update(changes)
        self.orders[key], self.lines[key] = order, lines
        self.pass_through(key, "delivered")
        paid_at = order["payment_due_at"] + timedelta(days=number % 5 - 2)
        self.payments[key] = [self.payment(key, paid_at, order["total_amount"])] if paid_at < NOW else []
        return key

    @staticmethod
    def payment(order_id: str, at: datetime, amount: float, status: str = "paid", suffix: str = "") -> Row:
        """Return one payment row."""
        return {
            "payment_id": f"PAY-{order_id}{suffix}",
            "order_id": order_id,
            "paid_at": at,
            "amount": amount,
            "method": "transfer",
            "status": status,
        }

    def pass_through(self, key: str, last: str, pace: float = 1.0) -> None:
        """Let the order go through the usual steps up to ``last``, as far as they lie in the past."""
        order, events = self.orders[key], []
        order["shipped_at"] = order["delivered_at"] = None
        for status, days in STEPS.items():
            at = order["ordered_at"] + timedelta(days=days * pace)
            if at > NOW:
                break
            events.append({"order_id": key, "at": at, "status": status})
            order["status"] = status
            if f"{status}_at" in order:
                order[f"{status}_at"] = at
            if status == last:
                break
        order["updated_at"] = events[-1]["at"] if events else order["ordered_at"]
        self.events[key] = events

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the canonical tables."""
        self.orders[max(self.orders)]["updated_at"] = NOW
        products = [{"product_id": f"P{n}", "name": f"Product {n}", "list_price": 100.0} for n in range(23)]
        return {
            "customers": pd.DataFrame(self.customers),
            "products": pd.DataFrame(products),
            "orders": pd.DataFrame(list(self.orders.values())),
            "order_lines": pd.DataFrame([line for lines in self.lines.values() for line in lines]),
            "order_events": pd.DataFrame([event for events in self.events.values() for event in events]),
            "payments": pd.DataFrame([row for rows in self.payments.values() for row in rows]),
            **({"system_events": pd.DataFrame(self.system_events)} if self.system_events else {}),
        }

    def findings(self, kind: str) -> pd.DataFrame:
        """Return what the checks of ``kind`` find: ``order_id, source, variant, score`` and more, best first."""
        return run_finders(self.tables(), lambda finder: finder.kind == kind)

    def score(self, kind: str, order_id: str) -> float:
        """Return the best score of ``order_id`` for ``kind``; 0 where nothing is said."""
        found = self.findings(kind)
        return (
            float(found.loc[found["order_id"] == order_id, "score"].max())
            if (found["order_id"] == order_id).any()
            else 0.0
        )


def load(connection: duckdb.DuckDBPyConnection, tables: dict[str, pd.DataFrame]) -> None:
    """Create the canonical tables as an ingest would leave them: every column, typed, absent ones null."""
    for name, frame in tables.items():
        connection.register("given", frame)
        columns = ", ".join(
            (f'try_cast("{c.name}" as {c.sql_type})' if c.name in frame else f"cast(null as {c.sql_type})")
            + f' as "{c.name}"'
            for c in TABLES[name].columns
        )
        connection.execute(f'create table "{name}" as select {columns} from given')
        connection.unregister("given")


def run_finders(tables: dict[str, pd.DataFrame], is_wanted: Callable[[Finder], bool]) -> pd.DataFrame:
    """Build what the wanted checks need, run them, and return their findings with their prior scores."""
    connection = duckdb.connect()
    load(connection, tables)
    present = set(tables)
    create_maybe_views(connection, present)
    connection.execute("create table excluded_lines (order_id varchar, line_no integer)")
    connection.execute(RAW_FINDINGS)
    wanted = {f.name: f for f in [*checks().values(), *DETECTORS.values()] if is_wanted(f)}
    for relation in _needed(wanted):
        if not missing_tables(relation, FEATURES, present):
            materialise(connection, relation, {"now": NOW})
    context = Context(connection, NOW, Settings(), pd.DataFrame())
    frames = []
    for name, finder in wanted.items():
        if any(missing_tables(FEATURES[need], FEATURES, present) for need in finder.needs & FEATURES.keys()):
            continue
        view = finder.find(context)
        frames.append(connection.execute(f'select * from "{view}"').df().assign(source=name))
    found = (
        pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["source", "variant", "anomaly_score"])
    )
    found = found[found["anomaly_score"].notna()].reset_index(drop=True)
    return found.assign(score=prior_scores(found, wanted)).sort_values("score", ascending=False, ignore_index=True)


def _needed(finders: dict[str, Finder]) -> list[Any]:
    needed: set[str] = set()
    waiting = [name for finder in finders.values() for name in finder.needs]
    while waiting:
        name = waiting.pop()
        if name in FEATURES and name not in needed:
            needed.add(name)
            waiting.extend(FEATURES[name].tables)
    return build_order({name: FEATURES[name] for name in needed})
