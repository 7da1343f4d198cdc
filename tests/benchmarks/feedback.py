"""What 100 labels do for the time after them, at companies whose analysts wave through what the book calls wrong.

Run ``python tests/benchmarks/feedback.py [--seeds 441 442] [--orders 5000] [--labels 100]``. Each company has faults of
its own and practices besides (`practices.py`). Orders are judged as of a day at 60 % of the history; an analyst
labels the first alerts of that queue, one in ten drawn from further down; the queue of the orders after that day, of
which nobody saw any, is graded without labels, with them, and with every tenth of them wrong. *Told* is what the queue
shows, from a chance of 0.5 on. A sample has four faults in a hundred orders; ``--faults`` keeps a share of them, so
that there is room for false alarms among the first. ``--unwanted KIND`` lets the reviewers reject a whole kind instead.
"""

import argparse
import random
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
from practices import PRACTICES, add_practices

from data.casebook import Casebook
from data.ingestion.ingest import ingest
from data.settings import Settings
from data.warehouse import Warehouse
from models.detect import all_finders, data_clock, find_all, hide_later_rows, present_tables
from models.findings import Context
from models.ranking import publish_exceptions, ranked

TRUE = ("right", "also")
LEFT_OUT = ("gray", "repeat")
EXPLORED = 0.1
TOP = 50


def with_rarer_faults(findings: pd.DataFrame, share: float) -> pd.DataFrame:
    """Leave out what is told of most faulty orders, as if their faults had not happened; ranks keep their order."""
    hashed = pd.util.hash_array(findings["order_id"].to_numpy(dtype=object)) % 1000 / 1000
    is_faulty = findings["order_id"].isin(findings.loc[findings["verdict"].ne("false"), "order_id"])
    return findings[~is_faulty | (hashed < share)].reset_index(drop=True)


def found(warehouse: Warehouse, casebook: Casebook, as_of: datetime | None) -> pd.DataFrame:
    """Return what is told of the orders known by a time, the first to look at first, as published."""
    labels = casebook.labels.current()
    with warehouse.build() as build:
        present = present_tables(build.connection)
        now = as_of or data_clock(build.connection, present)
        if as_of:
            hide_later_rows(build.connection, present, as_of)
        finders = {name: finder for name, finder in all_finders().items() if finder.grain != "product"}
        find_all(Context(build.connection, now, Settings(), labels), present, finders)
        publish_exceptions(build.connection, all_finders(), labels, pd.Timestamp(now))
        return build.connection.execute(
            """select exceptions.*, coalesce(orders.ship_to_region, orders.ship_to_country) as region
            from exceptions left join orders using (order_id) order by exceptions.rank"""
        ).df()


def judged(findings: pd.DataFrame, truth: object, unwanted: str) -> pd.DataFrame:
    """Add the grader's verdict on each finding; of a kind that nobody wants, none is right."""
    verdicts = [
        "false"
        if row["kind"] == unwanted
        else truth.judge(row["order_id"], None if pd.isna(row["line_no"]) else int(row["line_no"]), row["kind"])[0]  # type: ignore[attr-defined]
        for row in findings.to_dict("records")
    ]
    return findings.assign(verdict=verdicts)


def labelled(first: pd.DataFrame, count: int, wrong_share: float, seed: int) -> pd.DataFrame:
    """Return what an analyst says of the first alerts of a queue and of some from further down."""
    heads = first[first["is_head"]].reset_index(drop=True)
    top = heads.head(round(count * (1 - EXPLORED)))
    rest = heads.iloc[len(top) : 20 * len(top)]
    shown = pd.concat([top, rest.sample(min(count - len(top), len(rest)), random_state=seed)])
    chance = random.Random(seed)
    is_true = [(verdict in TRUE) != (chance.random() < wrong_share) for verdict in shown["verdict"]]
    label = np.where(is_true, "confirmed", "false_positive")
    return pd.DataFrame({"exception_id": shown["exception_id"].to_numpy(), "label": label})


def graded(found_last: pd.DataFrame, labels: pd.DataFrame, since: datetime) -> dict[str, float]:
    """Return the figures of the queue of the orders after a time, with some labels in force."""
    again = ranked(found_last.drop(columns=["score", "priority", "rank"]), labels)
    queue = again[again["ordered_at"].gt(since) & ~again["verdict"].isin(LEFT_OUT)]
    heads = queue[~queue["alert_id"].duplicated()]
    is_false = ~heads["verdict"].isin(TRUE)
    is_true, is_likely = queue["verdict"].isin(TRUE), queue["score"].ge(0.5)
    hits = is_true.to_numpy(float)
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return {
        f"false in top {TOP}": float(is_false.head(TOP).sum()),
        f"false told in top {TOP}": float((is_false & heads["score"].ge(0.5)).head(TOP).sum()),
        f"false told in top {2 * TOP}": float((is_false & heads["score"].ge(0.5)).head(2 * TOP).sum()),
        "false above 0.5": float((is_likely & ~is_true).sum()),
        "true above 0.5": float((is_likely & is_true).sum()),
        "average precision": float(precision @ hits / max(hits.sum(), 1)),
        "Brier": float(((queue["score"] - hits) ** 2).mean()),
    }


def company(
    scratch: Path, seed: int, orders: int, grader: type, unwanted: str, practices: int
) -> tuple[pd.DataFrame, pd.DataFrame, datetime]:
    """Return what is told of a company by a day and by the end, judged, and that day."""
    plain, source, home = scratch / f"plain{seed}", scratch / f"source{seed}", scratch / f"home{seed}"
    command = [
        sys.executable,
        "-m",
        "dashboard.cli",
        "sample",
        str(plain),
        "--seed",
        str(seed),
        "--orders",
        str(orders),
    ]
    subprocess.run(command, check=True, capture_output=True)
    held = {} if unwanted else add_practices(plain, source, seed, practices)
    print(f"company {seed}: " + "; ".join(f"{practice} ({holder})" for practice, holder in held.items()), flush=True)
    settings = Settings()
    warehouse, casebook = Warehouse(home, settings), Casebook.open(home, settings)
    ingest(warehouse, settings, str(source if held else plain))
    with warehouse.read() as cursor:
        [(middle,)] = cursor.execute("select quantile_disc(ordered_at, 0.6) from orders").fetchall()
    truth = grader(Path(f"{plain}-truth"))
    first, last = (judged(found(warehouse, casebook, as_of), truth, unwanted) for as_of in (middle, None))
    casebook.close()
    return first, last, middle


def main() -> None:
    """Print a table a company, and the means."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[441, 442, 443, 444])
    parser.add_argument("--practices", type=int, default=len(PRACTICES))
    parser.add_argument("--orders", type=int, default=5_000)
    parser.add_argument("--labels", type=int, default=100)
    parser.add_argument("--faults", type=float, default=0.25, help="share of the sample's faults that are kept")
    parser.add_argument("--unwanted", default="")
    parser.add_argument("--grader", type=Path, default=Path("../shared/grade"))
    parser.add_argument(
        "--keep", type=Path, help="folder in which what was found is kept, so that grading it again is quick"
    )
    options = parser.parse_args()
    sys.path.insert(0, str(options.grader))
    from grade import Truth

    tables = []
    for seed in options.seeds:
        kept = [options.keep / f"{seed}-{part}.pkl" for part in ("first", "last")] if options.keep else []
        if kept and all(path.exists() for path in kept):
            (first, middle), (last, _) = (pd.read_pickle(path) for path in kept)
        else:
            with tempfile.TemporaryDirectory() as scratch:
                first, last, middle = company(
                    Path(scratch), seed, options.orders, Truth, options.unwanted, options.practices
                )
            for path, part in zip(kept, (first, last), strict=False):
                pd.to_pickle((part, middle), path)
        first, last = (with_rarer_faults(part, options.faults) for part in (first, last))
        said = {
            "no labels": labelled(first, 0, 0, seed).head(0),
            "labels": labelled(first, options.labels, 0, seed),
            "every tenth wrong": labelled(first, options.labels, 0.1, seed),
        }
        tables.append(pd.DataFrame({name: graded(last, labels, middle) for name, labels in said.items()}).T)
        rejected = said["labels"]["label"].eq("false_positive").sum()
        print(f"company {seed}: {rejected} of {len(said['labels'])} labels reject")
        print(tables[-1].to_string(float_format="%.3f"), flush=True)
    everything = pd.concat(tables)
    for statistic in ("mean", "min", "max"):
        print(f"{statistic} over {len(tables)} companies")
        print(everything.groupby(level=0, sort=False).agg(statistic).to_string(float_format="%.3f"))


if __name__ == "__main__":
    main()
