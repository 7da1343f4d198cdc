"""How often a control chart cries wolf, and how soon it tells a rate that rose by half.

``python tests/benchmarks/control_charts.py [SERIES] [FIRST_SEED]``: weeks of about 400 orders; 30 weeks of baseline, of
which the limits are made, then 100 steady ones for false signals, or three weeks at one and a half times the rate.
Noise: Poisson's, or overdispersed by a gamma factor of 10 % from week to week. Beside it, plain 3-sigma limits
without correction with the four usual rules of Western Electric; and what nobody can beat: who knows the old rate, the
new one and the noise, and looks at the three weeks together once (Neyman and Pearson's test, one false signal in 200).
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import nbinom, poisson

sys.path.insert(0, str(Path(__file__).parents[2]))

from models.improvement.control_charts import control_chart

BASELINE, STEADY, ORDERS = 30, 100, 400


def western_electric(count: np.ndarray, area: np.ndarray) -> np.ndarray:
    """Return which points the four usual rules signal, with Poisson limits from the baseline."""
    rate = count[:BASELINE].sum() / area[:BASELINE].sum()
    z = (count / area - rate) / np.sqrt(rate / area)
    found = np.abs(z) > 3
    for side in (1, -1):
        for near, of, needed in ((2, 3, 2), (1, 5, 4), (0, 8, 8)):
            hits = side * z > near
            inside = np.array([hits[max(place - of + 1, 0) : place + 1].sum() for place in range(len(z))])
            found |= hits & (inside >= needed)
    return found


def series(
    chance: np.random.Generator, mean: float, factors: np.ndarray, noise: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return weekly counts and orders at a mean count, times a factor a week, with more noise than Poisson's."""
    area = chance.poisson(ORDERS, len(factors)).astype(float)
    level = chance.gamma(1 / noise**2, noise**2, len(factors)) if noise else np.ones(len(factors))
    return chance.poisson(mean / ORDERS * area * factors * level).astype(float), area


def best_possible(mean: float, noise: float) -> float:
    """Return the power of the most powerful test of three weeks at half as much again; its false signals: 1 in 200."""

    def total(rate: float) -> Any:
        size = 3 / noise**2 if noise else 0.0  # three gamma factors together, as one of three times the shape
        return nbinom(size, size / (size + 3 * rate)) if noise else poisson(3 * rate)

    return float(total(1.5 * mean).sf(total(mean).isf(1 / 200)))


def measure(samples: int, first: int, mean: float, noise: float) -> dict[str, float]:
    """Return the shares over seeds."""
    false, usual, told, usually = 0, 0, 0, 0
    for place in range(samples):
        chance = np.random.default_rng(first + place)
        count, area = series(chance, mean, np.ones(BASELINE + STEADY), noise)
        false += control_chart(count, area, BASELINE)["signal"].iloc[BASELINE:].ne("").sum()
        usual += western_electric(count, area)[BASELINE:].sum()
        factors = np.r_[np.ones(BASELINE), np.full(3, 1.5)]
        count, area = series(chance, mean, factors, noise)
        told += control_chart(count, area, BASELINE)["signal"].iloc[BASELINE:].str.contains("above").any()
        usually += western_electric(count, area)[BASELINE:].any()
    points = samples * STEADY / 200
    return {
        "findings a week": mean,
        "noise beyond Poisson": noise,
        "false signals in 200 points": false / points,
        "shift of 50% told in 3 weeks": told / samples,
        "best possible": best_possible(mean, noise),
        "usual rules: false in 200": usual / points,
        "usual rules: told": usually / samples,
    }


def main(samples: int = 400, first: int = 5000) -> pd.DataFrame:
    """Print the table."""
    rows = [measure(samples, first, mean, noise) for mean in (5, 10, 20, 30, 40, 60) for noise in (0.0, 0.1)]
    table = pd.DataFrame(rows).round(3)
    sys.stdout.write(f"{table.to_string(index=False)}\n")
    return table


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
