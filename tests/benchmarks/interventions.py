"""How often the interval of an intervention's effect holds the truth, and how often one is claimed where none is.

``python tests/benchmarks/interventions.py [SERIES] [FIRST_SEED]``: weekly Poisson counts around a level with a trend
and autocorrelated noise, an intervention that takes away 30 % or nothing. Beside it, an ordinary regression on the same
terms that takes the weeks for independent.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import t as student

sys.path.insert(0, str(Path(__file__).parents[2]))

from models.improvement.interruptions import interruption

SETTINGS = [
    (before, after, mean, correlation, noise)
    for before, after in ((26, 8), (40, 12))
    for mean in (10, 30)
    for correlation, noise in ((0.0, 0.0), (0.3, 0.15), (0.6, 0.2))
]


def series(
    chance: np.random.Generator, before: int, after: int, mean: float, correlation: float, noise: float, effect: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return weekly findings and orders."""
    count = before + after
    errors = np.zeros(count)
    errors[0] = chance.normal(0, noise)
    for week in range(1, count):
        errors[week] = correlation * errors[week - 1] + chance.normal(0, noise * np.sqrt(1 - correlation**2))
    orders = chance.poisson(300, count).astype(float)
    trend = chance.uniform(-0.3, 0.3) * (np.arange(count) - count / 2) / count
    step = np.log1p(effect) * (np.arange(count) >= before)
    return chance.poisson(mean / 300 * orders * np.exp(errors + trend + step)).astype(float), orders


def ordinary(found: np.ndarray, orders: np.ndarray, start: int) -> tuple[float, float]:
    """Return the interval of a regression that takes the weeks for independent."""
    weeks = len(found)
    design = np.column_stack([np.ones(weeks), np.arange(weeks) >= start, np.arange(weeks) / weeks]).astype(float)
    y = np.log((found + 0.5) / orders)
    weights, *_ = np.linalg.lstsq(design, y, rcond=None)
    rest = y - design @ weights
    error = np.sqrt(rest @ rest / (weeks - 3) * np.linalg.inv(design.T @ design)[1, 1])
    margin = student.ppf(0.975, weeks - 3) * error
    return float(np.expm1(weights[1] - margin)), float(np.expm1(weights[1] + margin))


def main(samples: int = 100, first: int = 7000) -> pd.DataFrame:
    """Print the table."""
    rows = []
    for before, after, mean, correlation, noise in SETTINGS:
        counts = dict.fromkeys(("holds 30%", "found", "holds none", "ordinary holds 30%", "ordinary holds none"), 0)
        for place in range(samples):
            chance = np.random.default_rng(first + place)
            for effect, name in ((-0.3, "30%"), (0.0, "none")):
                found, orders = series(chance, before, after, mean, correlation, noise, effect)
                tested = interruption(found, orders, before)
                low, high = ordinary(found, orders, before)
                counts[f"holds {name}"] += tested.low <= effect <= tested.high
                counts[f"ordinary holds {name}"] += low <= effect <= high
                counts["found"] += effect < 0 and tested.verdict == "fell"
        shares = {name: count / samples for name, count in counts.items()}
        rows.append({"before": before, "after": after, "a week": mean, "rho": correlation, "noise": noise, **shares})
    table = pd.DataFrame(rows)
    sys.stdout.write(f"{table.round(3).to_string(index=False)}\n")
    means = table[[name for name in table if "holds" in str(name)]].mean().round(3)
    sys.stdout.write(f"over all: {means.to_dict()}\n")
    return table


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
