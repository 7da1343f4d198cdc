"""How near the explained way of sharing out scarce stock comes to the exact one, and how long both take.

Run ``python tests/benchmarks/allocation.py``. Orders of one to five products compete for stock that covers about half
of what is wanted; an order ships complete or waits.
"""

import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from models.planning.allocation import Contest, by_value, first_come, optimal

SIZES = ((200, 80), (1000, 300), (3000, 600))


def contest(n_orders: int, n_products: int, seed: int) -> Contest:
    """Return a random contest: popular products, skewed quantities and values."""
    chance = np.random.default_rng(seed)
    popularity = chance.dirichlet(np.full(n_products, 0.6))
    rows = []
    for order in range(n_orders):
        count = min(int(chance.integers(1, 6)), np.count_nonzero(popularity))
        for product in chance.choice(n_products, count, replace=False, p=popularity):
            units = float(chance.geometric(0.1))
            rows.append((f"O{order:05}", int(product), units, units * float(chance.lognormal(2, 0.8)), order))
    frame = pd.DataFrame(rows, columns=["order_id", "product_id", "units", "value", "place"])
    wanted = frame.groupby("product_id")["units"].transform("sum")
    share = chance.uniform(0.3, 0.8, n_products)[frame["product_id"].to_numpy()]
    entered = [datetime(2026, 1, 1) + timedelta(minutes=place) for place in frame["place"]]
    return Contest.of(frame.assign(stock=np.floor(wanted * share), entered_at=entered))


def main() -> None:
    """Print one row a size: the share of the value waiting that each way ships, and its seconds."""
    print(f"{'orders x products':20s} {'first come':>10s} {'by value':>14s} {'exact':>14s} {'below exact':>12s}")
    for n_orders, n_products in SIZES:
        made = contest(n_orders, n_products, 71)
        total, told = made.value.sum(), []
        for way in (first_come, by_value, optimal):
            began = time.perf_counter()
            told.append((made.value[way(made)].sum() / total, time.perf_counter() - began))
        (first, _), (greedy, fast), (exact, slow) = told
        print(
            f"{n_orders:6d} x {n_products:<11d} {first:10.3f} {greedy:6.3f} {fast:5.2f} s {exact:6.3f} {slow:5.2f} s "
            f"{1 - greedy / exact:11.1%}"
        )


if __name__ == "__main__":
    main()
