"""How well it is told which products run out, on simulated companies seen at several days.

Two questions are asked of every product on every day looked at, one that is short already included. The page's: does it
run out within its lead time, a fortnight at most, before a new order can help? And that of the study behind the goal of
0.92: does it run out within a fortnight, whatever its lead time? That study's company is not described beyond its
forecasts, its lateness and its base rate of 0.115; the calm one is the nearest to it here.

Run ``python tests/benchmarks/stockout_risk.py [--products 100] [--seeds 841 842 843] [--calm]``. The company is that of
the attribution's benchmark: forecasts cut by hand, suppliers that fail, stock that is lost, orders that nobody placed,
outsized orders. What befalls a single line, stock held back or in the wrong warehouse, is left out. The calm company
has thin safety stock and no mishaps: only chance decides there, and nobody who knew every rate could tell much more.
Chances are recalibrated by the product on what it has seen until each day. Climatology is the base rate. A bin of
130 cases is known to 0.08 either way: each is printed with the 95 % interval (Wilson) of what came.

Beside them stand two who know more than anybody could: one knows every product's true rate of demand, with the shift
or surge that is going on, the other also when every open purchase order will come and with how much. What nobody can
know is what goes wrong after the day of looking.
"""

import argparse
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binomtest
from sklearn.metrics import roc_auc_score

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from models.shortages.calibration import fit, past_chances
from models.shortages.projection import Projection, open_receipts, project, running_short
from models.shortages.stock_book import StockBook
from tests.models.stock_simulator import DAYS, START, Product, World, natures, simulate
from tests.models.stock_tables import as_of, book_of

HORIZON = 14
EDGES = [-0.01, 0.05, 0.15, 0.3, 0.5, 0.7, 0.9, 1.0]
EQUAL_BINS = 8
FEW = 80
"""A bin with fewer cases says little: its share came by chance within 0.05 and more."""

CALM = {"causes": ("unknown",), "service": 0.9}
USUAL = {"causes": tuple(cause for cause in World().causes if cause != "allocation")}


def knowing(
    book: StockBook, ahead: Projection, products: dict[str, Product], tables: dict[str, pd.DataFrame], day: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the chances of running out by each day for who knows the true rates, and for who knows receipts as well.

    Both are of shape ``(n_products, n_days)``; open orders and stock are as projected.
    """
    n_days = ahead.daily.shape[1]
    here = [products[name] for name in book.product_index[ahead.codes]]
    pace = np.array([[one.pace(day + later, frozenset({one.variant})) for later in range(n_days)] for one in here])
    rate = np.array([one.rate for one in here])[:, None] * pace
    size = np.array([one.size for one in here])
    # Lines come by a Poisson process, their sizes are geometric.
    deviation = np.sqrt(rate[:, :HORIZON].mean(axis=1) * (2 * size**2 - size))
    receipts, arrived = open_receipts(book, n_days)
    place = np.full(len(book.products), -1)
    place[ahead.codes] = np.arange(len(ahead.codes))
    row = place[receipts["code"].to_numpy(np.int64)]
    come = tables["purchase_orders"].set_index("po_id").reindex(receipts["po_id"])
    wait = (pd.to_datetime(come["received_at"]) - pd.Timestamp(book.now)).dt.days.fillna(n_days).to_numpy()
    has_come = (np.arange(n_days)[None, :] >= wait[:, None]).astype(float)
    free, expected = ahead.on_hand - ahead.owed, rate * size[:, None]
    ordered, brought = receipts["quantity"].to_numpy(float), come["received_quantity"].fillna(0.0).to_numpy(float)
    rates = running_short(free, expected, deviation, row, ordered, arrived, drift=0.0, surprise_share=0.0)
    return rates, running_short(free, expected, deviation, row, brought, has_come, drift=0.0, surprise_share=0.0)


QUESTIONS = {"within the lead time, a fortnight at most": True, "within a fortnight": False}
"""Whether a shorter lead time ends what is looked at."""


def seen(seed: int, world: World) -> pd.DataFrame:
    """Return product-days by question, with the chance told and whether the product ran out."""
    tables, _ = simulate(world, seed)
    products = {one.product_id: one for one in natures(world, seed)}
    short = tables["order_lines"].query("shipped_quantity < quantity").merge(tables["orders"], on="order_id")
    stock = tables["inventory"].groupby(["product_id", "as_of"], as_index=False)["on_hand"].sum()
    parts = []
    for day in range(110, DAYS - HORIZON - 1, 20):
        now = START + timedelta(days=day)
        book = book_of(as_of(tables, now), now)
        ahead = project(book)
        names = pd.Index(book.product_index[ahead.codes])
        known = knowing(book, ahead, products, tables, day)
        line = fit(*past_chances(book))
        for question, ends_with_lead in QUESTIONS.items():
            span = np.minimum(ahead.lead_days, HORIZON) if ends_with_lead else np.full(len(names), HORIZON)
            until = pd.Series(now + pd.to_timedelta(span, unit="D"), index=names)
            missed = short[short["shipped_at"].between(now, short["product_id"].map(until))]
            is_empty = (stock["on_hand"] <= 0) & (stock["as_of"] > now)
            empty = stock[is_empty & (stock["as_of"] <= stock["product_id"].map(until))]
            inside = np.arange(ahead.daily.shape[1])[None, :] < span[:, None]
            rates, receipts = (np.where(inside, chance, 0.0).max(axis=1) for chance in known)
            told = np.where(inside, ahead.chance_short, 0.0).max(axis=1)
            part = {
                "question": question,
                "seed": seed,
                "as projected": told,
                "told": line.of(told),
                "balance": -np.where(inside, ahead.balance, np.inf).min(axis=1),
                "cover": -(ahead.on_hand - ahead.owed) / np.maximum(ahead.daily[:, :HORIZON].mean(axis=1), 1e-9),
                "who knows the true rates": rates,
                "and all receipts": receipts,
                "is_out": names.isin(missed["product_id"]) | names.isin(empty["product_id"]),
            }
            parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)


def report(judged: pd.DataFrame) -> None:
    """Print one row a score, then the calibration."""
    truth = judged["is_out"].to_numpy(float)
    climate = truth.mean() * (1 - truth.mean())
    print(f"{len(judged)} product-days, base rate {truth.mean():.3f}")
    for name in ("cover", "balance", "as projected", "told", "who knows the true rates", "and all receipts"):
        print(f"{name:24s} AUC {roc_auc_score(truth, judged[name]):.3f}{'  (goal 0.92)' if name == 'told' else ''}")
    seeds = {
        seed: [roc_auc_score(cases["is_out"], cases[name]) for name in ("told", "balance", "who knows the true rates")]
        for seed, cases in judged.groupby("seed")
    }
    print("by seed, told, balance, true rates: " + "; ".join(f"{a:.3f} {b:.3f} {c:.3f}" for a, b, c in seeds.values()))
    for name in ("as projected", "told"):
        chance = judged[name].to_numpy()
        print(f"{name:12s} Brier skill {1 - np.mean((chance - truth) ** 2) / climate:.3f} (goal 0.45)")
        _calibration(chance, truth, pd.cut(chance, EDGES), "by chance")
        # Bins as full as each other: none is judged by a handful of cases. Half of all chances are next to nothing.
        likely = chance >= EDGES[1]
        rank = pd.Series(chance[likely]).rank(method="first")
        _calibration(chance[likely], truth[likely], pd.qcut(rank, EQUAL_BINS), "by equal counts, from 0.05 on")


def _calibration(chance: np.ndarray, truth: np.ndarray, bins: pd.Categorical, title: str) -> None:
    """Print what was told, what came with its 95 % interval, and how many, bin by bin."""
    cases = pd.DataFrame({"told": chance, "came": truth, "bin": bins})
    rows, off, outside = [], [0.0], 0
    for _, part in cases.groupby("bin", observed=True):
        told, came, size = part["told"].mean(), part["came"].mean(), len(part)
        low, high = binomtest(int(part["came"].sum()), size).proportion_ci(method="wilson")
        rows.append(f"{told:.2f}->{came:.2f} [{low:.2f} {high:.2f}] ({size})")
        off += [abs(told - came)] if size >= FEW else []
        outside += not low <= told <= high
    print(f"   {title}: " + "  ".join(rows))
    print(
        f"   bins of {FEW} cases and more are off by {max(off):.3f} at most (goal 0.05); "
        f"in {outside} of {len(rows)} what was told lies outside the interval of what came"
    )


def main() -> None:
    """Print one table a question."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--products", type=int, default=100)
    parser.add_argument("--seeds", type=int, nargs="+", default=[841, 842, 843])
    parser.add_argument("--calm", action="store_true", help="no mishaps and thin safety stock")
    options = parser.parse_args()
    world = World(n_products=options.products, **(CALM if options.calm else USUAL))
    judged = pd.concat([seen(seed, world) for seed in options.seeds], ignore_index=True)
    for question, cases in judged.groupby("question", sort=False):
        print(f"-- runs out {question}")
        report(cases)


if __name__ == "__main__":
    main()
