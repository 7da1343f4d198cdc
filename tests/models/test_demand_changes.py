"""Shifts, surges and ordinary demand are told apart by what came before and after."""

import numpy as np
import pytest

from models.shortages.demand_changes import AFTER, BEFORE, Course, Watched, changes
from models.shortages.ledger import DAY

DAYS, SHORT_ON, SPAN = 200, 120, 14
RATE = 3.0


def chances_of(pace: np.ndarray, known_days: int = DAYS, n_products: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Return the chances of a shift and of a surge at the short day, for products whose lines follow a pace by day."""
    chance = np.random.default_rng(3)
    count = chance.poisson(RATE * pace[:known_days], size=(n_products, known_days))
    codes, days = np.repeat(np.arange(n_products * known_days), count.ravel()), np.arange(known_days)
    codes, days = codes // known_days, days[codes % known_days]
    times = days * DAY + 9 * 3600
    quantity = chance.geometric(0.2, size=len(codes)).astype(float)
    watched = Watched.of(codes, times, quantity, n_products, 0, known_days * DAY)

    def plan(product: np.ndarray, start: np.ndarray, stop: np.ndarray, known_at: np.ndarray) -> np.ndarray:
        return RATE * 5 * (stop - start) / DAY

    at = np.full(n_products, SHORT_ON * DAY + 12 * 3600)
    return changes(watched, plan, np.arange(n_products), at - SPAN * DAY, at)


def pace_with(factor: float, begin: int, end: int = DAYS) -> np.ndarray:
    days = np.arange(DAYS)
    return np.where((days >= begin) & (days < end), factor, 1.0)


def test_a_shift_lasts_and_a_surge_ends() -> None:
    lasting, surging = chances_of(pace_with(2.0, SHORT_ON - 10))
    assert (lasting > 0.5).mean() > 0.95
    lasting, surging = chances_of(pace_with(4.0, SHORT_ON - 6, SHORT_ON + 2))
    assert (surging > 0.5).mean() > 0.95
    assert lasting.mean() < 0.05


def test_ordinary_demand_is_neither() -> None:
    lasting, surging = chances_of(np.ones(DAYS))
    assert (lasting + surging > 0.5).mean() < 0.05


def test_a_shift_after_the_short_day_has_no_part_in_it() -> None:
    lasting, _ = chances_of(pace_with(2.0, SHORT_ON + 14))
    assert (lasting > 0.5).mean() < 0.1


def test_a_shift_grows_surer_with_time() -> None:
    pace = pace_with(1.6, SHORT_ON - 10)
    at_once, _ = chances_of(pace, SHORT_ON + 1)
    later, _ = chances_of(pace, SHORT_ON + 40)
    assert at_once.mean() < later.mean()


def test_where_nothing_is_known_the_odds_stay_as_presumed() -> None:
    nothing = np.zeros((1, BEFORE + AFTER))
    shift, surge, steady = Course(nothing, nothing, np.ones(1)).likelihoods(np.zeros(1), np.zeros(1, np.int64))
    assert (shift[0], surge[0], steady[0]) == pytest.approx((1.0, 1.0, 1.0))
