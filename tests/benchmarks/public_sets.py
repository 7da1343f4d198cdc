"""What the score of an order line says on public data whose only truth is a weak label: lines reversed later.

Run ``python tests/benchmarks/public_sets.py [--home FOLDER] [--keep FILE]``. Online Retail's shop reversed some lines
later exactly: same customer, product, quantity and price. Most were plain returns, and most wrong lines were never
reversed, so precision can't be read from it; lift over the base rate can, for all of them and for those reversed within
a day. Below each, the lines are split by date: the label of the first part is fed back as an analyst's, and lift and
average precision of the second part stand without and with it.
"""

import argparse
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from data.casebook import Casebook
from data.ingestion.ingest import ingest
from data.settings import Settings
from data.warehouse import Warehouse
from models.detect import all_finders, data_clock, find_all, present_tables
from models.findings import Context
from models.ranking import publish_exceptions, ranked

FOLDER = Path("../shared/data/online_retail")
PLACES = (50, 100, 200, 500)
LEFT_OUT = ("duplicate_order", "stockout_risk", "stock_shortage", "customer_phone")
"""Not about single lines, or for want of the tables without anything to say."""

LINES = """
    with reversed as (
        select invoice, upper(stock_code) as product_id, quantity, unit_price, min(lag_minutes) as lag_minutes
        from read_parquet($labels)
        group by all
    )
    select lines.order_id, lines.line_no, lines.product_id, lines.quantity, lines.unit_price, orders.ordered_at,
        reversed.invoice is not null as is_reversed, coalesce(reversed.lag_minutes <= 1440, false) as is_reversed_soon
    from order_lines as lines
    inner join orders using (order_id)
    left join reversed
        on reversed.invoice = lines.order_id and reversed.product_id = lines.product_id
        and reversed.quantity = lines.quantity and abs(reversed.unit_price - lines.unit_price) < 0.005
    where orders.status <> 'cancelled' and lines.quantity > 0
    order by lines.order_id, lines.line_no
"""


def findings(home: Path, source: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return all sale lines with their weak labels, and what is told of them without a label."""
    settings = Settings()
    warehouse, casebook = Warehouse(home, settings), Casebook.open(home, settings)
    if warehouse.version() is None:
        ingest(warehouse, settings, str(source), "online_retail")
    labels = casebook.labels.current()
    with warehouse.build() as build:
        present, now = present_tables(build.connection), data_clock(build.connection, present_tables(build.connection))
        finders = {name: finder for name, finder in all_finders().items() if name not in LEFT_OUT}
        find_all(Context(build.connection, now, settings, labels), present, finders)
        publish_exceptions(build.connection, all_finders(), labels, pd.Timestamp(now))
        told = build.connection.execute("select * from exceptions").df()
    weak = str(source / "weak_label_reversed_lines.parquet")
    with duckdb.connect(str(home / f"analytics-{warehouse.version()}.duckdb"), read_only=True) as connection:
        lines = connection.execute(LINES, {"labels": weak}).df()
    # ties stand in no order
    return lines.sample(frac=1, random_state=0, ignore_index=True), told


def quantity_scores(lines: pd.DataFrame) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Return what a textbook would look at: per product how many deviations a quantity is away, plain and robust."""
    plain, logs = lines["quantity"], np.log(lines["quantity"])
    of_product = plain.groupby(lines["product_id"])
    z = (plain - of_product.transform("mean")) / of_product.transform("std")
    distance = logs - logs.groupby(lines["product_id"]).transform("median")
    spread = 1.4826 * distance.abs().groupby(lines["product_id"]).transform("median")
    return {"quantity z": z.fillna(0).to_numpy(), "robust z of log": (distance / (spread + 0.3)).to_numpy()}


def lifts(score: np.ndarray, truth: np.ndarray) -> list[str]:  # type: ignore[type-arg]
    """Return for each number of places how many hits they hold, and how many times the base rate that is."""
    hits = truth[np.argsort(-score, kind="stable")]
    return [f"{hits[:place].sum():4d} ({hits[:place].mean() / truth.mean():5.1f}x)" for place in PLACES]


def average_precision(score: np.ndarray, truth: np.ndarray) -> float:  # type: ignore[type-arg]
    """Return the mean over the true ones of the precision at their places."""
    hits = truth[np.argsort(-score, kind="stable")].astype(float)
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1)) @ hits / max(hits.sum(), 1))


def by_line(lines: pd.DataFrame, told: pd.DataFrame) -> np.ndarray:  # type: ignore[type-arg]
    """Return the highest score of each line's own findings, 0 where nothing is told of it."""
    best = told.groupby(["order_id", "line_no"])["score"].max().rename("score").reset_index()
    return lines.merge(best, on=["order_id", "line_no"], how="left")["score"].fillna(0).to_numpy()


def fed_back(lines: pd.DataFrame, told: pd.DataFrame, column: str, count: int) -> None:
    """Print how the second part fares when the first places of the first part were labelled by the weak label."""
    known = told.merge(lines[["order_id", "line_no", column]], on=["order_id", "line_no"]).sort_values("rank")
    middle = lines["ordered_at"].quantile(0.6)
    first, later = known[known["ordered_at"].le(middle)].head(count), lines["ordered_at"].gt(middle).to_numpy()
    label = np.where(first[column], "confirmed", "false_positive")
    said = pd.DataFrame({"exception_id": first["exception_id"].to_numpy(), "label": label})
    truth = lines.loc[later, column].to_numpy()
    figures = {}
    for name, labels in {"without labels": said.head(0), "with labels": said}.items():
        score = by_line(lines, ranked(told.drop(columns=["score", "priority", "rank"]), labels))[later]
        figures[name] = average_precision(score, truth)
        print(f"  {name:16s} {'  '.join(lifts(score, truth))}  AP {figures[name]:.4f}")
    confirmed = first[column].sum()
    ratio = figures["with labels"] / figures["without labels"]
    print(f"  {len(first)} labels, {confirmed} of them confirmed: average precision {ratio:.2f} times that without")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, default=FOLDER)
    parser.add_argument("--home", type=Path, help="home folder in which the set was ingested before")
    parser.add_argument(
        "--keep", type=Path, help="file in which what was found is kept, so that grading again is quick"
    )
    parser.add_argument("--labels", type=int, default=100)
    options = parser.parse_args()
    if options.keep and options.keep.exists():
        lines, told = pd.read_pickle(options.keep)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            lines, told = findings(options.home or Path(scratch), options.source)
        if options.keep:
            pd.to_pickle((lines, told), options.keep)
    scores = {"Orderlens": by_line(lines, told)}
    scores["quantity checks"] = by_line(lines, told[told["kind"].eq("quantity_outlier")])
    scores |= quantity_scores(lines)
    for column in ("is_reversed", "is_reversed_soon"):
        truth = lines[column].to_numpy()
        print(f"{column}: {truth.sum()} of {len(lines)} lines; hits and lift in the first {PLACES} lines")
        for name, score in scores.items():
            print(f"  {name:16s} {'  '.join(lifts(score, truth))}  AP {average_precision(score, truth):.4f}")
        fed_back(lines, told, column, options.labels)


if __name__ == "__main__":
    main()
