"""How well it is told which products run out, on a simulated company seen at several days.

The question is a fortnight, or the lead time where that is shorter: then a new order can help.

Run ``python tests/benchmarks/stockout_risk.py [--products 100] [--seeds 841 842] [--mishaps]``. With mishaps, causes
are planted that nobody can foresee: lost stock, outsized orders, suppliers that fail. Chances are recalibrated by
isotonic regression on the first company and judged on the others. Climatology is the base rate.
"""

import argparse
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import roc_auc_score

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from models.shortages.projection import project
from tests.models.stock_simulator import DAYS, START, World, simulate
from tests.models.stock_tables import as_of, book_of

HORIZON = 14


def seen(seed: int, world: World) -> pd.DataFrame:
    """Return product-days with the chance told and whether the product ran out before a new order could help."""
    tables, _ = simulate(world, seed)
    short = tables["order_lines"].query("shipped_quantity < quantity").merge(tables["orders"], on="order_id")
    stock = tables["inventory"].groupby(["product_id", "as_of"], as_index=False)["on_hand"].sum()
    parts = []
    for day in range(110, DAYS - HORIZON - 1, 20):
        now = START + timedelta(days=day)
        book = book_of(as_of(tables, now), now)
        ahead = project(book)
        span = np.minimum(ahead.lead_days, HORIZON)
        names = pd.Index(book.product_index[ahead.codes])
        until = pd.Series(now + pd.to_timedelta(span, unit="D"), index=names)
        missed = short[short["shipped_at"].between(now, short["product_id"].map(until))]
        empty = stock[
            (stock["on_hand"] <= 0) & (stock["as_of"] > now) & (stock["as_of"] <= stock["product_id"].map(until))
        ]
        inside = np.arange(ahead.daily.shape[1])[None, :] < span[:, None]
        part = {
            "chance": np.where(inside, ahead.chance_short, 0.0).max(axis=1),
            "balance": -np.where(inside, ahead.balance, np.inf).min(axis=1),
            "cover": -(ahead.on_hand - ahead.owed) / np.maximum(ahead.daily[:, :HORIZON].mean(axis=1), 1e-9),
            "is_out": names.isin(missed["product_id"]) | names.isin(empty["product_id"]),
        }
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)


def main() -> None:
    """Print one row a score, then the calibration."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--products", type=int, default=100)
    parser.add_argument("--seeds", type=int, nargs="+", default=[841, 842, 843])
    parser.add_argument("--service", type=float, default=0.9, help="standard deviations of safety stock")
    parser.add_argument("--mishaps", action="store_true")
    options = parser.parse_args()
    causes = World().causes if options.mishaps else ("unknown",)
    world = World(n_products=options.products, service=options.service, causes=causes)
    first, *rest = [seen(seed, world) for seed in options.seeds]
    judged = pd.concat(rest, ignore_index=True)
    truth = judged["is_out"].to_numpy(float)
    climate = truth.mean() * (1 - truth.mean())
    for name in ("cover", "balance", "chance"):
        print(f"{name:10s} AUC {roc_auc_score(truth, judged[name]):.3f}{'  (goal 0.92)' if name == 'chance' else ''}")
    fitted = IsotonicRegression(out_of_bounds="clip").fit(first["chance"], first["is_out"].astype(float))
    for name, chance in (
        ("as told", judged["chance"].to_numpy()),
        ("recalibrated", fitted.predict(judged["chance"])),
    ):
        brier = np.mean((chance - truth) ** 2)
        print(
            f"{name:13s} Brier {brier:.4f}  skill {1 - brier / climate:.3f} (goal 0.45)  base rate {truth.mean():.3f}"
        )
        bins = pd.cut(chance, [-0.01, 0.05, 0.15, 0.3, 0.5, 0.7, 0.9, 1.0])
        table = pd.DataFrame({"told": chance, "came": truth}).groupby(bins, observed=True).agg(["mean", "size"])
        rows = [f"{a:.2f}->{b:.2f} ({n})" for a, b, n in table.iloc[:, [0, 2, 3]].to_numpy()]
        print("   " + "  ".join(rows))


if __name__ == "__main__":
    main()
