"""Planted copies: a sample of the user's orders with repeats among them, compared as the real ones are."""

from datetime import datetime
from random import Random
from typing import Any

import duckdb
import pandas as pd

from models.duplicates.levels import COMPARISONS
from models.duplicates.pairs import build_pairs
from models.duplicates.plant import Line, Mixture, repeat, retype, retype_phone

MOST_ORDERS = 30_000
MOST_COPIES = 2_000
COPY_SHARE = 0.06
SECOND = "second record of "

COPIED = """
    select order_id, order_number, customer_id, ordered_at, channel, entered_by, status, customer_po, ship_to_name,
        ship_to_phone, ship_to_address, requested_at, total_amount
    from sampled_orders
    where status is distinct from 'returned'
    order by hash(order_id), order_id
    limit $count
"""

PLANTED_RECALL = """
    create or replace temp table planted_recall as
    select truth.variant, count(*) as copy_count, count(pairs.pair) as found_count
    from planted_truth as truth
    inner join pair_ids as l on l.order_id = truth.duplicate_of
    inner join pair_ids as r on r.order_id = truth.order_id
    left join candidate_pairs as pairs on pairs.id_l = l.id and pairs.id_r = r.id
    group by truth.variant
"""


def _sample_orders(connection: duckdb.DuckDBPyConnection) -> int:
    """Take all orders of so many customers that a sample of them fits; return how many orders that are."""
    connection.execute(
        """create or replace temp table sampled_orders as
        select orders.* from (select * from orders where coalesce(status, 'new') <> 'cancelled') as orders
        semi join (
            select customer_id from (
                select customer_id, sum(count(*)) over (order by hash(customer_id), customer_id) as so_far
                from orders group by customer_id
            ) where so_far <= $most
        ) using (customer_id)""",
        {"most": MOST_ORDERS},
    )
    row = connection.execute("select count(*) from sampled_orders").fetchone()
    return int(row[0]) if row else 0


def _habits(connection: duckdb.DuckDBPyConnection) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the channels and the people who enter orders, the common ones."""
    found = []
    for column, least in (("channel", 0.02), ("entered_by", 0.0)):
        rows = connection.execute(
            f"""select {column} from sampled_orders where {column} is not null group by {column}
            having count(*) > $least * (select count(*) from sampled_orders)
            order by count(*) desc, {column} limit 30""",
            {"least": least},
        ).fetchall()
        found.append(tuple(row[0] for row in rows))
    return found[0], found[1]


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a small frame, missing values as None."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [dict(zip(plain.columns, row, strict=True)) for row in plain.itertuples(index=False, name=None)]


def _second_records(customers: list[dict[str, Any]], random: Random) -> pd.DataFrame:
    """Return a second record for each customer, written by another hand."""
    rewritten = [
        {
            **customer,
            "customer_id": SECOND + customer["customer_id"],
            "name": retype(customer["name"], random),
            "phone": retype_phone(customer["phone"], random),
            "address": retype(customer["address"], random),
        }
        for customer in customers
    ]
    return pd.DataFrame(rewritten, columns=["customer_id", "name", "phone", "address", "email"])


def plant_copies(connection: duckdb.DuckDBPyConnection, seed: int = 0) -> pd.DataFrame:
    """Put repeats among a sample of the orders; afterwards ``match_orders`` and its companions hold the sample.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        With the canonical tables and ``customer_entities``.
    seed : int, default 0
        The source of chance.

    Returns
    -------
    pandas.DataFrame
        ``order_id`` of each copy, ``duplicate_of``, ``variant``.
    """
    random = Random(seed)  # noqa: S311
    count = min(MOST_COPIES, int(_sample_orders(connection) * COPY_SHARE) + 1)
    orders = connection.execute(COPIED, {"count": count}).df()
    lines = connection.execute(
        f"""select order_id, line_no, product_id, quantity, unit_price, discount from order_lines
        semi join ({COPIED}) using (order_id) order by order_id, line_no""",
        {"count": count},
    ).df()
    by_order: dict[str, list[Line]] = {}
    for line in _rows(lines):
        by_order.setdefault(line["order_id"], []).append(line)
    channels, operators = _habits(connection)
    second = {customer: SECOND + customer for customer in orders["customer_id"]}
    mixture = Mixture(channels=channels, operators=operators, other_customers=second)
    copies, copied_lines, truth = [], [], []
    for number, order in enumerate(_rows(orders)):
        if order["order_id"] not in by_order:
            continue
        way, copy, changed = repeat(order, by_order[order["order_id"]], random, mixture)
        copy["order_id"] = f"copy {number} of {order['order_id']}"
        copies.append(copy)
        copied_lines += [{**line, "order_id": copy["order_id"]} for line in changed]
        truth.append({"order_id": copy["order_id"], "duplicate_of": order["order_id"], "variant": way})
    _replace_inputs(connection, pd.DataFrame(copies), pd.DataFrame(copied_lines), random)
    return pd.DataFrame(truth, columns=["order_id", "duplicate_of", "variant"])


def _replace_inputs(
    connection: duckdb.DuckDBPyConnection, copies: pd.DataFrame, lines: pd.DataFrame, random: Random
) -> None:
    """Let the views that are compared show the sample and the copies."""
    connection.register("copies_frame", copies)
    connection.register("copied_lines_frame", lines)
    connection.execute(
        "create or replace temp table planted_orders as "
        "select * from sampled_orders union all by name select * from copies_frame"
    )
    connection.execute(
        "create or replace temp table planted_lines as select order_lines.* from order_lines "
        "semi join sampled_orders using (order_id) union all by name select * from copied_lines_frame"
    )
    connection.unregister("copies_frame")
    connection.unregister("copied_lines_frame")
    connection.execute("create or replace temp view match_orders as select * from planted_orders")
    connection.execute("create or replace temp view match_lines as select * from planted_lines")
    used = connection.execute(
        "select * from maybe_customers where $second || customer_id in (select customer_id from planted_orders)",
        {"second": SECOND},
    ).df()
    connection.register("second_frame", _second_records(_rows(used), random))
    connection.execute(
        "create or replace temp table planted_customers as select * from maybe_customers "
        "union all by name select * from second_frame"
    )
    connection.unregister("second_frame")
    connection.execute("create or replace temp view match_customers as select * from planted_customers")
    connection.execute(
        """insert into customer_entities
        select $second || customer_id, coalesce(entity, hash(customer_id)) from
        (select distinct customer_id from sampled_orders) left join customer_entities using (customer_id)
        where hash(customer_id) % 10 < 7""",
        {"second": SECOND},
    )


def planted_patterns(connection: duckdb.DuckDBPyConnection, truth: pd.DataFrame, now: datetime) -> pd.DataFrame:
    """Return the comparison vectors of the planted copies with their originals, with counts.

    Leaves the table ``planted_recall``: how many copies of each sort there were, and how many blocking brought together
    with their original.
    """
    build_pairs(connection, now)
    connection.register("planted_truth", truth)
    connection.execute(PLANTED_RECALL)
    names = ", ".join(f'levels."{name}"' for name in COMPARISONS)
    found = connection.execute(
        f"""select {names}, count(*) as pair_count from pair_levels as levels
        inner join pair_ids as l on l.id = levels.id_l inner join pair_ids as r on r.id = levels.id_r
        inner join planted_truth as truth on truth.order_id = r.order_id and truth.duplicate_of = l.order_id
        group by all"""
    ).df()
    connection.unregister("planted_truth")
    return found
