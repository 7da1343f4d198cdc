"""Control charts tell a signal from noise; interventions are judged by intervals that keep what they promise."""

import numpy as np
import pytest

from models.improvement.control_charts import MINIMUM_POINTS, RUN, control_chart, proportion_chart, signals, usual
from models.improvement.interruptions import changes, interruption


def weeks(seed: int, mean: float, factors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    orders = chance.poisson(400, len(factors)).astype(float)
    return chance.poisson(mean / 400 * orders * factors).astype(float), orders


def test_a_steady_rate_hardly_ever_signals() -> None:
    false = sum(
        control_chart(*weeks(seed, 20, np.ones(130)), 30)["signal"].iloc[30:].ne("").sum() for seed in range(20)
    )
    assert false / (20 * 100) <= 1 / 200


def test_a_shift_by_half_is_told_within_three_weeks() -> None:
    factors = np.r_[np.ones(30), np.full(3, 1.5)]
    told = [
        control_chart(*weeks(seed, 60, factors), 30)["signal"].iloc[30:].str.contains("above").any()
        for seed in range(40)
    ]
    assert np.mean(told) >= 0.9


def test_large_subgroups_get_wider_limits() -> None:
    chance = np.random.default_rng(1)
    orders = np.full(60, 50_000.0)
    count = chance.poisson(0.05 * orders * chance.gamma(100, 0.01, 60)).astype(float)
    rate, sigma = usual(count, orders)
    assert rate == pytest.approx(0.05, rel=0.05)
    assert sigma > 3
    assert control_chart(count, orders)["signal"].ne("").sum() <= 2


def test_few_points_draw_no_limits() -> None:
    chart = control_chart(np.ones(MINIMUM_POINTS), np.full(MINIMUM_POINTS, 100.0))
    assert chart["centre"].isna().all()
    assert chart["signal"].eq("").all()
    assert proportion_chart(np.full(20, 5.0), np.full(20, 5.0))["centre"].isna().all(), "all in time has no noise"


def test_the_rules_name_what_they_see() -> None:
    calm = np.zeros(20)
    assert set(signals(calm, 100)) == {""}
    one = calm.copy()
    one[10] = 3.5
    assert signals(one, 10_000)[10] == "above"
    three = calm.copy()
    three[8:11] = -2.0
    assert signals(three, 10_000)[10] == "weeks_below"
    assert signals(np.full(RUN, 0.5), 10_000)[-1] == "run_above"
    assert signals(np.full(RUN - 1, 0.5), 10_000)[-1] == ""


def test_a_clear_effect_is_found_with_its_size() -> None:
    factors = np.r_[np.ones(40), np.full(16, 0.6)]
    effects = [interruption(*weeks(seed, 40, factors), 40) for seed in range(12)]
    assert np.mean([one.verdict == "fell" for one in effects]) >= 0.9
    assert np.mean([one.low <= -0.4 <= one.high for one in effects]) >= 0.8
    assert np.median([one.change for one in effects]) == pytest.approx(-0.4, abs=0.08)
    first = effects[0]
    assert first.prevented_low <= first.prevented <= first.prevented_high
    assert first.expected[-1] > first.fitted[-1]


def test_no_effect_is_no_evidence() -> None:
    claimed = [interruption(*weeks(seed, 20, np.ones(40)), 28).verdict != "no_evidence" for seed in range(60)]
    assert np.mean(claimed) <= 0.05


def test_intervals_keep_what_they_promise_where_weeks_hang_together() -> None:
    chance = np.random.default_rng(5)
    shocks = chance.normal(0, 0.2, (300, 48))
    errors = shocks.copy()
    for week in range(1, 48):
        errors[:, week] = 0.6 * errors[:, week - 1] + 0.8 * shocks[:, week]
    orders = np.full(errors.shape, 300.0)
    count = chance.poisson(30 * np.exp(errors + np.log(0.7) * (np.arange(48) >= 36))).astype(float)
    low, change, high = changes(count, orders, 36)
    assert 0.9 <= np.mean((low <= -0.3) & (high >= -0.3)) <= 0.985
    one = interruption(count[0], orders[0], 36)
    assert (one.low, one.change, one.high) == pytest.approx((low[0], change[0], high[0]))
    assert 0 < one.correlation < 1


def test_a_trend_is_not_taken_for_an_effect() -> None:
    falling = np.exp(-np.arange(52) / 52)
    claimed = [interruption(*weeks(seed, 40, falling), 36).verdict == "fell" for seed in range(15)]
    assert np.mean(claimed) <= 0.15


def test_too_few_weeks_or_findings_say_nothing() -> None:
    assert interruption(*weeks(1, 20, np.ones(12)), 9).verdict == "too_early"
    assert interruption(*weeks(1, 20, np.ones(20)), 18).verdict == "too_early"
    assert interruption(*weeks(1, 0.1, np.ones(40)), 20).verdict == "too_early"
