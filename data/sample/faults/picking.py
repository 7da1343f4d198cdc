"""Choose the orders and lines that something goes wrong with."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.sample.timeline import DAY, Bools
from data.sample.world import World

MANY = 120_000
SHARES = {
    "price_error": 0.0032,
    "quantity_outlier": 0.0030,
    "customer_info": 0.0032,
    "payment_problem": 0.0030,
    "delivery_delay": 0.0026,
    "order_info": 0.0028,
    "system_fault": 0.0034,
    "unusual_order": 0.0020,
    "duplicate_order": 0.0085,
}  # of all orders


def quota(world: World, kind: str, least: int = 8) -> int:
    """Return how many faults of a kind to plant."""
    return max(least, round(SHARES[kind] * world.size))


def split(rng: np.random.Generator, count: int, weights: dict[str, float]) -> list[str]:
    """Return ``count`` variants: each at least once where there is room, the rest by weight, in random order."""
    names = list(weights)
    share = np.array(list(weights.values()))
    rest = rng.choice(len(names), max(count - len(names), 0), p=share / share.sum())
    first = rng.permutation(len(names))[:count]
    chosen = np.r_[first, rest]
    return [names[k] for k in chosen[rng.permutation(len(chosen))]]


def free_orders(world: World, from_day: int = 0) -> pd.DataFrame:
    """Return the orders with nothing planted on them, cancelled ones left out."""
    orders = world.orders
    keep = world.truth.free(orders["uid"].to_numpy()) & ~orders["is_cancelled"].to_numpy(bool)
    is_late: Bools = orders["at"].to_numpy(np.int64) >= from_day * DAY
    rows: pd.DataFrame = orders.loc[keep & is_late]
    return rows


def some_orders(world: World, rng: np.random.Generator, from_day: int = 0) -> pd.DataFrame:
    """Return free orders; of very many a random part, which is enough to choose from."""
    rows = free_orders(world, from_day)
    if len(rows) <= MANY:
        return rows
    return rows.iloc[np.sort(rng.choice(len(rows), MANY, replace=False))]


def some_lines(world: World, rng: np.random.Generator, from_day: int = 0) -> pd.DataFrame:
    """Return the lines of such orders with ``customer, at, channel, origin, entered_by`` beside them."""
    orders = some_orders(world, rng, from_day)
    header = orders[["uid", "customer", "at", "channel", "origin", "entered_by"]]
    lines = world.lines[world.lines["uid"].isin(orders["uid"])].reset_index(names="row")
    lines = lines.drop(columns=[name for name in header.columns if name in lines and name != "uid"])
    return lines.merge(header, on="uid")


def one_per_order(
    rng: np.random.Generator, rows: pd.DataFrame, count: int, weight: npt.ArrayLike = 1.0
) -> pd.DataFrame:
    """Return up to ``count`` random rows, no two of one order; twice the ``weight``, twice the chance."""
    # The largest of random ** (1 / weight) are a weighted sample without replacement (Efraimidis and Spirakis, 2006).
    key = rng.random(len(rows)) ** (1 / np.maximum(np.asarray(weight, dtype=float), 1e-9))
    best = np.argsort(-key, kind="stable")[: count * 12]
    return rows.iloc[best].drop_duplicates("uid").head(count)


def earlier_lines(world: World) -> pd.Series:
    """Return for each line how often its customer took the product before."""
    at = world.orders.set_index("uid")["at"]
    customer = world.orders.set_index("uid")["customer"]
    frame = pd.DataFrame(
        {
            "at": at.reindex(world.lines["uid"]).to_numpy(),
            "customer": customer.reindex(world.lines["uid"]).to_numpy(),
            "product": world.lines["product"].to_numpy(),
        },
        index=world.lines.index,
    )
    return frame.sort_values("at", kind="stable").groupby(["customer", "product"]).cumcount().reindex(world.lines.index)


def earlier_orders(world: World) -> pd.Series:
    """Return for each order how many its customer placed before."""
    orders = world.orders.sort_values("at", kind="stable")
    return orders.groupby("customer").cumcount().reindex(world.orders.index)
