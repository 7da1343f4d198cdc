"""Practices of a company that look wrong by the book and that its own analysts wave through.

Each is held by somebody: a sales person, a region, a channel or a product. No table says so, and nothing but labels can
tell them from faults, of which the same sample company has its own.
"""

import random
from pathlib import Path

import duckdb

TABLES = ("orders", "order_lines", "payments")

HOLDERS = {
    "operator": """select entered_by from orders where entered_by not in ('web-shop', 'edi-gateway',
        'marketplace-connector') group by all having count(*) > 0.02 * (select count(*) from orders) order by all""",
    "region": """select ship_to_region from orders where ship_to_region is not null group by all
        having count(*) > 0.02 * (select count(*) from orders) order by all""",
    "channel": """select channel from orders group by all
        having count(*) > 0.05 * (select count(*) from orders) order by all""",
    "product": """select product_id from order_lines group by all
        having count(*) > 0.01 * (select count(*) from order_lines) order by all""",
}
"""Who may hold a practice: values with enough orders to be met again."""

LOT = "(hash($seed || order_id) % 1000) / 1000.0"
"""A number from 0 to 1 for each order, always the same."""

PRACTICES: dict[str, tuple[str, tuple[str, ...]]] = {
    "discount agreed by word of mouth": (
        "operator",
        (
            f"""update order_lines set discount = 0.10 + 0.05 * (hash(order_id) % 2) where coalesce(discount, 0) = 0
            and order_id in (select order_id from orders where entered_by = $holder and {LOT} < 0.35)""",
        ),
    ),
    "goods go to whichever gate is free": (
        "region",
        (
            f"""update orders
            set ship_to_address = regexp_replace(ship_to_address, '[0-9]+', (hash(order_id) % 60 + 2)::varchar)
            where ship_to_region = $holder and {LOT} < 0.3""",
        ),
    ),
    "no telephone is asked": (
        "operator",
        (
            f"""update orders set ship_to_phone = null, ship_to_postal_code = null
            where entered_by = $holder and {LOT} < 0.2""",
        ),
    ),
    "display packs of ten": (
        "product",
        (
            f"""update order_lines set quantity = 10 * quantity, shipped_quantity = 10 * shipped_quantity
            where product_id = $holder and {LOT} < 0.25""",
        ),
    ),
    "dates promised to please": (
        "operator",
        (
            f"""update orders set promised_at = greatest(promised_at - interval 3 day, ordered_at + interval 1 day)
            where entered_by = $holder and {LOT} < 0.4""",
        ),
    ),
    "the bank keeps a fee": (
        "channel",
        (
            f"""update payments set amount = round(amount * (1 - 0.02 - (hash(payment_id) % 30) / 1000.0), 2)
            where order_id in (select order_id from orders where channel = $holder) and {LOT} < 0.06""",
        ),
    ),
    "totals rounded for friends": (
        "operator",
        (
            f"""update orders set total_amount = floor(total_amount / 10) * 10
            where entered_by = $holder and {LOT} < 0.35""",
            """update payments set amount = floor(amount / 10) * 10
            where order_id in (select order_id from orders where entered_by = $holder and total_amount % 10 = 0)""",
        ),
    ),
}
"""For each practice who holds it and what it does to the tables."""

WORTH = """
    create or replace table worth as
    select order_id, sum(quantity * unit_price * (1 - coalesce(discount, 0))) as goods
    from order_lines
    group by order_id
"""

FOLLOW = """
    update {table} set {amount} = round({amount} * ratio, 2)
    from (
        select worth.order_id, worth.goods / before.goods as ratio
        from worth inner join worth_before as before using (order_id)
        where before.goods > 0 and abs(worth.goods / before.goods - 1) > 1e-9
    ) as changed
    where changed.order_id = {table}.order_id
"""
"""What is invoiced and paid follows the goods."""


def add_practices(source: Path, target: Path, seed: int, count: int) -> dict[str, str]:
    """Write a copy of a source folder whose company has some practices; return them with who holds each."""
    chance = random.Random(seed)
    chosen = {}
    target.mkdir()
    with duckdb.connect() as connection:
        for path in sorted(source.glob("*.csv")):
            connection.execute(f"create table {path.stem} as select * from read_csv('{path}', sample_size = -1)")
        connection.execute(WORTH.replace("worth as", "worth_before as"))
        for name in chance.sample(sorted(PRACTICES), count):
            holder_of, statements = PRACTICES[name]
            holder = chance.choice(connection.execute(HOLDERS[holder_of]).fetchall())[0]
            chosen[name] = holder
            for statement in statements:
                bound = {"holder": holder} | ({"seed": str(seed) + name} if "$seed" in statement else {})
                connection.execute(statement, bound)
        connection.execute(WORTH)
        for table, amount in {"orders": "total_amount", "payments": "amount"}.items():
            connection.execute(FOLLOW.format(table=table, amount=amount))
        for path in sorted(source.glob("*.csv")):
            connection.execute(f"copy {path.stem} to '{target / path.name}' (header)")
    return chosen
