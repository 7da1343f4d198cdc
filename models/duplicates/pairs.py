"""From orders to candidate pairs with comparison vectors: runs the relations of ``features/pairs`` in DuckDB.

What is compared stands in the views ``match_orders``, ``match_lines`` and ``match_customers``, so that the same
relations serve the user's own orders and a sample with planted copies.
"""

from collections.abc import Callable
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import duckdb
import pandas as pd

from data.relations import Relation, build_order, materialise, read_folder
from features.normalise import register_values
from models.duplicates.levels import COMPARISONS

FOLDER = Path(str(files("features").joinpath("pairs")))
NEW_FOLDER = Path(str(files("features").joinpath("new_pairs")))


CONTENTS = "pair_ids", "pair_references", "pair_items", "pair_baskets"
"""The relations that need the orders alone, not yet who their customers are."""


def _is_rule(relation: Relation) -> bool:
    return relation.name.startswith("block_")


def rules() -> list[str]:
    """Return the names of the blocking rules, without the ``block_`` in front."""
    return [name.removeprefix("block_") for name, relation in read_folder(FOLDER).items() if _is_rule(relation)]


def _sides(name: str) -> bool:
    return name in {*CONTENTS, "pair_customers", "pair_orders"} or name.startswith(
        ("habit_", "reach_", "item_", "order_")
    )


def compare_user_orders(connection: duckdb.DuckDBPyConnection) -> None:
    """Let the views that are compared show the user's own orders; cancelled ones are history and never duplicates."""
    connection.execute(
        "create or replace temp view match_orders as select * from orders where coalesce(status, 'new') <> 'cancelled'"
    )
    connection.execute(
        "create or replace temp view match_lines as select * from order_lines"  # only those of compared orders are used
    )
    connection.execute("create or replace temp view match_customers as select * from maybe_customers")


def register_forms(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the normal forms of the names, addresses and phones that orders and customers carry."""
    register_values(connection, "normal_names", "name", ["match_orders.ship_to_name", "match_customers.name"])
    register_values(
        connection, "normal_addresses", "address", ["match_orders.ship_to_address", "match_customers.address"]
    )
    register_values(connection, "normal_phones", "phone", ["match_orders.ship_to_phone", "match_customers.phone"])


def build_contents(connection: duckdb.DuckDBPyConnection, progress: Callable[[str], None] = lambda step: None) -> None:
    """Build the relations that `build_pairs` begins with, and the normal forms; the orders suffice for them.

    The forms, which are Python, come where another thread asks SQL, and most of the SQL where it works in Python.
    """
    for relation in build_order(read_folder(FOLDER)):
        if relation.name in CONTENTS:
            progress(relation.name)
            materialise(connection, relation, {}, temporary=True)
        if relation.name == "pair_ids":
            register_forms(connection)


def build_pairs(
    connection: duckdb.DuckDBPyConnection,
    now: datetime,
    progress: Callable[[str], None] = lambda step: None,
    has_contents: bool = False,
) -> None:
    """Build every relation up to ``pair_levels``, all temporary.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        With the views ``match_orders``, ``match_lines``, ``match_customers``, the tables of normal forms and the table
        ``customer_entities``.
    now : datetime
        When the pairs are judged.
    progress : callable, optional
        Told the name of each relation.
    has_contents : bool, default False
        Whether `build_contents` is done.
    """
    relations = read_folder(FOLDER)
    ordered = build_order(relations)
    for relation in ordered:
        if _sides(relation.name) and not (has_contents and relation.name in CONTENTS):
            progress(relation.name)
            materialise(connection, relation, {"now": now}, temporary=True)
    _block(connection, [relation for relation in ordered if _is_rule(relation)], now, progress)
    for relation in ordered:
        if not _sides(relation.name) and not _is_rule(relation):
            progress(relation.name)
            materialise(connection, relation, {"now": now}, temporary=True)


def build_new_pairs(connection: duckdb.DuckDBPyConnection, now: datetime) -> bool:
    """Do as `build_pairs` for pairs of an order in ``new_orders`` and an earlier one; return whether there are any."""
    ordered = build_order(read_folder(FOLDER))
    for relation in ordered:
        if _sides(relation.name):
            materialise(connection, relation, {"now": now}, temporary=True)
    materialise(connection, read_folder(NEW_FOLDER)["blocked_pairs"], {}, temporary=True)
    if not connection.execute("select 1 from blocked_pairs limit 1").fetchall():
        return False
    for relation in ordered:
        if not _sides(relation.name) and not _is_rule(relation):
            materialise(connection, relation, {"now": now}, temporary=True)
    return True


def _block(
    connection: duckdb.DuckDBPyConnection, blocking: list[Relation], now: datetime, progress: Callable[[str], None]
) -> None:
    """Apply every blocking rule; count what each brings and how many orders had more neighbours than it looks at."""
    connection.execute("create or replace temp table blocked_pairs (id_l integer, id_r integer)")
    connection.execute(
        "create or replace temp table pair_blocking (rule varchar, pair_count bigint, cut_order_count bigint)"
    )
    for relation in blocking:
        progress(relation.name)
        materialise(connection, relation, {"now": now}, temporary=True)
        name = relation.name
        connection.execute(f'insert into blocked_pairs select id_l, id_r from "{name}" where id_l is not null')
        connection.execute(
            "insert into pair_blocking select $rule, count(id_l), count(distinct id_r) filter (where is_cut) "
            f'from "{name}"',
            {"rule": name.removeprefix("block_")},
        )
        connection.execute(f'drop table "{name}"')


def patterns(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Return the distinct comparison vectors with their counts, indexed by ``pattern``."""
    columns = ", ".join(f'any_value("{name}") as "{name}"' for name in COMPARISONS)
    return (
        connection.execute(f"select pattern, {columns}, count(*) as pair_count from pair_levels group by pattern")
        .df()
        .set_index("pattern")
    )


def drop_pairs(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what was built on the way; the report on blocking stays."""
    relations = read_folder(FOLDER)
    inputs = (
        "blocked_pairs",
        "pattern_scores",
        "planted_orders",
        "planted_lines",
        "planted_customers",
        "sampled_orders",
    )
    for name in (*relations, *inputs):
        connection.execute(f'drop table if exists "{name}"')
