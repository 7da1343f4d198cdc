"""What labels do for the period after them: false alarms without labels, with 100, and with 100 of which 10 are wrong.

Run ``python tests/benchmarks/feedback.py [--seeds 411 412] [--labels 100]`` or ``--source FOLDER`` for tables with a
truth folder ``FOLDER-truth`` beside them. Orders are judged as of a day at 60 % of the history, the first so many of
the queue are labelled by the truth, and the queue of the time after is graded. Nothing of that time is known before.
``--unwanted KIND`` lets the reviewers of a company reject a kind that is right by the book, as some do with late
deliveries: the checks can't know, only labels can.
"""

import argparse
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

from data.casebook import Actor, Casebook
from data.ingestion.ingest import ingest
from data.settings import Settings
from data.warehouse import Warehouse
from models.detect import detect

ANALYST = Actor("benchmark", "analyst", "cli")
TRUE = ("right", "also")
SUBJECT = ("exception_id", "kind", "order_id", "line_no", "product_id", "score", "source")


def findings(warehouse: Warehouse) -> pd.DataFrame:
    """Return the published findings, the first to look at first."""
    with warehouse.read() as cursor:
        return cursor.execute("select * from exceptions where order_id is not null order by rank").df()


def verdicts(truth: object, found: pd.DataFrame, unwanted: str) -> list[str]:
    """Return the grader's verdict on each finding; of a kind that nobody wants, none is right."""
    return [
        "false"
        if row["kind"] == unwanted
        else truth.judge(row["order_id"], None if pd.isna(row["line_no"]) else int(row["line_no"]), row["kind"])[0]  # type: ignore[attr-defined]
        for row in found.to_dict("records")
    ]


def experiment(source: Path, truth: object, label_count: int, unwanted: str) -> dict[str, dict[str, float]]:
    """Return the figures of the later time by what was labelled before it."""
    results = {}
    for name, wrong_share in {"no labels": None, "labels": 0.0, "10 % wrong": 0.1}.items():
        with tempfile.TemporaryDirectory() as scratch:
            home, settings = Path(scratch), Settings()
            warehouse, casebook = Warehouse(home, settings), Casebook.open(home, settings)
            ingest(warehouse, settings, str(source))
            with warehouse.read() as cursor:
                [(middle,)] = cursor.execute("select quantile_disc(ordered_at, 0.6) from orders").fetchall()
            if wrong_share is not None:
                detect(warehouse, casebook, settings, as_of=middle)
                shown = findings(warehouse).head(label_count)
                chance = random.Random(0)
                for row, verdict in zip(shown.to_dict("records"), verdicts(truth, shown, unwanted), strict=True):
                    is_true = (verdict in TRUE) != (chance.random() < wrong_share)
                    subject = {key: None if pd.isna(row[key]) else row[key] for key in SUBJECT}
                    casebook.labels.add(ANALYST, subject, "confirmed" if is_true else "false_positive")
            detect(warehouse, casebook, settings)
            later = findings(warehouse)
            later = later[later["ordered_at"].gt(middle)].reset_index(drop=True)
            judged = pd.Series(verdicts(truth, later, unwanted), index=later.index)
            is_false = ~judged.isin([*TRUE, "gray", "repeat"])
            likely = later["score"].ge(0.5)
            results[name] = {
                "false in top 50": int(is_false.head(50).sum()),
                "false in top 100": int(is_false.head(100).sum()),
                "false above 0.5": int((is_false & likely).sum()),
                "true above 0.5": int((judged.isin(TRUE) & likely).sum()),
                "Brier": float(((later["score"] - judged.isin(TRUE)) ** 2).mean()),
            }
            casebook.close()
    return results


def main() -> None:
    """Print one table a company."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[411, 412])
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--labels", type=int, default=100)
    parser.add_argument("--unwanted", default="")
    parser.add_argument("--source", type=Path, nargs="+", default=[])
    parser.add_argument("--grader", type=Path, default=Path("../shared/grade"))
    options = parser.parse_args()
    sys.path.insert(0, str(options.grader))
    from grade import Truth

    with tempfile.TemporaryDirectory() as scratch:
        sources = list(options.source)
        for seed in () if sources else options.seeds:
            sources.append(Path(scratch) / f"sample-{seed}")
            command = [sys.executable, "-m", "dashboard.cli", "sample", str(sources[-1]), "--seed", str(seed)]
            subprocess.run([*command, "--orders", str(options.orders)], check=True, capture_output=True)
        for source in sources:
            results = experiment(source, Truth(Path(f"{source}-truth")), options.labels, options.unwanted)
            print(f"{source.name}\n{pd.DataFrame(results).T.to_string(float_format='%.3f')}\n", flush=True)


if __name__ == "__main__":
    main()
