"""Forecasts against plain recursions, known distributions and planted seasons."""

import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import nbinom

from models.forecasts.boosting import better_rows
from models.forecasts.forecast import classify, forecast
from models.forecasts.health import judged
from models.forecasts.quantiles import exceedance, quantile
from models.forecasts.seasons import seasonal_profile, seasonal_strength
from models.forecasts.smoothing import smooth, smooth_intermittent
from models.forecasts.weeks import weekly_matrix

CARPARTS = Path("../shared/data/carparts")


def plain_ses(series: np.ndarray, alpha: float) -> float:
    """Smooth one series week by week, each week's weight normalised by all weights so far."""
    level = weight = 0.0
    for value in series:
        if np.isnan(value):
            continue
        weight = (1 - alpha) * weight + 1
        level += (value - level) / weight
    return level


def plain_tsb(series: np.ndarray, alpha: float, beta: float) -> float:
    """TSB as a recursion: the size moves only with demand, the chance every week."""
    known = series[~np.isnan(series)]
    return plain_ses(known[known > 0], alpha) * plain_ses((known > 0).astype(float), beta)


@pytest.fixture
def demand() -> np.ndarray:
    chance = np.random.default_rng(3)
    y = chance.poisson(chance.uniform(0.2, 8, size=(60, 1)), size=(60, 80)).astype(float)
    y[:10, :40] = np.nan
    return y


def test_smoothing_equals_the_plain_recursion(demand: np.ndarray) -> None:
    expected = [plain_ses(row, 0.1) for row in demand]
    np.testing.assert_allclose(smooth(demand, 0.1), expected, rtol=1e-9)


def test_tsb_equals_the_plain_recursion(demand: np.ndarray) -> None:
    expected = [plain_tsb(row, 0.1, 0.2) for row in demand]
    np.testing.assert_allclose(smooth_intermittent(demand, 0.1, 0.2), expected, rtol=1e-9)


def test_smoothing_and_tsb_equal_statsforecast() -> None:
    told = json.loads((Path(__file__).parent / "statsforecast_values.json").read_text())
    y = np.array(told["weeks"], float)
    np.testing.assert_allclose(smooth(y, 0.1), told["ses"], rtol=1e-6)
    np.testing.assert_allclose(smooth_intermittent(y, 0.1, 0.2), told["tsb"], rtol=1e-6)


def test_tsb_decays_when_demand_stops() -> None:
    alive = np.array([[0, 5, 0, 5, 0, 5, 0, 5.0]])
    dead = np.concatenate([alive, np.zeros((1, 30))], axis=1)
    assert smooth_intermittent(dead)[0] < 0.2 * smooth_intermittent(alive)[0]


def test_demand_classes() -> None:
    y = np.array([[5, 5, 6, 5, 5, 6.0], [1, 30, 2, 25, 1, 40], [0, 0, 4, 0, 0, 4], [0, 0, 1, 0, 0, 40], [0] * 6])
    assert classify(y).tolist() == ["smooth", "erratic", "intermittent", "lumpy", "none"]


def test_exceedance_is_the_negative_binomials_tail() -> None:
    mean, deviation = 20.0, 9.0
    p = mean / deviation**2
    expected = nbinom.sf(30, mean * p / (1 - p), p)
    assert exceedance(np.array([30.0]), np.array([mean]), np.array([deviation]))[0] == pytest.approx(expected)
    assert exceedance(np.array([-1.0]), np.array([mean]), np.array([deviation]))[0] == 1.0


def test_a_quantile_is_exceeded_as_seldom_as_it_says() -> None:
    mean, deviation = np.array([0.5, 4.0, 300.0]), np.array([1.0, 2.0, 60.0])
    for level in (0.5, 0.9, 0.95):
        assert (exceedance(quantile(level, mean, deviation), mean, deviation) <= 1 - level + 1e-9).all()


def test_running_weeks_are_left_out_and_young_products_not_padded() -> None:
    weeks = pd.DataFrame(
        {
            "product_id": ["a", "a", "b", "b"],
            "week_start": pd.to_datetime(["2025-01-06", "2025-01-20", "2025-01-20", "2025-01-27"]),
            "quantity": [1.0, 2.0, 3.0, 99.0],
        }
    )
    products, y = weekly_matrix(weeks, pd.Timestamp("2025-01-30"))
    assert products.tolist() == ["a", "b"]
    np.testing.assert_array_equal(y, [[1, 0, 2], [np.nan, np.nan, 3]])


def test_ten_thousand_products_take_under_two_seconds() -> None:
    y = np.random.default_rng(0).poisson(3, size=(10_000, 104)).astype(float)
    start = time.process_time()
    forecast(y, 8)
    assert time.process_time() - start < 2


@pytest.mark.skipif(not CARPARTS.is_dir(), reason="the real spare parts data is not here")
def test_bias_on_real_spare_parts_stays_small() -> None:
    long = pd.read_parquet(CARPARTS / "carparts_long.parquet")
    y = long.pivot(index="part", columns="t", values="qty").to_numpy(float)
    past, actual = y[:, :-6], y[:, -6:]
    level = np.nan_to_num(smooth_intermittent(past))
    assert 0.6 < level.sum() * 6 / np.nansum(actual) < 1.6


def test_each_product_follows_the_pooled_season_as_strongly_as_it_did_so_far() -> None:
    chance = np.random.default_rng(8)
    season = 1 + 0.5 * np.sin(2 * np.pi * np.arange(130) / 52)
    is_seasonal = np.arange(60) < 25
    y = chance.poisson(40 * np.where(is_seasonal[:, None], season, 1.0)).astype(float)
    strength = seasonal_strength(y, seasonal_profile(y))
    assert strength[is_seasonal].min() > 1.2
    assert strength[~is_seasonal].max() < 0.5
    truth = 40 * np.where(is_seasonal[:, None], 1 + 0.5 * np.sin(2 * np.pi * np.arange(130, 134) / 52), 1.0)
    off = np.abs(forecast(y, 4).mean - truth).mean()
    assert off < 0.6 * np.abs(smooth(y)[:, None] - truth).mean()


def test_the_quantile_of_a_lead_time_holds_where_demand_comes_in_waves() -> None:
    chance = np.random.default_rng(9)
    waves = np.zeros((300, 80))
    for week in range(1, 80):
        waves[:, week] = 0.8 * waves[:, week - 1] + chance.normal(0, 0.3, 300)
    y = chance.poisson(20 * np.exp(waves)).astype(float)
    ahead = forecast(y[:, :76], 4)
    held = (y[:, 76:].sum(axis=1) <= ahead.stock(0.95, ahead.mean.sum(axis=1), 4)).mean()
    assert 0.92 < held < 0.99


def test_stock_for_slow_demand_in_bursts_holds_as_often_as_told() -> None:
    chance = np.random.default_rng(12)
    bursts = (chance.random((400, 60)) < 0.15) * chance.geometric(0.08, (400, 60)).astype(float)
    bursts[:, 0] = 1.0
    ahead = forecast(bursts[:, :56], 4)
    actual, mean = bursts[:, 56:].sum(axis=1), ahead.mean.sum(axis=1)
    assert 0.92 < (actual <= ahead.stock(0.95, mean, 4)).mean() < 0.985


def test_a_product_that_ended_has_no_forecast_to_look_into() -> None:
    demand = np.array([[0.0] * 8, [4.0] * 8])
    wape, bias, signal = judged(demand, np.full((2, 8), 1.0))
    assert np.isnan([wape[0], bias[0], signal[0]]).all()
    assert signal[1] == pytest.approx(-8)


def test_boosting_is_taken_where_it_sees_what_the_usual_forecast_cannot_and_nowhere_else() -> None:
    chance = np.random.default_rng(8)
    level = chance.uniform(20, 60, size=(200, 1))
    waves = np.where(np.arange(56) // 4 % 2 == 0, 0.4, 1.6)[None, :]
    wavy = chance.poisson(level * waves).astype(float)
    boosted = forecast(wavy, 4, boosts=True)
    assert set(boosted.model) == {"boosted"}
    assert boosted.mean.mean() == pytest.approx(0.4 * level.mean(), rel=0.15)
    assert forecast(wavy, 4).mean.mean() > 0.6 * level.mean()
    known = {52: 1.6, 48: 0.4}
    assert not better_rows(wavy, np.zeros(200, bool), lambda past: level[:, 0] * known[past.shape[1]])[0].any()
    assert "boosted" not in forecast(wavy[:150], 4, boosts=True).model
