"""How long a sample company takes from raw files to ranked exceptions, and how much memory.

Run ``python tests/benchmarks/pipeline.py [--orders 100000]``. Every step is a process of its own, as a user runs it;
the plain copy of the same files by DuckDB alone stands beside it as the machine's own yardstick.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb


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


def main() -> None:
    """Print one line a step."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=901)
    options = parser.parse_args()
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
