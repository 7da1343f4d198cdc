"""What labels teach, for checks before entry: learned from the findings of the latest run, which the labels are of."""

import json
from functools import lru_cache

import pandas as pd

from data.casebook import Casebook
from data.warehouse import Warehouse
from models.detect import wrong_lines
from models.feedback import NOTHING_LEARNED, Learner, Lessons

FOUND = """
    select found.exception_id, found.kind, found.source, found.variant, found.prior_score, found.channel,
        found.entered_by, coalesce(orders.ship_to_region, orders.ship_to_country) as region, found.customer_id,
        found.product_id
    from exceptions as found
    left join orders using (order_id)
    order by found.exception_id
"""


def labels(casebook: Casebook) -> pd.DataFrame:
    """Return the labels in force, read once as long as there is no new one."""
    return _labels(casebook, casebook.labels.generation())


@lru_cache(maxsize=2)
def _labels(casebook: Casebook, generation: int) -> pd.DataFrame:  # noqa: ARG001
    return casebook.labels.current()


def confirmed_lines(casebook: Casebook) -> str:
    """Return order and line of what was confirmed to be entered wrongly, as JSON."""
    return _confirmed_lines(casebook, casebook.labels.generation())


@lru_cache(maxsize=2)
def _confirmed_lines(casebook: Casebook, generation: int) -> str:
    return json.dumps(wrong_lines(_labels(casebook, generation)).to_dict("records"))


def lessons(warehouse: Warehouse, casebook: Casebook, version: int | None) -> Lessons:
    """Return what the labels in force teach about the findings of a version of the analytics; None has no findings."""
    generation = casebook.labels.generation()
    if version is None or _labels(casebook, generation).empty:
        return NOTHING_LEARNED
    return _lessons(warehouse, casebook, version, generation)


@lru_cache(maxsize=2)
def _lessons(warehouse: Warehouse, casebook: Casebook, version: int | None, generation: int) -> Lessons:
    return _learner(warehouse, version).learn(_labels(casebook, generation))


@lru_cache(maxsize=1)
def _learner(warehouse: Warehouse, version: int | None) -> Learner:  # noqa: ARG001
    with warehouse.read() as source:
        return Learner(source.execute(FOUND).df())
