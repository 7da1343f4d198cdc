"""The sample company while it is being made: its parts, and a random stream for each stage."""

from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd

from data.sample.stock import Outcome
from data.sample.timeline import Bools, Floats, Ints
from data.sample.truth import Truth

CHANNELS = ("web", "phone", "edi", "email", "marketplace")
WEB, PHONE, EDI, EMAIL, MARKETPLACE = range(5)

OPERATORS = (
    "amy.chen ben.marsh clara.liu david.holt emma.zhou frank.webb grace.wu harry.shaw isla.moss jack.sun".split()
)


@dataclass
class Catalogue:
    """What the company sells, one entry per product.

    Attributes
    ----------
    products : pandas.DataFrame
        The canonical columns, and beside them what only the simulation knows.
    list_price : numpy.ndarray
        Shape ``(n_products, n_days)``: the price in force, as charged.
    listed_price : numpy.ndarray
        The same as the price table records it: clearance prices may be missing there.
    promotion : numpy.ndarray
        Shape ``(n_products, n_days)``: the discount of the promotion running, 0 if none.
    promotions : pandas.DataFrame
        The canonical table.
    """

    products: pd.DataFrame
    list_price: Floats
    listed_price: Floats
    promotion: Floats
    promotions: pd.DataFrame
    is_clearance: Bools


@dataclass
class Clientele:
    """Who buys, and how.

    Attributes
    ----------
    customers : pandas.DataFrame
        The canonical columns.
    habits : pandas.DataFrame
        One row per customer: how often, when, where, how they order and pay.
    ship_tos : pandas.DataFrame
        Addresses goods go to, with ``customer``, ``since`` and ``until`` (days).
    repertoire, usual, contract : numpy.ndarray
        Shape ``(n_customers, n_slots)``: what each customer buys, its usual quantity, its contract discount or 0.
    weight : numpy.ndarray
        Cumulative chance of each slot, the last being 1.
    """

    customers: pd.DataFrame
    habits: pd.DataFrame
    ship_tos: pd.DataFrame
    repertoire: Ints
    usual: Floats
    weight: Floats
    contract: Floats
    first_ship_to: Ints
    ship_to_count: Ints
    second_record: dict[int, int]


@dataclass
class World:
    """Everything made so far.

    ``orders`` has one row per order with a ``uid`` that lasts; ``lines`` refers to it. Times are seconds, days are
    numbered, both from the first day of the history.
    """

    seed: int
    size: int
    has_faults: bool
    catalogue: Catalogue = field(init=False)
    clientele: Clientele = field(init=False)
    orders: pd.DataFrame = field(init=False)
    lines: pd.DataFrame = field(init=False)
    truth: Truth = field(default_factory=Truth)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    payments: pd.DataFrame = field(init=False)
    books: Outcome = field(init=False)
    outages: list[tuple[str, Any]] = field(default_factory=list)
    harmful_events: list[tuple[float, float, str, str, str]] = field(default_factory=list)

    def rng(self, stage: str) -> np.random.Generator:
        """Return the random stream of one stage; stages do not disturb each other."""
        return np.random.default_rng([self.seed, crc32(stage.encode())])
