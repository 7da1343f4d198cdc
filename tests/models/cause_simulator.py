"""Order histories of known causes: dimensions that hang together, findings planted in a segment."""

from typing import Any

import numpy as np
import pandas as pd

from models.root_causes.dimensions import COMBINED

CHANNELS = ["web", "edi", "phone", "email", "marketplace"]
MANUAL = {"phone", "email"}
OPERATORS = ["amy", "ben", "clara", "david", "emma", "frank", "grace", "harry", "isla", "jack"]
SEGMENTS = ["retail", "restaurant", "office", "chain", "online", "contractor", "distributor"]
SUPPLIERS_OF = [("packaging", "S1"), ("dry_food", "S2"), ("tools", "S3"), ("kitchen", "S1"), ("electronics", "S4"),
                ("stationery", "S5"), ("safety", "S3"), ("cleaning", "S5"), ("coffee", "S2")]  # fmt: skip


def company(orders: int, seed: int) -> pd.DataFrame:
    """Return one row per order: operators keep to their channels, customers to a region, products to a supplier."""
    chance = np.random.default_rng(seed)
    customers = max(orders // 30, 40)
    weights = chance.pareto(1.3, customers) + 0.2
    customer = chance.choice(customers, orders, p=weights / weights.sum())
    region_of = chance.choice([f"R{n:02}" for n in range(25)], customers, p=_zipf(25))
    segment_of = chance.choice(SEGMENTS, customers, p=_zipf(len(SEGMENTS)))
    channel = chance.choice(CHANNELS, orders, p=[0.44, 0.2, 0.16, 0.14, 0.06])
    operator = chance.choice(OPERATORS, orders, p=_zipf(len(OPERATORS), 0.5)).astype(object)
    is_manual = np.isin(channel, list(MANUAL))
    operator[~is_manual] = np.char.add(channel[~is_manual].astype(str), "-gateway")
    products = 80
    product = chance.choice(products, orders, p=_zipf(products, 0.7))
    kind_of = chance.integers(0, len(SUPPLIERS_OF), products)
    pairs = np.array(SUPPLIERS_OF, dtype=object)[kind_of[product]]
    hour = np.where(is_manual, chance.integers(8, 18, orders), chance.integers(0, 24, orders))
    weekday = chance.choice(7, orders, p=[0.19, 0.19, 0.19, 0.18, 0.17, 0.05, 0.03]) + 1
    return pd.DataFrame(
        {
            "channel": channel, "operator": operator, "segment": segment_of[customer], "region": region_of[customer],
            "category": pairs[:, 0], "supplier": pairs[:, 1],
            "warehouse": chance.choice(["north", "east", "south"], orders, p=[0.26, 0.43, 0.31]),
            "weekday": weekday.astype(str), "hours": [f"{h // 4 * 4:02}-{h // 4 * 4 + 4:02}" for h in hour],
            "customer": [f"C{n}" for n in customer], "product": [f"P{n}" for n in product],
        }
    )  # fmt: skip


def _zipf(count: int, power: float = 1.0) -> np.ndarray:
    weights = 1 / np.arange(1, count + 1) ** power
    return weights / weights.sum()


def pick_segment(units: pd.DataFrame, depth: int, chance: np.random.Generator, smallest: int = 40) -> dict[str, str]:
    """Return a segment of ``depth`` dimensions, none of them idle, with ``smallest`` orders to a tenth of all."""
    while True:
        names = [str(name) for name in chance.choice(COMBINED, depth, replace=False)]
        row = units.iloc[int(chance.integers(len(units)))]
        segment = {name: str(row[name]) for name in names}
        size = int(inside(units, segment).sum())
        if not smallest <= size <= len(units) / 10:
            continue
        wider = [inside(units, {k: v for k, v in segment.items() if k != name}).sum() for name in names]
        if depth == 1 or min(wider) >= 1.7 * size:
            return segment


def inside(units: pd.DataFrame, segment: dict[str, str]) -> np.ndarray:
    """Return which orders lie in a segment."""
    mask = np.ones(len(units), bool)
    for name, value in segment.items():
        mask &= units[name].to_numpy() == value
    return mask


def plant(
    units: pd.DataFrame,
    segment: dict[str, str] | None,
    chance: np.random.Generator,
    base: float = 0.02,
    extra: int = 30,
) -> pd.DataFrame:
    """Return findings: a base rate everywhere, and about ``extra`` more in the segment, at most 6 in 10 orders."""
    rate = np.full(len(units), base, dtype=float)
    if segment:
        mask = inside(units, segment)
        rate[mask] += min(extra / mask.sum(), 0.6)
    hit = chance.random(len(units)) < rate
    money = chance.lognormal(5, 1, int(hit.sum()))
    return units[hit].assign(kind="price_error", cause="data_entry", money=money)


def as_key(segment: dict[str, Any]) -> frozenset[tuple[str, str]]:
    """Return a segment as a comparable value."""
    return frozenset((name, str(value)) for name, value in segment.items())
