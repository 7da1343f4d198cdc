"""How well causes of shortages are told apart, on simulated companies whose causes are known.

Run ``python tests/benchmarks/shortages.py [--products 140] [--seeds 811 812]``. A simulated product is run with and
without its planted cause; what is short only with it is that cause's. Beside the attribution stands the usual waterfall
of rules, the first that fires. Episodes are runs of short days of a product with gaps of up to 14 days.
"""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from data.vocabulary import SHORTAGE_CAUSES
from models.shortages.attribution import attribute
from models.shortages.ledger import DAY
from models.shortages.lines import short_lines
from models.shortages.stock_book import StockBook
from tests.models.stock_simulator import DAYS, PLANTED_ON, START, World, simulate, simulate_several
from tests.models.stock_tables import as_of, book_of

CAUSES = [*SHORTAGE_CAUSES, "unknown"]
SHARES = [f"share_{cause}" for cause in CAUSES]
END = START + pd.Timedelta(days=DAYS)
GAP_DAYS = 14


def told(book: StockBook) -> pd.DataFrame:
    """Return the short lines with their causes, and what the waterfall of rules says of each."""
    found = short_lines(book)
    frame = pd.concat([found.drop(columns=["variant"]), attribute(book, found)], axis=1)
    rows = found["row"].to_numpy(int)
    for name in ("order_id", "product_id", "shipped_at", "ordered_at"):
        frame[name] = book.lines[name].to_numpy()[rows]
    frame["waterfall"] = waterfall(frame)
    return frame


def waterfall(frame: pd.DataFrame) -> np.ndarray:
    """Return the first rule that fires for each short line, in the order planners usually ask."""
    rules = {
        "allocation": frame["within_reach"] > 0,
        "late_supplier": frame["late"] > 0,
        "stock_record_error": frame["record_error"] > 0,
        "demand_spike": frame["outsized"] > 0.5 * (frame["demand"] - frame["forecast"]).clip(lower=1),
        "under_forecast": frame["demand"] > 1.1 * frame["forecast"],
        "reorder_policy": frame["position"] < frame["required"],
    }
    return np.select([rule.to_numpy(bool) for rule in rules.values()], list(rules), "unknown")


def episodes(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per run of short lines of a product: its causes by units short.

    Parameters
    ----------
    frame : pandas.DataFrame
        Short lines with ``product_id, day, units, true, cause, waterfall`` and the shares.

    Returns
    -------
    pandas.DataFrame
        ``true, cause, waterfall`` and the shares, one row per episode.
    """
    frame = frame.sort_values(["product_id", "day"])
    is_new = frame.groupby("product_id")["day"].diff().fillna(GAP_DAYS + 1) > GAP_DAYS
    keys = is_new.cumsum().rename("episode")
    shares = frame[SHARES].multiply(frame["units"], axis=0).groupby(keys).sum()
    shares = shares.div(shares.sum(axis=1), axis=0)

    def heaviest(column: str) -> "pd.Series[str]":
        units = frame["units"].groupby([keys, frame[column]]).sum()
        return units.groupby(level=0).idxmax().map(lambda place: place[1])

    shares["true"], shares["waterfall"] = heaviest("true"), heaviest("waterfall")
    shares["cause"] = np.array(CAUSES)[shares[SHARES].to_numpy().argmax(axis=1)]
    return shares


def matched(frame: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Return the short lines whose true cause is known, with both."""
    right = truth[["order_id", "cause", "variant", "short_quantity", "day"]]
    right = right.rename(columns={"cause": "true", "short_quantity": "units"})
    return right.merge(frame.drop(columns=["short_quantity"]), on="order_id", how="left")


def live(tables: dict[str, pd.DataFrame], every: int = 7, fresh: int = 3) -> pd.DataFrame:
    """Return the short lines as judged within ``fresh`` days of being short, looking once in ``every`` days."""
    parts = []
    for day in range(PLANTED_ON - 25, PLANTED_ON + 75, every):
        now = START + pd.Timedelta(days=day)
        frame = told(book_of(as_of(tables, now), now))
        parts.append(frame[frame["shipped_at"] >= now - pd.Timedelta(days=fresh)])
    return pd.concat(parts).drop_duplicates("order_id")


def report(name: str, frame: pd.DataFrame, truth: pd.DataFrame, limit: float) -> None:
    """Print how often the cause was right, by line and by episode, beside the waterfall."""
    lines = matched(frame, truth)
    if name == "live":
        lines = lines[lines["cause"].notna()]
    lines["cause"] = lines["cause"].fillna("(missed)")
    lines[SHARES] = lines[SHARES].fillna(0.0)
    whole = episodes(lines)
    noise = whole[whole["true"] == "unknown"]
    right, by_rule = (whole["cause"] == whole["true"]).mean(), (whole["waterfall"] == whole["true"]).mean()
    print(
        f"{name:12s} lines {(lines['cause'] == lines['true']).mean():.3f}  episodes {right:.3f} of {len(whole)} "
        f"(goal {limit:.2f})  waterfall {by_rule:.3f}  noise {(noise['cause'] == 'unknown').mean():.3f} of {len(noise)}"
    )
    clear = whole[whole[SHARES].max(axis=1) >= 0.8]
    print(f"{'':12s} clear: {(clear['cause'] == clear['true']).mean():.3f} right, {len(clear) / len(whole):.2f} of all")
    print(pd.crosstab(whole["true"], whole["cause"]).to_string())
    wrong = lines[lines["cause"] != lines["true"]]
    print(wrong.groupby(["true", "variant", "cause"]).size().sort_values(ascending=False).head(12).to_string())


def several(world: World, seed: int, at_once: int) -> None:
    """Print the share error with several causes at once."""
    tables, truth = simulate_several(world, seed, at_once)
    frame = told(book_of(tables, END))
    frame["day"] = (pd.to_datetime(frame["ordered_at"]) - START).dt.days
    both = frame.merge(truth[["product_id", "first_day", "last_day"]], on="product_id")
    both = both[both["day"].between(both["first_day"], both["last_day"])]
    shares = both[SHARES].multiply(both["short_quantity"], axis=0).groupby(both["product_id"]).sum()
    shares = shares.div(shares.sum(axis=1), axis=0)
    by_rule = pd.get_dummies(both["waterfall"]).multiply(both["short_quantity"], axis=0)
    by_rule = by_rule.groupby(both["product_id"]).sum()
    by_rule = by_rule.div(by_rule.sum(axis=1), axis=0).reindex(columns=CAUSES, fill_value=0.0)
    true = truth.set_index("product_id").reindex(index=shares.index, columns=SHARES, fill_value=0.0).to_numpy()
    ours, rules = shares.to_numpy(), by_rule.to_numpy()
    top = true.argmax(axis=1)
    in_two = np.mean([place in np.argsort(-row)[:2] for place, row in zip(top, ours, strict=True)])
    print(
        f"{at_once} causes     share error {np.abs(ours - true).sum(axis=1).mean() / 2:.3f} (goal 0.22)  waterfall "
        f"{np.abs(rules - true).sum(axis=1).mean() / 2:.3f}  top cause {(ours.argmax(axis=1) == top).mean():.3f}  "
        f"in our first two {in_two:.3f}  of {len(top)} products"
    )


def speed(tables: dict[str, pd.DataFrame], short_days: int = 25_000) -> None:
    """Print how long the attribution of many short days takes, and of one line."""
    book = book_of(tables, END)
    found = short_lines(book)
    many = pd.concat([found] * -(-short_days // len(found)), ignore_index=True).head(short_days)
    for name, frame, goal in (("25,000 days", many, 5.0), ("one line", found.head(1), 0.3)):
        began = time.perf_counter()
        attribute(book, frame)
        print(f"{name:12s} {time.perf_counter() - began:.3f} s (goal {goal} s)")


def main() -> None:
    """Print one block a question."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--products", type=int, default=140)
    parser.add_argument("--seeds", type=int, nargs="+", default=[811])
    parser.add_argument("--only", nargs="*", default=["hindsight", "live", "several", "speed"])
    options = parser.parse_args()
    world = World(n_products=options.products)
    for seed in options.seeds:
        print(f"-- seed {seed}")
        tables, truth = simulate(world, seed)
        frame = told(book_of(tables, END))
        short_days = frame.groupby(["product_id", frame["at"] // DAY])["residual"].apply(lambda days: days.abs().max())
        print(f"identity     reconciles on {(short_days < 1).mean():.4f} of {len(short_days)} short days")
        if "hindsight" in options.only:
            report("hindsight", frame, truth, 0.95)
        if "live" in options.only:
            report("live", live(tables), truth, 0.92)
        if "several" in options.only:
            for at_once in (2, 3):
                several(replace(world, n_products=options.products // 2), seed + 5000, at_once)
        if "speed" in options.only:
            speed(tables)


if __name__ == "__main__":
    main()
