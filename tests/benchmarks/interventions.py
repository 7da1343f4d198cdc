"""How often the interval of an intervention's effect holds the truth, and how often one is claimed where none is.

``python tests/benchmarks/interventions.py [SERIES] [FIRST_SEED]``: weekly counts around a level with a trend, of 5 to
100 a week, with noise that hangs together from week to week, overdispersed by a gamma factor, or neither; an
intervention that takes away 30 % or nothing. Beside it, an ordinary regression on the same terms that takes the weeks
for independent.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import t as student

sys.path.insert(0, str(Path(__file__).parents[2]))

from models.improvement.interruptions import changes

WEEKS = ((12, 4), (26, 8), (40, 12))
MEANS = (5, 10, 30, 100)
NOISES = {
    "counting alone": (0.0, 0.0, 0.0),
    "overdispersed 20%": (0.0, 0.0, 0.2),
    "rho 0.3": (0.3, 0.15, 0.0),
    "rho 0.6": (0.6, 0.2, 0.0),
    "rho 0.6, overdispersed": (0.6, 0.2, 0.2),
    "rho 0.8": (0.8, 0.25, 0.0),
}
"""For each: the correlation of neighbouring weeks, their standard deviation, and the gamma factor's."""


def series(
    chance: np.random.Generator,
    shape: tuple[int, int],
    start: int,
    mean: float,
    noises: tuple[float, float, float],
    effect: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return weekly findings and orders, shape ``(n_series, n_weeks)``."""
    correlation, noise, extra = noises
    shocks = chance.normal(0, noise, shape)
    errors = shocks.copy()
    for week in range(1, shape[1]):
        errors[:, week] = correlation * errors[:, week - 1] + shocks[:, week] * np.sqrt(1 - correlation**2)
    orders = chance.poisson(300, shape).astype(float)
    place = np.arange(shape[1])
    trend = chance.uniform(-0.3, 0.3, (shape[0], 1)) * (place - shape[1] / 2) / shape[1]
    step = np.log1p(effect) * (place >= start)
    factor = chance.gamma(1 / extra**2, extra**2, shape) if extra else np.ones(shape)
    return chance.poisson(mean / 300 * orders * np.exp(errors + trend + step) * factor).astype(float), orders


def ordinary(found: np.ndarray, orders: np.ndarray, start: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the intervals of a regression that takes the weeks for independent."""
    weeks = found.shape[1]
    design = np.column_stack([np.ones(weeks), np.arange(weeks) >= start, np.arange(weeks) / weeks]).astype(float)
    y = np.log((found + 0.5) / orders).T
    weights, *_ = np.linalg.lstsq(design, y, rcond=None)
    rest = y - design @ weights
    error = np.sqrt((rest**2).sum(0) / (weeks - 3) * np.linalg.inv(design.T @ design)[1, 1])
    margin = student.ppf(0.975, weeks - 3) * error
    return np.expm1(weights[1] - margin), np.expm1(weights[1] + margin)


def measure(samples: int, seed: list[int], before: int, after: int, mean: float, noise: str) -> dict[str, object]:
    """Return the shares of one setting."""
    row: dict[str, object] = {"before": before, "after": after, "a week": mean, "noise": noise}
    for effect, name in ((-0.3, "30%"), (0.0, "none")):
        chance = np.random.default_rng([*seed, int(effect < 0)])
        found, orders = series(chance, (samples, before + after), before, mean, NOISES[noise], effect)
        low, _change, high = changes(found, orders, before)
        row[f"holds {name}"] = np.mean((low <= effect) & (effect <= high))
        usual_low, usual_high = ordinary(found, orders, before)
        row[f"ordinary holds {name}"] = np.mean((usual_low <= effect) & (effect <= usual_high))
        if effect:
            row["found"], row["width"] = np.mean(high < 0), np.median(high - low)
    return row


def main(samples: int = 400, first: int = 7000) -> pd.DataFrame:
    """Print the table."""
    rows = [
        measure(samples, [first, before, mean, place], before, after, mean, noise)
        for before, after in WEEKS
        for mean in MEANS
        for place, noise in enumerate(NOISES)
    ]
    table = pd.DataFrame(rows)
    sys.stdout.write(f"{table.round(3).to_string(index=False)}\n")
    shares = [str(name) for name in table if "holds" in str(name) or name == "found"]
    for by in ("noise", "a week", "before"):
        sys.stdout.write(f"{table.groupby(by, sort=False)[shares].mean().round(3).to_string()}\n")
    sys.stdout.write(f"over all: {table[shares].mean().round(3).to_dict()}\n")
    return table


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
