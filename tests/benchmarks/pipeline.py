"""How long a sample company takes from raw files to ranked exceptions, and how much memory.

Run ``python tests/benchmarks/pipeline.py [--orders 100000]``. Every step is a process of its own, as a user runs it;
the plain copy of the same files by DuckDB alone stands beside it as the machine's own yardstick. ``--scoring HOME``
measures instead what judging takes in a home that was ingested before, by step and a million lines: features, checks,
the forest and the ranking, without duplicates, planning and what managers' pages read.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import pandas as pd

from data.casebook import Casebook
from data.settings import load_settings
from data.warehouse import Warehouse
from models.detect import all_finders, data_clock, find_all, present_tables
from models.findings import Context
from models.ranking import publish_exceptions

NOT_SCORED = ("duplicate_order", "stockout_risk", "stock_shortage")
"""Kinds that compare orders with orders or stock with demand, and are measured by themselves."""


def measured(arguments: list[str]) -> tuple[float, float, int]:
    """Run a command; return its wall seconds, its CPU seconds and its peak memory in MB."""
    began = time.perf_counter()
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(arguments)} failed")
    return time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024


def yardstick(folder: Path) -> float:
    """Return the seconds DuckDB takes to read all files as text."""
    began = time.perf_counter()
    with duckdb.connect() as connection:
        for path in sorted(folder.iterdir()):
            reader = "read_parquet" if path.suffix == ".parquet" else "read_csv"
            options = "" if path.suffix == ".parquet" else ", all_varchar = true"
            connection.execute(f"create table \"{path.stem}\" as select * from {reader}('{path}'{options})")
    return time.perf_counter() - began


def score(home: Path, shown: int) -> None:
    """Print what judging all lines of a home takes, the dearest steps first; nothing is published."""
    settings = load_settings(home)
    casebook = Casebook.open(home, settings)
    spent: dict[str, tuple[float, float]] = {}
    step, since = "", (time.process_time(), time.perf_counter())

    def begin(name: str) -> None:
        nonlocal step, since
        now = (time.process_time(), time.perf_counter())
        spent[step] = (now[0] - since[0], now[1] - since[1])
        step, since = name, now

    finders = {name: finder for name, finder in all_finders().items() if finder.kind not in NOT_SCORED}
    copied = Path(tempfile.mkdtemp()) / "analytics.duckdb"
    shutil.copy(home / f"analytics-{Warehouse(home, settings).version()}.duckdb", copied)
    limits = {"threads": settings.threads, "memory_limit": settings.memory_limit}
    leading = time.thread_time()
    with duckdb.connect(str(copied), config=limits) as connection:
        present = present_tables(connection)
        now = data_clock(connection, present)
        context = Context(connection, now, settings, casebook.labels.current(), begin)
        begin("first")
        find_all(context, present, finders)
        begin("ranking")
        publish_exceptions(connection, all_finders(), casebook.labels.current(), pd.Timestamp(now))
        begin("")
        [(lines,)] = connection.execute("select count(*) from order_lines").fetchall()
    shutil.rmtree(copied.parent)
    leading = time.thread_time() - leading
    cpu, wall = (sum(seconds[k] for seconds in spent.values()) for k in (0, 1))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{lines} lines: {cpu:.1f} CPU s, {leading:.1f} of them on the leading thread (the wall time where cores are "
        f"idle), {wall:.1f} wall s, {peak} MB; {1e6 * cpu / lines:.1f} CPU s a million lines"
    )
    for name, seconds in sorted(spent.items(), key=lambda pair: -pair[1][0])[:shown]:
        print(f"{name:28s} {seconds[1]:8.2f} {seconds[0]:8.2f}")


def main() -> None:
    """Print one line a step."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=901)
    parser.add_argument("--scoring", type=Path, metavar="HOME")
    options = parser.parse_args()
    if options.scoring:
        score(options.scoring, shown=12)
        return
    orderlens = [sys.executable, "-m", "dashboard.cli"]
    with tempfile.TemporaryDirectory() as scratch:
        source, home = Path(scratch) / "source", Path(scratch) / "home"
        steps = {
            "sample": ["sample", str(source), "--orders", str(options.orders), "--seed", str(options.seed)],
            "ingest": ["ingest", str(source)],
            "detect": ["detect"],
            "ingest again": ["ingest", str(source)],
        }
        print(f"{'step':14s} {'wall s':>8s} {'CPU s':>8s} {'peak MB':>8s}")
        for name, step in steps.items():
            wall, cpu, memory = measured([*orderlens, "--home", str(home), *step])
            print(f"{name:14s} {wall:8.1f} {cpu:8.1f} {memory:8d}", flush=True)
        print(f"{'DuckDB reads':14s} {yardstick(source):8.1f}")


if __name__ == "__main__":
    main()
