"""A wholesaler's quiet year to put one repeat, or one honest look-alike of it, into."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

import duckdb
import pandas as pd

from data.settings import Settings
from models.detectors import DETECTORS
from models.duplicates.training import load_tables
from models.findings import Context

START = datetime(2025, 1, 6)
NOW = datetime(2026, 2, 1)
NO_LABELS = pd.DataFrame(columns=["exception_id", "kind", "order_id", "line_no", "product_id", "label"])

Basket = list[tuple[str, float]]


class Wholesaler:
    """60 customers who order various baskets, each with an address, a phone, a channel and numbered POs."""

    def __init__(self, seed: int = 7) -> None:
        self.random = Random(seed)
        self.orders: list[dict[str, Any]] = []
        self.lines: list[dict[str, Any]] = []
        self.payments: list[dict[str, Any]] = []
        self.customers = [
            {
                "customer_id": f"C{number:03d}",
                "name": f"{('Harbour', 'Northern', 'Evergreen', 'Summit', 'Orchard')[number % 5]} Trading {number} Ltd",
                "phone": f"020 7946 {1000 + 37 * number}",
                "address": f"{12 + 3 * number} {('High', 'Mill', 'Church', 'Station')[number % 4]} Street",
            }
            for number in range(80)
        ]
        for number in range(60):
            day = self.random.uniform(0, 20)
            while day < 380:
                self.add(f"C{number:03d}", day, self.basket())
                day += self.random.expovariate(1 / 12) + 0.5

    def basket(self, size: int | None = None) -> Basket:
        products = self.random.sample(range(150), size or self.random.randint(2, 6))
        return [(f"P{product:03d}", float(self.random.choice((1, 2, 5, 10, 12, 24)))) for product in products]

    def add(self, customer: str, day: float, basket: Basket, **changes: Any) -> str:
        """Add an order at ``day`` (a whole day is 9 o'clock) and return its id."""
        order_id = f"O{len(self.orders) + 1:05d}"
        master = self.customers[int(customer[1:4])]
        order = {
            "order_id": order_id,
            "order_number": f"2025-{len(self.orders) + 1:06d}",
            "customer_id": customer,
            "ordered_at": START + timedelta(days=day, hours=9),
            "channel": "web",
            "entered_by": "web-shop",
            "status": "delivered",
            "customer_po": f"{customer}-{self.random.randint(10**5, 10**6)}",
            "ship_to_name": master["name"],
            "ship_to_phone": master["phone"],
            "ship_to_address": master["address"],
            "requested_at": START + timedelta(days=int(day) + 5),
            "total_amount": sum(quantity * 10 for _, quantity in basket),
            **changes,
        }
        self.orders.append(order)
        self.lines += [
            {"order_id": order_id, "line_no": place, "product_id": product, "quantity": quantity, "unit_price": 10.0}
            for place, (product, quantity) in enumerate(basket, 1)
        ]
        return order_id

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the canonical tables."""
        return {
            "orders": pd.DataFrame(self.orders),
            "order_lines": pd.DataFrame(self.lines),
            "customers": pd.DataFrame(self.customers),
        }


def detect(tables: dict[str, pd.DataFrame], labels: pd.DataFrame = NO_LABELS) -> pd.DataFrame:
    """Run the detector; return the pairs of ``duplicates``, and under ``attrs['findings']`` its findings."""
    with duckdb.connect(config={"threads": 1}) as connection:
        load_tables(connection, tables)
        view = DETECTORS["duplicate_order"].find(Context(connection, NOW, Settings(), labels))
        pairs = connection.execute("select * from duplicates").df()
        pairs.attrs["findings"] = connection.execute(f'select * from "{view}"').df()
    return pairs


def probability(pairs: pd.DataFrame, later: str, earlier: str) -> float:
    """Return how likely ``later`` repeats ``earlier``; 0 where the pair was not told."""
    chosen = pairs[(pairs["order_id"] == later) & (pairs["duplicate_of"] == earlier)]
    return float(chosen["probability"].max()) if len(chosen) else 0.0
