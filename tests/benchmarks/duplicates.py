"""How well duplicate orders are found on sample companies that nothing was tuned on, beside what others do.

Run ``python tests/benchmarks/duplicates.py [--orders 5000] [--seeds 701 702 703] [--times 1] [--parts samples labels
shares]``. Beside Orderlens stand the duplicate rules of known ERPs, recordlinkage's ECM as its tutorial
uses it, and Splink with typical settings where it is installed (it is no dependency). Precision counts pairs, recall
later orders; pairs of one group are right. Nothing of a sample's truth is seen before it is judged. Figures "sure"
leave out told pairs that the sample's own truth calls open to doubt: the same basket to the same place within three
days, PO not different, although nothing was entered twice.
"""

import argparse
import importlib.util
import tempfile
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import duckdb
import numpy as np
import pandas as pd
import recordlinkage

from data.sample import make_sample
from data.sample.faults import duplicates as planting
from data.schema import TABLES
from data.settings import Settings
from models.detectors import DETECTORS, duplicate_order
from models.duplicates.clusters import components
from models.duplicates.training import load_tables
from models.findings import Context

NO_LABELS = pd.DataFrame(columns=["exception_id", "kind", "order_id", "line_no", "product_id", "label"])
LIVE = "(select * from orders where coalesce(status, 'new') <> 'cancelled')"
LATER = "(b.ordered_at > a.ordered_at or (b.ordered_at = a.ordered_at and b.order_id > a.order_id))"
BASKETS = """(select order_id, hash(string_agg(product_id || 'x' || quantity, '|' order by product_id, quantity))
    as basket from order_lines group by order_id)"""

RULES = {
    "same customer and PO (ERPNext)": f"""
        select order_id, lag(order_id) over (partition by customer_id, customer_po order by ordered_at, order_id)
        from {LIVE} where customer_po is not null""",
    "same customer, PO and day (Odoo)": f"""
        select order_id,
            lag(order_id) over (partition by customer_id, customer_po, ordered_at::date order by ordered_at, order_id)
        from {LIVE} where customer_po is not null""",
    "same customer, total and items, 30 days (SAP Retail)": f"""
        select b.order_id, arg_max(a.order_id, a.ordered_at) from {LIVE} a
        join {LIVE} b on a.customer_id = b.customer_id and a.total_amount = b.total_amount and {LATER}
            and b.ordered_at <= a.ordered_at + interval 30 day
        join {BASKETS} x on x.order_id = a.order_id join {BASKETS} y on y.order_id = b.order_id
        where x.basket = y.basket group by 1""",
    "same customer and basket, 24 hours": f"""
        select b.order_id, arg_max(a.order_id, a.ordered_at) from {LIVE} a
        join {LIVE} b on a.customer_id = b.customer_id and {LATER} and b.ordered_at <= a.ordered_at + interval 24 hour
        join {BASKETS} x on x.order_id = a.order_id join {BASKETS} y on y.order_id = b.order_id
        where x.basket = y.basket group by 1""",
    "the same to the same address, PO not different": f"""
        select b.order_id, arg_max(a.order_id, a.ordered_at) from {LIVE} a
        join {LIVE} b on a.customer_id = b.customer_id and {LATER} and b.ordered_at <= a.ordered_at + interval 24 hour
            and a.ship_to_address is not distinct from b.ship_to_address
            and coalesce(a.customer_po = b.customer_po, true)
        join {BASKETS} x on x.order_id = a.order_id join {BASKETS} y on y.order_id = b.order_id
        where x.basket = y.basket group by 1""",
}
"""What ERPs check, and the best rules written by hand."""


@dataclass
class Sample:
    """A sample company, its true duplicates, and legitimate orders that look like some."""

    tables: dict[str, pd.DataFrame]
    truth: pd.DataFrame
    innocent: pd.DataFrame
    doubtful: pd.DataFrame

    @property
    def now(self) -> pd.Timestamp:
        """The data's clock."""
        return pd.Timestamp(self.tables["orders"]["updated_at"].max())

    def without(self, share: float, random: Random) -> "Sample":
        """Return the same company with so many of its duplicates left as ``share`` of all orders."""
        later = sorted(set(self.truth["order_id"]))
        left = set(random.sample(later, min(len(later), max(1, round(share * len(self.tables["orders"]))))))
        gone = set(later) - left
        kept = {
            name: frame[~frame["order_id"].isin(gone)] if "order_id" in frame else frame
            for name, frame in self.tables.items()
        }
        return Sample(kept, self.truth[self.truth["order_id"].isin(left)], self.innocent, self.doubtful)


def make(orders: int, seed: int, times: float = 1.0) -> Sample:
    """Make a sample company, with so many times the duplicates that a sample usually has."""
    usual = planting.quota
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "s"
        with patch.object(planting, "quota", lambda *asked: round(times * usual(*asked))):
            make_sample(folder, orders, seed)
        tables = {
            name: duckdb.sql(f"select * from read_csv('{folder / name}.csv', all_varchar=true)").df()
            for name in TABLES
            if (folder / f"{name}.csv").exists()
        }
        beside = folder.with_name("s-truth")
        truth, innocent, also = (
            pd.read_csv(beside / name, dtype=str)
            for name in ("truth_duplicates.csv", "hard_negatives.csv", "truth_also.csv")
        )
    doubtful = also[(also["kind"] == "duplicate_order") & (also["why"] == "gray")]
    return Sample(tables, truth, innocent, doubtful)


def measure(pairs: pd.DataFrame, truth: pd.DataFrame) -> dict[str, float]:
    """Return precision, recall and F1 at 0.5, the best F1, and the recall at a precision of 0.95."""
    groups = components(truth["order_id"], truth["duplicate_of"])
    one, other = pairs["order_id"].map(groups), pairs["duplicate_of"].map(groups)
    frame = pairs.assign(is_right=one.notna() & (one == other)).sort_values("probability", ascending=False)
    total = truth["order_id"].nunique()
    later = set(truth["order_id"])
    new = frame["is_right"] & frame["order_id"].isin(later) & ~frame["order_id"].where(frame["is_right"]).duplicated()
    precision = frame["is_right"].cumsum() / np.arange(1, len(frame) + 1)
    recall = new.cumsum() / max(total, 1)
    f1 = (2 * precision * recall / (precision + recall)).fillna(0)
    half = int((frame["probability"] >= 0.5).sum())

    def last(values: pd.Series) -> float:
        return float(values.iloc[half - 1]) if half else 0.0

    sure = recall[precision >= 0.95]
    return {
        "P": last(precision),
        "R": last(recall),
        "F1": last(f1),
        "best F1": float(f1.max()) if len(f1) else 0.0,
        "R at P .95": float(sure.max()) if len(sure) else 0.0,
    }


def without_doubtful(pairs: pd.DataFrame, sample: Sample) -> pd.DataFrame:
    """Return the pairs but those that the sample's truth calls open to doubt."""
    doubtful = pd.MultiIndex.from_frame(sample.doubtful[["order_id", "other_order_id"]])
    return pairs[~pd.MultiIndex.from_frame(pairs[["order_id", "duplicate_of"]]).isin(doubtful)]


def both_ways(pairs: pd.DataFrame, sample: Sample) -> dict[str, float]:
    """Return what `measure` says of all pairs, and with ``sure`` of those that are not open to doubt."""
    sure = measure(without_doubtful(pairs, sample), sample.truth)
    return {
        **measure(pairs, sample.truth),
        **{f"sure {name}": sure[name] for name in ("P", "F1", "R at P .95")},
    }


def all_together(found: list[pd.DataFrame], samples: list[Sample]) -> dict[str, float]:
    """Return what `both_ways` says of all samples as if they were one company: few duplicates make figures jump."""

    def named(frame: pd.DataFrame, number: int) -> pd.DataFrame:
        ids = frame.columns.intersection(["order_id", "duplicate_of", "other_order_id"])
        return frame.assign(**{name: f"{number}:" + frame[name].astype(str) for name in ids})

    truth, doubtful = (
        pd.concat([named(getattr(sample, name), number) for number, sample in enumerate(samples)])
        for name in ("truth", "doubtful")
    )
    pairs = pd.concat([named(one, number) for number, one in enumerate(found)])
    return both_ways(pairs, Sample({}, truth, pd.DataFrame(), doubtful))


def found_by_orderlens(
    sample: Sample, labels: pd.DataFrame = NO_LABELS
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Return the pairs with their probabilities, and what blocking and the customers say."""
    with duckdb.connect(config={"threads": 2}) as connection:
        load_tables(connection, sample.tables)
        DETECTORS["duplicate_order"].find(Context(connection, sample.now, Settings(), labels))
        told = {name: connection.execute(f"select * from {name}").df() for name in ("pair_blocking", "planted_recall")}
        return connection.execute("select order_id, duplicate_of, probability, variant from duplicates").df(), told


def candidates(sample: Sample) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the candidate pairs with their levels, and the orders as recordlinkage compares them."""
    with duckdb.connect(config={"threads": 2}) as connection:
        load_tables(connection, sample.tables)
        duplicate_order.compare_user_orders(connection)
        duplicate_order.resolve_customers(connection)
        duplicate_order.register_forms(connection)
        duplicate_order.build_pairs(connection, sample.now)
        pairs = connection.execute(
            """select l.order_id as duplicate_of, r.order_id
            from candidate_pairs as pairs
            join pair_ids as l on l.id = pairs.id_l join pair_ids as r on r.id = pairs.id_r"""
        ).df()
        orders = connection.execute(
            f"""select orders.*, baskets.basket::varchar as basket from {LIVE} as orders
            left join {BASKETS} as baskets using (order_id)"""
        ).df()
    return pairs, orders


def found_by_ecm(pairs: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs as recordlinkage's ECM judges the fields that its tutorial would compare."""
    compare = recordlinkage.Compare()
    for column in (
        "customer_id",
        "basket",
        "total_amount",
        "customer_po",
        "ship_to_address",
        "ship_to_phone",
        "channel",
    ):
        compare.exact(column, column)
    compare.string("ship_to_name", "ship_to_name", method="jarowinkler", threshold=0.85)
    links = pd.MultiIndex.from_frame(pairs[["duplicate_of", "order_id"]])
    vectors = compare.compute(links, orders.set_index("order_id"))
    classifier = recordlinkage.ECMClassifier()
    classifier.fit(vectors)
    return pairs.assign(probability=classifier.prob(vectors).to_numpy())


def typical_of_splink() -> tuple[list[Any], Any]:
    """Return Splink's blocking rules and settings for orders, as its documentation would have them."""
    import splink.comparison_library as cl
    from splink import SettingsCreator, block_on

    rules = [block_on("customer_id", "basket"), block_on("ship_to_phone", "basket"), block_on("customer_po")]
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="order_id",
        blocking_rules_to_generate_predictions=rules,
        comparisons=[
            cl.JaroWinklerAtThresholds("ship_to_name", [0.9, 0.8]),
            cl.ExactMatch("ship_to_phone"),
            cl.LevenshteinAtThresholds("ship_to_address", [2, 5]),
            cl.ExactMatch("customer_po"),
            cl.ExactMatch("basket"),
            cl.ExactMatch("total_amount"),
        ],
    )
    return rules, settings


def found_by_splink(orders: pd.DataFrame) -> pd.DataFrame | None:
    """Return the pairs as Splink with typical settings judges them, None where it is not installed."""
    if importlib.util.find_spec("splink") is None:
        return None
    from splink import DuckDBAPI, Linker, block_on

    rules, settings = typical_of_splink()
    kept = orders[
        [*"order_id customer_id ship_to_name ship_to_phone ship_to_address customer_po basket total_amount".split()]
    ]
    api = DuckDBAPI()
    linker = Linker(api.register(kept) if hasattr(api, "register") else kept, settings)
    linker.training.estimate_probability_two_random_records_match(rules[:1], recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("customer_id"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("basket"))
    frame = linker.inference.predict().as_pandas_dataframe()
    at = orders.set_index("order_id")["ordered_at"]
    swapped = frame["order_id_l"].map(at) > frame["order_id_r"].map(at)
    return pd.DataFrame(
        {
            "order_id": frame["order_id_r"].where(~swapped, frame["order_id_l"]),
            "duplicate_of": frame["order_id_l"].where(~swapped, frame["order_id_r"]),
            "probability": frame["match_probability"],
        }
    )


def found_by_rule(sample: Sample, sql: str) -> pd.DataFrame:
    """Return what a rule flags."""
    with duckdb.connect() as connection:
        load_tables(connection, sample.tables)
        rows = connection.execute(sql).fetchall()
    frame = pd.DataFrame(rows, columns=["order_id", "duplicate_of"]).dropna()
    return frame.assign(probability=1.0)


def row(name: str, figures: list[dict[str, float]]) -> None:
    """Print the means of some figures."""
    means = pd.DataFrame(figures).mean()
    print(f"{name:54s}" + "".join(f"{key:>12s} {value:.3f}" for key, value in means.items()), flush=True)


def samples_part(samples: list[Sample]) -> None:
    """Compare all methods, then tell where Orderlens misses and what it flags wrongly."""
    ours, missed, flagged = [], [], []
    for sample in samples:
        began = time.process_time()
        pairs, told = found_by_orderlens(sample)
        seconds = time.process_time() - began
        ours.append({**measure(pairs, sample.truth), "CPU s": seconds})
        sure = pairs[pairs["probability"] >= 0.5]
        found = set(sure["order_id"])
        missed.append(sample.truth.assign(found=sample.truth["order_id"].isin(found)))
        tempting = sample.innocent[sample.innocent["tempts"].str.contains("duplicate_order")].drop_duplicates(
            ["order_id", "why"]
        )
        true = set(sample.truth["order_id"]) | set(sample.truth["duplicate_of"])
        tempting = tempting[~tempting["order_id"].isin(true)]
        flagged.append(tempting.assign(flagged=tempting["order_id"].isin(found)))
    row("Orderlens without labels", ours)
    for name, sql in RULES.items():
        row(name, [measure(found_by_rule(sample, sql), sample.truth) for sample in samples])
    compared = [candidates(sample) for sample in samples]
    row(
        "recordlinkage ECM",
        [measure(found_by_ecm(*both), sample.truth) for both, sample in zip(compared, samples, strict=True)],
    )
    splink = [found_by_splink(orders) for _, orders in compared]
    if all(frame is not None for frame in splink):
        row("Splink", [measure(frame, sample.truth) for frame, sample in zip(splink, samples, strict=True)])
    else:
        print("Splink is not installed: skipped. (pip install splink)")
    print(
        "\nrecall by variant:",
        pd.concat(missed).groupby("variant")["found"].agg(["size", "mean"]).round(2).to_dict("index"),
    )
    print(
        "flagged of what is legitimate:",
        pd.concat(flagged).groupby("why")["flagged"].agg(["size", "mean"]).round(4).to_dict("index"),
    )
    recall, per_order = [], []
    for (pairs, orders), sample in zip(compared, samples, strict=True):
        have = {frozenset(two) for two in pairs[["order_id", "duplicate_of"]].to_numpy()}
        true = sample.truth[
            sample.truth["duplicate_of"].isin(orders["order_id"]) & sample.truth["order_id"].isin(orders["order_id"])
        ]
        recall.append(np.mean([frozenset(two) in have for two in true[["order_id", "duplicate_of"]].to_numpy()]))
        per_order.append(len(pairs) / len(orders))
    print(
        f"blocking: recall {np.mean(recall):.4f}, {np.mean(per_order):.2f} pairs an order; planted copies",
        told["planted_recall"].to_dict("records"),
    )


def labels_part(samples: list[Sample]) -> None:
    """Label suspected later orders, as they come in, and judge the rest."""
    first = [found_by_orderlens(sample)[0] for sample in samples]
    print(f"{sum(sample.truth['order_id'].nunique() for sample in samples)} orders are duplicates")
    row("no labels", [measure(pairs, sample.truth) for pairs, sample in zip(first, samples, strict=True)])
    for count in (100, 200, 500):
        figures = []
        for sample, pairs in zip(samples, first, strict=True):
            suspected = pairs["order_id"].drop_duplicates()
            asked = suspected.sample(min(count, int(0.8 * len(suspected))), random_state=0)
            rest = sample.truth[~sample.truth["order_id"].isin(asked)]
            before = pairs[~pairs["order_id"].isin(asked)]
            true = set(sample.truth["order_id"])
            given = pd.DataFrame({"order_id": asked, "kind": "duplicate_order"})
            given["label"] = np.where(given["order_id"].isin(true), "confirmed", "false_positive")
            again, _ = found_by_orderlens(sample, given.reindex(columns=NO_LABELS.columns))
            unseen = again[~again["order_id"].isin(asked)]
            figures.append(
                {
                    "labels": len(given),
                    **{f"{key} (rest)": value for key, value in measure(unseen, rest).items()},
                    "F1 without (rest)": measure(before, rest)["F1"],
                    "F1 (all)": measure(again, sample.truth)["F1"],
                }
            )
        row(f"up to {count} labels", figures)


def shares_part(samples: list[Sample], shares: Sequence[float] = (0.02, 0.01, 0.004, 0.001)) -> None:
    """Take duplicates out until they are rare."""
    for share in shares:
        thin = [sample.without(share, Random(1)) for sample in samples]
        real = np.mean([len(set(one.truth["order_id"])) / len(one.tables["orders"]) for one in thin])
        found = [found_by_orderlens(one)[0] for one in thin]
        row(f"duplicates are {real:.2%} of orders", [both_ways(*both) for both in zip(found, thin, strict=True)])
        row("  all samples as one", [all_together(found, thin)])


def main() -> None:
    """Print one table a part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=5000)
    parser.add_argument("--seeds", type=int, nargs="*", default=[701, 702, 703])
    parser.add_argument("--times", type=float, default=1.0, help="how many times the usual share of duplicates")
    parser.add_argument("--parts", nargs="*", default=["samples", "labels", "shares"])
    parser.add_argument("--shares", type=float, nargs="*", default=[0.02, 0.01, 0.004, 0.001], help="for shares")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    parts = {"samples": samples_part, "labels": labels_part, "shares": partial(shares_part, shares=options.shares)}
    samples = [make(options.orders, seed, options.times) for seed in options.seeds]
    for name in options.parts:
        print(f"\n{name}", flush=True)
        parts[name](samples)


if __name__ == "__main__":
    main()
