"""What each customer buys, how much of it at a time, and at which contract discount."""

import numpy as np
import pandas as pd

from data.sample.timeline import Floats, Ints
from data.sample.world import Catalogue

SLOTS = 16
LEAST = 6  # every customer takes at least so many products
CHUNK = 2000


def make_repertoires(
    rng: np.random.Generator, catalogue: Catalogue, habits: pd.DataFrame
) -> tuple[Ints, Floats, Floats]:
    """Return products, usual quantities and cumulative chances, each of shape ``(n_customers, n_slots)``."""
    products, count = catalogue.products, len(habits)
    slots = min(SLOTS, len(products) // 2)
    repertoire = np.empty((count, slots), dtype=np.int64)
    codes = pd.factorize(products["category"])[0]
    taste = rng.gumbel(size=(count, codes.max() + 1)) * 0.9
    popularity = np.log(products["popularity"].to_numpy(float))
    for first in range(0, count, CHUNK):
        part = slice(first, min(first + CHUNK, count))
        score = popularity + taste[part][:, codes] + rng.gumbel(size=(part.stop - part.start, len(products)))
        best = np.argpartition(-score, slots, axis=1)[:, :slots]
        order = np.argsort(-np.take_along_axis(score, best, axis=1), axis=1, kind="stable")
        repertoire[part] = np.take_along_axis(best, order, axis=1)
    share = 1.0 / np.arange(1, slots + 1) ** 0.8
    share = share * (np.arange(slots) < rng.integers(LEAST, slots + 1, count)[:, None])
    weight = np.cumsum(share, axis=1) / share.sum(axis=1, keepdims=True)
    base = products["base_quantity"].to_numpy(float)[repertoire]
    usual = base * habits["size"].to_numpy(float)[:, None] * np.exp(rng.normal(0, 0.35, base.shape))
    return repertoire, nice(usual), weight


def nice(quantity: Floats) -> Floats:
    """Return quantities as people order them: whole, above 12 by fives, above 100 by tens."""
    step = np.select([quantity >= 100, quantity >= 12], [10.0, 5.0], 1.0)
    rounded: Floats = np.maximum(np.round(quantity / step) * step, 1.0)
    return rounded


def make_contracts(rng: np.random.Generator, habits: pd.DataFrame, shape: tuple[int, ...]) -> Floats:
    """Return contract discounts by customer and slot; who pays in another currency has one on everything."""
    discount = rng.choice([0.04, 0.06, 0.08, 0.1, 0.12, 0.15], shape)
    covered = habits["has_contract"].to_numpy(bool)[:, None] & (rng.random(shape) < 0.75)
    covered |= (habits["currency"] != "USD").to_numpy(bool)[:, None]
    return np.where(covered, discount, 0.0)
