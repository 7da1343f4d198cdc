"""How demand of a product in a warehouse is told best: by its own past, or as a share of the product's forecast.

Run ``python tests/benchmarks/warehouse_demand.py [--data ../shared/data] [--seeds 1 2]``. Errors are of four weeks
ahead together over five origins, absolute, over demand. Simulated: 150 products in three warehouses, whose shares stay,
drift, or are dealt anew for three products in ten. Real: AdventureWorks' ten sales territories and the four largest
countries of Online Retail, with the rest as a fifth, stand for warehouses.
"""

import argparse
import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from models.forecasts.forecast import forecast
from models.forecasts.places import forecast_places, shares, together
from models.forecasts.weeks import Matrix

AHEAD, ORIGINS = 4, 5
KINDS = ("shares stay", "shares drift", "shares dealt anew")

REAL = {
    "AdventureWorks, territories": """
        select d.ProductID as product, h.TerritoryID as place, date_trunc('week', h.OrderDate) as week,
            sum(d.OrderQty) as units
        from '{folder}/adventureworks/sales_order_detail.parquet' as d
        inner join '{folder}/adventureworks/sales_order_header.parquet' as h using (SalesOrderID) group by all""",
    "Online Retail, countries": """
        select StockCode as product,
            if(Country in ('United Kingdom', 'Germany', 'France', 'EIRE'), Country, '') as place,
            date_trunc('week', InvoiceDate::timestamp) as week, sum(Quantity) as units
        from '{folder}/online_retail/online_retail.parquet'
        where Quantity > 0 and UnitPrice > 0 and Quantity < 5000 group by all""",
}


def simulated(seed: int, kind: str, n: int = 150, places: int = 3, weeks: int = 104) -> Matrix:
    """Return units a week of shape ``(n * places, weeks)``: Poisson lines of geometric size."""
    chance = np.random.default_rng(seed)
    rate, size = chance.lognormal(0.3, 1.0, n), chance.uniform(1.5, 12, n)
    share = np.repeat(chance.dirichlet(np.ones(places) * 1.5, n)[:, :, None], weeks, axis=2)
    if kind == "shares drift":
        share = np.exp(np.log(share + 1e-3) + np.cumsum(chance.normal(0, 0.06, share.shape), axis=2))
        share /= share.sum(axis=1, keepdims=True)
    if kind == "shares dealt anew":
        for k in np.flatnonzero(chance.random(n) < 0.3):
            share[k, :, chance.integers(40, 100) :] = chance.dirichlet(np.ones(places) * 1.5)[:, None]
    level = np.exp(np.cumsum(chance.normal(0, 0.03, (n, weeks)), axis=1))
    season = 1 + 0.3 * chance.random() * np.sin(2 * np.pi * np.arange(weeks) / 52)
    lines = chance.poisson(rate[:, None, None] * level[:, None, :] * share * season)
    more = chance.negative_binomial(np.maximum(lines, 1), np.broadcast_to(1 / size[:, None, None], lines.shape))
    return np.where(lines > 0, lines + more, 0).reshape(n * places, weeks).astype(float)


def real(folder: Path, sql: str) -> tuple[Matrix, np.ndarray]:
    """Return units a week of a product in a place, and each row's product; products sold in 15 weeks and more."""
    frame = duckdb.sql(sql.format(folder=folder)).df()
    weeks = pd.date_range(frame["week"].min(), frame["week"].max(), freq="7D")[:-1][-110:]
    table = frame.pivot_table(index=["product", "place"], columns="week", values="units", aggfunc="sum")
    table = table.reindex(columns=weeks).fillna(0.0)
    often = (table.groupby("product").sum() > 0).sum(axis=1) >= 15
    table = table[table.index.get_level_values("product").map(often)]
    return table.to_numpy(float), pd.factorize(table.index.get_level_values("product"))[0].astype(np.int64)


def _young(y: Matrix) -> Matrix:
    return np.where(np.cumsum(y, axis=1) > 0, y, np.nan)


def errors(y: Matrix, wholes: np.ndarray) -> dict[str, float]:
    """Return the error over demand of either way, and of the one that is chosen."""
    off = dict.fromkeys(("alone", "shared out", "as chosen"), 0.0)
    total = 0.0
    for back in range(ORIGINS):
        cut = y.shape[1] - AHEAD * (back + 1)
        past, actual = _young(y[:, :cut]), y[:, cut : cut + AHEAD].sum(axis=1)
        told = {
            "alone": forecast(past, AHEAD).mean.sum(axis=1),
            "shared out": shares(past, wholes) * forecast(together(past, wholes), AHEAD).mean.sum(axis=1)[wholes],
            "as chosen": forecast_places(past, wholes, AHEAD).mean.sum(axis=1),
        }
        total += actual.sum()
        for name, expected in told.items():
            off[name] += float(np.abs(np.nan_to_num(expected) - actual).sum())
    return {name: error / total for name, error in off.items()}


def main() -> None:
    """Print one row a set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[3] / "shared" / "data")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    sets = {
        f"{kind}, seed {seed}": (simulated(seed, kind), np.repeat(np.arange(150), 3))
        for kind in KINDS
        for seed in options.seeds
    }
    if (options.data / "adventureworks").is_dir():
        sets |= {name: real(options.data, sql) for name, sql in REAL.items()}
    for name, (y, wholes) in sets.items():
        told = "   ".join(f"{way} {error:.3f}" for way, error in errors(y, wholes).items())
        print(f"{name:28s} {len(y):6d} rows   {told}", flush=True)


if __name__ == "__main__":
    main()
