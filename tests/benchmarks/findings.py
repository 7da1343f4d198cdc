"""How good the findings are on sample companies nobody tuned on, beside the textbook baseline.

Run ``python tests/benchmarks/findings.py [--seeds 401 402 403] [--orders 10000]``. It samples, ingests, detects and
exports as a user does, and hands the exports to the grader beside the project (``--grader``), which knows nothing of
the product. ``--clean`` samples a company without faults instead, and counts the alerts: shortages and late deliveries
arise there by themselves and stand in its truth, so false ones are told apart.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

GRADER = Path("../shared/grade")
ORDERLENS = [sys.executable, "-m", "dashboard.cli"]
QUEUE = ("precision@20", "precision@50", "precision@100", "precision@200", "average_precision")


def run(*arguments: object) -> str:
    """Run a command and return what it printed."""
    done = subprocess.run([str(part) for part in arguments], check=True, capture_output=True, text=True)
    return done.stdout


def exported(scratch: Path, seed: int, orders: int, *more: str) -> tuple[Path, Path]:
    """Return the folder of a sample company and the folder of what was found in it."""
    source, found, home = scratch / f"s{seed}", scratch / f"f{seed}", scratch / f"h{seed}"
    run(*ORDERLENS, "sample", source, "--orders", orders, "--seed", seed, *more)
    run(*ORDERLENS, "--home", home, "ingest", source)
    run(*ORDERLENS, "--home", home, "detect")
    found.mkdir()
    for what in ("exceptions", "duplicates", "stockouts"):
        run(*ORDERLENS, "--home", home, "export", what, "--out", found / f"{what}.csv")
    return source, found


def grade(grader: Path, truth: Path, found: Path) -> dict[str, Any]:
    """Return the grader's figures."""
    files = [part for path in sorted(found.glob("*.csv")) for part in (f"--{path.stem}", path)]
    graded: dict[str, Any] = json.loads(run(sys.executable, grader / "grade.py", "--truth", truth, *files, "--json"))
    return graded


def mean(results: list[dict[str, Any]], *keys: str) -> float:
    """Return the mean over samples of one figure; what a sample does not have is left out."""
    values = []
    for result in results:
        for key in keys:
            result = result[key]
        if result is not None:
            values.append(float(result))  # type: ignore[arg-type]
    return float(np.mean(values)) if values else float("nan")


def report(ours: list[dict[str, Any]], base: list[dict[str, Any]]) -> None:
    """Print both, side by side."""
    print(f"{'kind':18s} {'AP':>6} {'prec.5':>7} {'rec.5':>6} {'baseline AP':>12}")
    for kind in ours[0]["exceptions"]["per_kind"]:
        at = ("exceptions", "per_kind", kind)
        print(
            f"{kind:18s} {mean(ours, *at, 'average_precision'):6.2f} {mean(ours, *at, 'precision_at_0.5'):7.2f} "
            f"{mean(ours, *at, 'recall_at_0.5'):6.2f} {mean(base, *at, 'average_precision'):12.2f}"
        )
    for name in QUEUE:
        both = [mean(results, "exceptions", "queue", name) for results in (ours, base)]
        print(f"queue {name:20s} {both[0]:6.2f} {both[1]:6.2f}")
    for results, whose in ((ours, "ours"), (base, "baseline")):
        levels = [result["exceptions"]["recall_by_difficulty"] for result in results]
        easier = [level[name] for level in levels for name in ("easy", "medium") if name in level]
        found = sum(level["true"] * level["recall"] for level in easier) / sum(level["true"] for level in easier)
        print(f"recall of easy and medium cases, {whose:8s} {found:6.3f}")
    for name in ("brier", "ece"):
        print(f"queue {name:20s} {mean(ours, 'exceptions', 'queue', 'calibration', name):6.3f}")
    missed: dict[str, list[float]] = {}
    for result in ours:
        for variant, figures in result["exceptions"]["recall_by_variant"].items():
            seen = missed.setdefault(variant, [0.0, 0.0])
            seen[0] += figures["true"]
            seen[1] += figures["true"] * (1 - figures["recall"])
    for variant, (count, lost) in sorted(missed.items(), key=lambda pair: -pair[1][1]):
        if lost > 0.1 * count:
            print(f"missed {variant}: {lost:.0f} of {count:.0f}")
    tempted: dict[str, list[float]] = {}
    for result in ours:
        for sort, figures in result["exceptions"]["hard_negatives"].items():
            seen = tempted.setdefault(sort, [0.0, 0.0])
            seen[0] += figures["n"]
            seen[1] += figures["n"] * figures["tempted_at_0.5"]
    for sort, (count, hits) in sorted(tempted.items(), key=lambda pair: -pair[1][1] / pair[1][0]):
        if hits > 0.02 * count:
            print(f"hard negative {sort}: {hits / count:.1%} of {count:.0f} above 0.5")


def main() -> None:
    """Sample, find, grade, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[401, 402, 403])
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--grader", type=Path, default=GRADER)
    parser.add_argument("--clean", action="store_true")
    options = parser.parse_args()
    ours, base = [], []
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        for seed in options.seeds:
            if options.clean:
                source, found = exported(scratch, seed, options.orders, "--no-faults")
                scores = pd.read_csv(found / "exceptions.csv")
                likely = scores[scores["score"].ge(0.5)]
                false = grade(options.grader, Path(f"{source}-truth"), found)["exceptions"]["queue"]
                print(
                    f"seed {seed}: {1000 * likely['order_id'].nunique() / options.orders:.2f} orders told per 1,000, "
                    f"{false['false_alarms_per_1000_orders_at_0.5']:.2f} false alarms among their findings"
                )
                print(likely["kind"].value_counts().to_string())
                continue
            source, found = exported(scratch, seed, options.orders)
            truth, floor = Path(f"{source}-truth"), scratch / f"b{seed}"
            ours.append(grade(options.grader, truth, found))
            run(sys.executable, options.grader / "baseline.py", "--data", source, "--out", floor)
            base.append(grade(options.grader, truth, floor))
    if ours:
        report(ours, base)


if __name__ == "__main__":
    main()
