"""What finding duplicates costs: raw orders to groups, on one sample or several sizes, beside Splink in the same run.

Run ``python tests/benchmarks/duplicates_million.py FOLDER... [--methods Orderlens Splink] [--phases]``, each folder a
sample as ``orderlens sample`` writes it (or a DuckDB file of one), with its truth beside it. Raw means orders, lines
and customers as ingested, in a DuckDB file; groups means every likely pair with its probability, reasons and cluster.
Each method runs in a process of its own. The wall time tells little on a machine that does other work: compare
processor seconds, and both methods with each other. Splink (no dependency) has to be installed. Steps that run side by
side count each other's processor seconds (``--phases``).
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import pandas as pd
from duplicates import typical_of_splink

from data.relations import create_maybe_views
from data.schema import TABLES
from data.settings import Settings
from models.detectors import DETECTORS
from models.duplicates import copies, customers, pairs
from models.findings import Context

NO_LABELS = pd.DataFrame(columns=["exception_id", "kind", "order_id", "line_no", "product_id", "label"])
SETTINGS: dict[str, Any] = {"threads": 2, "memory_limit": "2GB"}

CANDIDATES = """
    select count(*) as pair_count, count(truth.order_id) as found_count
    from candidate_pairs as pairs
    inner join pair_ids as l on l.id = pairs.id_l
    inner join pair_ids as r on r.id = pairs.id_r
    left join truth on truth.duplicate_of = l.order_id and truth.order_id = r.order_id
"""


def load(folder: Path, database: Path) -> None:
    """Write the tables of a sample into a DuckDB file, as ingested."""
    with duckdb.connect(str(database), config=SETTINGS) as connection:
        for table in TABLES.values():
            source = next(folder.glob(f"{table.name}.*"), None)
            if source is None:
                continue
            read = f"read_csv('{source}', all_varchar=true)" if source.suffix == ".csv" else f"'{source}'"
            given = set(connection.sql(f"select * from {read} limit 0").columns)
            columns = ", ".join(
                f'try_cast("{column.name}" as {column.sql_type}) as "{column.name}"'
                if column.name in given
                else f'cast(null as {column.sql_type}) as "{column.name}"'
                for column in table.columns
            )
            connection.execute(f'create table "{table.name}" as select {columns} from {read}')


def by_orderlens(database: Path, truth: Path, show_phases: bool) -> dict[str, float]:
    """Find duplicates as a run does; count candidates apart, when the time is taken."""
    seconds: Counter[str] = Counter()
    told: dict[str, float] = {}

    def timed(module: Any, name: str, label: Callable[..., str]) -> Any:
        inner = getattr(module, name)

        def outer(*given: Any, **options: Any) -> Any:
            began = time.process_time()
            made = inner(*given, **options)
            seconds[label(*given)] += time.process_time() - began
            return made

        return patch.object(module, name, outer)

    def keep(connection: duckdb.DuckDBPyConnection) -> None:
        """Count, in place of dropping, what was built on the way."""
        told["pause"] = -time.perf_counter()
        told["CPU pause"] = -time.process_time()
        connection.execute(f"create temp table truth as select * from read_csv('{truth}', all_varchar=true)")
        [(count, found)] = connection.execute(CANDIDATES).fetchall()
        [(orders,)] = connection.execute("select count(*) from match_orders").fetchall()
        [(true,)] = connection.execute(
            """select count(*) from truth semi join match_orders using (order_id)
            where duplicate_of in (select order_id from match_orders)"""
        ).fetchall()
        told.update({"pairs an order": count / orders, "candidate recall": found / max(true, 1)})
        told["pause"] += time.perf_counter()
        told["CPU pause"] += time.process_time()

    with duckdb.connect(str(database), config=SETTINGS) as connection:
        connection.execute("set enable_progress_bar = false")
        create_maybe_views(connection, {name for (name,) in connection.execute("show tables").fetchall()})
        [(now,)] = connection.execute("select max(updated_at) from orders").fetchall()
        began, processor = time.perf_counter(), time.process_time()
        with (
            timed(pairs, "materialise", lambda connection, relation, *rest: relation.name),
            timed(customers, "materialise", lambda connection, relation, *rest: relation.name),
            timed(pairs, "register_values", lambda connection, table, *rest: table),
            timed(copies, "plant_copies", lambda *rest: "planting copies"),
            patch("models.detectors.duplicate_order.drop_pairs", keep),
        ):
            DETECTORS["duplicate_order"].find(Context(connection, now, Settings(), NO_LABELS))
        told["wall s"] = time.perf_counter() - began - told.pop("pause")
        told["CPU s"] = time.process_time() - processor - told.pop("CPU pause")
        told["peak GB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        told |= measured(connection, "select order_id, duplicate_of from duplicates where probability >= 0.5")
    if show_phases:
        print("  processor seconds:", ", ".join(f"{name} {took:.1f}" for name, took in seconds.most_common(25)))
    return told


def measured(connection: duckdb.DuckDBPyConnection, told: str) -> dict[str, float]:
    """Return the precision of pairs, of which those within a true group are right, and the recall of later orders."""
    [(precision, recall)] = connection.execute(
        f"""with told as ({told}),
        right_ones as (
            select told.order_id, told.duplicate_of
            from told
            left join truth as l on l.order_id = told.duplicate_of
            left join truth as r on r.order_id = told.order_id
            where coalesce(l.duplicate_of, told.duplicate_of) = coalesce(r.duplicate_of, told.order_id)
        ),
        later as (
            select distinct order_id from truth semi join orders using (order_id)
            where order_id not in (select order_id from orders where status = 'cancelled')
        )
        select
            (select count(*) from right_ones) / (select count(*) from told),
            (select count(*) from later where order_id in (
                select order_id from right_ones union select duplicate_of from right_ones where
                duplicate_of in (select order_id from truth)
            )) / (select count(*) from later)"""
    ).fetchall()
    return {"precision": precision, "recall": recall}


def by_splink(database: Path, truth: Path, show_phases: bool) -> dict[str, float]:
    """Find duplicates as Splink does with typical settings."""
    from splink import DuckDBAPI, Linker, block_on

    connection = duckdb.connect(str(database), config={**SETTINGS, "memory_limit": "8GB"})
    connection.execute("set enable_progress_bar = false")
    began, processor = time.perf_counter(), time.process_time()
    connection.execute(
        """create temp table entered as
        with baskets as (
            select order_id, hash(string_agg(product_id || 'x' || quantity, '|' order by product_id, quantity))::varchar
                as basket
            from order_lines group by order_id
        )
        select order_id, customer_id, ship_to_name, ship_to_phone, ship_to_address, customer_po, basket, total_amount
        from orders left join baskets using (order_id)
        where coalesce(status, 'new') <> 'cancelled'"""
    )
    rules, settings = typical_of_splink()
    api = DuckDBAPI(connection=connection)
    linker = Linker(api.register("entered"), settings)
    linker.training.estimate_probability_two_random_records_match(rules[:1], recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    for name in ("customer_po", "ship_to_phone"):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(name, "basket"))
    found = linker.inference.predict(threshold_match_probability=0.1)
    linker.clustering.cluster_pairwise_predictions_at_threshold(found, threshold_match_probability=0.5)
    told = {
        "wall s": time.perf_counter() - began,
        "CPU s": time.process_time() - processor,
        "peak GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }
    connection.execute(f"create temp table truth as select * from read_csv('{truth}', all_varchar=true)")
    likely = f"{found.physical_name} where match_probability >= 0.5"
    return told | measured(connection, f"select order_id_l as duplicate_of, order_id_r as order_id from {likely}")


METHODS = {"Orderlens": by_orderlens, "Splink": by_splink}


def apart(method: Callable[..., dict[str, float]], *given: Any) -> dict[str, float]:
    """Run a method in a process of its own, so that its memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(method, given)


def main() -> None:
    """Print one row for each sample and method."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--methods", nargs="*", default=["Orderlens", "Splink"], choices=list(METHODS))
    parser.add_argument("--phases", action="store_true", help="print what each step takes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for folder in options.folders:
            database = folder if folder.suffix == ".duckdb" else Path(scratch) / f"{folder.name}.duckdb"
            if database != folder:
                load(folder, database)
            truth = folder.with_name(f"{folder.stem}-truth") / "truth_duplicates.csv"
            for name in options.methods:
                figures = apart(METHODS[name], database, truth, options.phases)
                print(
                    f"{folder.name:8s} {name:10s}" + "".join(f"  {key} {figures[key]:.3f}" for key in figures),
                    flush=True,
                )


if __name__ == "__main__":
    main()
