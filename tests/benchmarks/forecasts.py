"""How good forecasts are, how much stock they need, and how fast they are made, on simulated and on real demand.

Run ``python tests/benchmarks/forecasts.py [--data ../shared/data] [--boosted]``. Errors are of some periods ahead
together, over rolling origins, as a ratio to exponential smoothing with alpha 0.1. An all-zero forecast wins such
errors where demand is intermittent: there the stock needed for a 95 % fill rate decides. Achieved service is how often
the negative-binomial quantile of a lead time's demand held.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from models.forecasts.forecast import forecast
from models.forecasts.quantiles import exceedance
from models.forecasts.smoothing import smooth, smooth_intermittent
from models.forecasts.weeks import Matrix, Vector

AHEAD, LEAD, REVIEW = 4, 4, 1
ORIGINS = 6
GRID = np.linspace(0.0, 8.0, 33)
"""Safety factors tried for a 95 % fill rate."""


def simulated(n_products: int = 400, n_weeks: int = 130, seed: int = 41) -> Matrix:
    """Return weekly demand of a mixture: steady, seasonal, and slow products."""
    chance = np.random.default_rng(seed)
    level = chance.lognormal(3, 1, n_products)
    season = 1 + 0.4 * np.sin(2 * np.pi * np.arange(n_weeks) / 52)
    is_seasonal = chance.random(n_products) < 0.4
    drift = np.exp(np.cumsum(chance.normal(0, 0.03, (n_products, n_weeks)), axis=1))
    mean = level[:, None] * drift * np.where(is_seasonal[:, None], season, 1.0)
    slow = chance.random(n_products) < 0.35
    bought = chance.random((n_products, n_weeks)) < np.where(slow[:, None], 0.25, 1.0)
    return chance.negative_binomial(4, 4 / (4 + mean)).astype(float) * bought


def real_sets(folder: Path) -> dict[str, Matrix]:
    """Return the real demand that lies in a folder, as matrices of products and periods."""
    sets = {}
    parts = folder / "carparts" / "carparts_long.parquet"
    if parts.exists():
        frame = duckdb.sql(f"select part, t, qty from '{parts}' where qty is not null").df()
        table = frame.pivot_table(index="part", columns="t", values="qty")
        sets["carparts (months)"] = table.dropna().to_numpy(float)
    retail = sorted((folder / "online_retail").glob("online_retail*.parquet"))
    if retail:
        frame = duckdb.sql(
            f"""select StockCode as product, date_trunc('week', InvoiceDate::timestamp) as week, sum(Quantity) as units
            from '{retail[0]}' where Quantity > 0 and UnitPrice > 0 and InvoiceNo not like 'C%' and Quantity < 5000
            group by all"""
        ).df()
        table = frame.pivot_table(index="product", columns="week", values="units", aggfunc="sum").fillna(0.0)
        table = table[(table > 0).sum(axis=1) >= 15].iloc[:, :-1]
        sets["Online Retail (weeks)"] = table.to_numpy(float)
    return sets


METHODS: dict[str, Callable[[Matrix], Vector]] = {
    "naive": lambda y: y[:, -1],
    "SES(.1)": lambda y: smooth(y),
    "SES(.2)": lambda y: smooth(y, 0.2),
    "TSB(.1,.1)": lambda y: smooth_intermittent(y),
    "mean of 13": lambda y: y[:, -13:].mean(axis=1),
    "ours": lambda y: forecast(y, AHEAD).mean.mean(axis=1),
}


BOOSTED: dict[str, Callable[[Matrix], Vector]] = {
    "ours, boosted": lambda y: forecast(y, AHEAD, boosts=True).mean.mean(axis=1)
}
"""With gradient boosting where it was better; too slow for the stock's many weeks."""


def errors(y: Matrix, methods: dict[str, Callable[[Matrix], Vector]]) -> pd.DataFrame:
    """Return each method's cumulative error over demand, its ratio to SES(.1), and its bias."""
    rows = {}
    cuts = [y.shape[1] - AHEAD - 2 * k for k in range(ORIGINS)]
    for name, method in methods.items():
        off = total = signed = 0.0
        for cut in cuts:
            actual = y[:, cut : cut + AHEAD].sum(axis=1)
            told = AHEAD * np.nan_to_num(method(y[:, :cut]))
            off += np.abs(told - actual).sum()
            signed += (told - actual).sum()
            total += actual.sum()
        rows[name] = {"error": off / total, "bias": signed / total}
    frame = pd.DataFrame(rows).T
    frame["to SES"] = frame["error"] / frame.loc["SES(.1)", "error"]
    return frame


def stock_needed(y: Matrix, goal: float = 0.95) -> "pd.Series[float]":
    """Return the stock each method holds for a 95 % fill rate, in periods of mean demand.

    Order-up-to every period with a lead time; safety stock is a factor, the same for all products, of the root of what
    is expected; unfilled demand waits.
    """
    start = y.shape[1] // 2
    needed = {}
    for name, method in METHODS.items():
        plans = np.stack([np.nan_to_num(method(y[:, : t + 1])) for t in range(start, y.shape[1])], axis=1)
        fills, held = [], []
        for factor in GRID:
            fill, stock = _run(y[:, start:], plans, factor)
            fills.append(fill)
            held.append(stock)
        fills, held = np.maximum.accumulate(fills), np.asarray(held)
        needed[name] = float(np.interp(goal, fills, held)) if fills[-1] >= goal else float("nan")
    return pd.Series(needed)


def _run(y: Matrix, plans: Matrix, factor: float) -> tuple[float, float]:
    """Return the fill rate and the mean stock, in periods of demand, of an order-up-to policy over all products."""
    span = LEAD + REVIEW
    target = plans * span + factor * np.sqrt(np.maximum(plans, 0.05) * span)
    net, pipeline = target[:, 0].copy(), np.zeros((len(y), LEAD))
    filled = wanted = stock = 0.0
    for t in range(1, y.shape[1]):
        net += pipeline[:, 0]
        pipeline = np.roll(pipeline, -1, axis=1)
        there = np.maximum(net, 0.0)
        filled += np.minimum(there, y[:, t]).sum()
        wanted += y[:, t].sum()
        net = net - y[:, t]
        stock += np.maximum(net, 0.0).sum()
        pipeline[:, -1] = np.maximum(target[:, t] - net - pipeline[:, :-1].sum(axis=1), 0.0)
    periods = y.shape[1] - 1
    return filled / wanted, stock / periods / max(y[:, 1:].sum() / periods, 1e-9)


def achieved(y: Matrix, level: float = 0.95) -> float:
    """Return how often the quantile of a lead time's demand held, over rolling origins."""
    held = count = 0
    for k in range(1, ORIGINS + 1):
        cut = y.shape[1] - LEAD - 2 * k
        ahead = forecast(y[:, :cut], LEAD)
        stock = ahead.stock(level, ahead.mean.sum(axis=1), LEAD)
        held += int((y[:, cut : cut + LEAD].sum(axis=1) <= stock).sum())
        count += len(y)
    return held / count


def speed(n_products: int = 10_000, n_weeks: int = 104) -> float:
    """Return the CPU seconds of forecasting many products, quantiles included."""
    y = np.random.default_rng(3).negative_binomial(2, 0.1, (n_products, n_weeks)).astype(float)
    began = time.process_time()
    ahead = forecast(y, 8)
    exceedance(np.full(n_products, 100.0), ahead.mean.sum(axis=1), ahead.deviation * np.sqrt(8))
    return time.process_time() - began


def main() -> None:
    """Print one table a set, then the gates."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[3] / "shared" / "data")
    parser.add_argument("--boosted", action="store_true", help="gradient boosting as well")
    options = parser.parse_args()
    ratios = []
    for name, y in {"simulated (weeks)": simulated(), **real_sets(options.data)}.items():
        frame = errors(y, {**METHODS, **BOOSTED} if options.boosted else METHODS)
        frame["stock"] = stock_needed(y)
        simple = frame.drop(index="ours")["stock"]
        print(f"-- {name}: {y.shape[0]} products x {y.shape[1]} periods")
        print(frame.round(3).to_string())
        print(
            f"   stock over the best simple method {frame.loc['ours', 'stock'] / simple.min() - 1:+.1%} (goal +5 %)   "
            f"95 % service achieved {achieved(y):.3f} (goal .92 to .98)\n",
            flush=True,
        )
        ratios.append(frame.loc["ours", "to SES"])
    print(f"mean error to SES(.1) {np.mean(ratios):.3f} (goal 0.97)")
    print(f"10,000 products x 104 weeks in {speed():.2f} CPU s (goal 2)")


if __name__ == "__main__":
    main()
