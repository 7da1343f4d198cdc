"""Train the shipped weights on made-up companies: ``python -m models.duplicates.training``.

The same seeds give the same weights. It takes some minutes; the result is ``models/duplicates/match_weights.json``.
"""

from collections.abc import Iterable
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import click
import duckdb
import pandas as pd

from data.relations import create_maybe_views
from data.schema import TABLES
from models.duplicates.clusters import components
from models.duplicates.company import make_company
from models.duplicates.customers import resolve_customers
from models.duplicates.levels import COMPARISONS
from models.duplicates.pairs import build_pairs, compare_user_orders, register_forms
from models.duplicates.probability import store, train

COMPANY_COUNT = 100
NOW = datetime(2027, 1, 1)


def load_tables(connection: duckdb.DuckDBPyConnection, tables: dict[str, pd.DataFrame]) -> None:
    """Create canonical tables from frames; columns a frame lacks are null."""
    for name in tables.keys() & TABLES.keys():
        connection.register("table_frame", tables[name])
        given = set(tables[name].columns)
        named = {column.name: f'"{column.name}"' if column.name in given else "null" for column in TABLES[name].columns}
        values = ", ".join(
            f'try_cast({named[column.name]} as {column.sql_type}) as "{column.name}"' for column in TABLES[name].columns
        )
        connection.execute(f'create or replace table "{name}" as select {values} from table_frame')
        connection.unregister("table_frame")
    create_maybe_views(connection, tables.keys() & TABLES.keys())


def labelled_pairs(connection: duckdb.DuckDBPyConnection, truth: pd.DataFrame) -> pd.DataFrame:
    """Return the comparison vectors of all candidate pairs with ``is_match``, aggregated with counts."""
    groups = components(truth["order_id"], truth["duplicate_of"])
    connection.register("groups_frame", pd.DataFrame({"order_id": groups.index, "member_of": groups.to_numpy()}))
    names = ", ".join(f'levels."{name}"' for name in COMPARISONS)
    found = connection.execute(
        f"""select {names}, coalesce(true_l.member_of = true_r.member_of, false)::int as is_match,
            count(*) as pair_count
        from pair_levels as levels
        inner join pair_ids as l on l.id = levels.id_l inner join pair_ids as r on r.id = levels.id_r
        left join groups_frame as true_l on true_l.order_id = l.order_id
        left join groups_frame as true_r on true_r.order_id = r.order_id
        group by all"""
    ).df()
    connection.unregister("groups_frame")
    return found


def company_patterns(seeds: Iterable[int]) -> pd.DataFrame:
    """Return the labelled comparison vectors of made-up companies."""
    found = []
    for seed in seeds:
        tables = make_company(seed)
        with duckdb.connect(config={"threads": 2}) as connection:
            load_tables(connection, tables)
            compare_user_orders(connection)
            resolve_customers(connection)
            register_forms(connection)
            build_pairs(connection, NOW)
            found.append(labelled_pairs(connection, tables["truth"]))
    return pd.concat(found).groupby([*COMPARISONS, "is_match"])["pair_count"].sum().reset_index()


@click.command()
@click.option("--companies", default=COMPANY_COUNT, show_default=True, help="How many companies to make up.")
@click.option("--out", type=click.Path(path_type=Path), help="Where to write the weights; by default into the package.")
def main(companies: int, out: Path | None) -> None:
    """Train the weights of duplicate detection on made-up companies."""
    model = train(company_patterns(range(companies)))
    target = out or Path(str(files("models.duplicates").joinpath("match_weights.json")))
    target.write_text(store(model), encoding="utf-8")
    click.echo(f"{target}: {len(model.weights)} weights from {companies} companies")


if __name__ == "__main__":
    main()
