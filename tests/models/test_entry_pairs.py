"""The comparison vectors of a new order that Python works out, against those that SQL works out."""

from collections import defaultdict
from datetime import datetime
from typing import Any

import duckdb
import pandas as pd
import pytest

from data.relations import materialise, read_folder
from models.duplicates.company import make_company
from models.duplicates.customers import resolve_customers
from models.duplicates.levels import COMPARISONS
from models.duplicates.pairs import FOLDER, build_new_pairs, compare_user_orders, register_forms
from models.duplicates.probability import shipped_model
from models.duplicates.training import load_tables
from models.entry_history import entities, second_records
from models.entry_pairs import comparisons
from models.entry_past import Home, Past, Standing
from models.entry_sides import reference
from tests.models.duplicate_history import Wholesaler
from tests.models.test_matching_cases import DUPLICATES, HONEST

NOW = datetime(2027, 1, 1)

NOT_YET = frozenset({"payment", "fate"})
"""What an order that is yet to be entered can't have."""

Vectors = dict[tuple[str, str], dict[str, int]]


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    found = connection.execute(sql)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def by_sql(connection: duckdb.DuckDBPyConnection, left_out: frozenset[str]) -> Vectors:
    """Return the vectors of the pairs with an order of ``new_orders``."""
    build_new_pairs(connection, NOW)
    levels = ", ".join(f'levels."{name}"' for name in COMPARISONS)
    found = rows(
        connection,
        f"""select l.order_id as order_l, r.order_id as order_r, {levels}
        from pair_levels as levels
        inner join pair_orders as l on l.id = levels.id_l inner join pair_orders as r on r.id = levels.id_r""",
    )
    return {
        (row["order_l"], row["order_r"]): {name: row[name] for name in COMPARISONS if name not in left_out}
        for row in found
    }


def by_python(connection: duckdb.DuckDBPyConnection, left_out: frozenset[str]) -> Vectors:
    """Return the same, each of them compared as the one new order."""
    lines = defaultdict(list)
    for line in rows(connection, "select * from order_lines order by order_id, line_no"):
        lines[line["order_id"]].append(line)
    orders, masters = rows(connection, "select * from orders"), rows(connection, "select * from maybe_customers")
    homes = {row["customer_id"]: Home(row["name"], row["address"], row["phone"]) for row in masters}
    twice = entities(second_records(connection), homes).set_index("customer_id")["member_of"].to_dict()
    asked, found = {row["order_id"] for row in rows(connection, "select order_id from new_orders")}, {}
    for new in orders:
        if new["order_id"] in asked:
            others = [order for order in orders if order is not new]
            past = Past(
                others, lines, set(), [], None, 0.0, False, True, Standing(), homes, twice, shipped_model(), NOW
            )
            for row in comparisons({**new, "lines": lines[new["order_id"]]}, past).to_dict("records"):
                levels = {name: row[name] for name in COMPARISONS if name not in left_out}
                found[row["duplicate_of"], new["order_id"]] = levels
    return found


def compared(tables: dict[str, pd.DataFrame], asked: list[str]) -> tuple[Vectors, Vectors]:
    """Compare some orders as new ones with all others, in SQL and in Python."""
    with duckdb.connect(config={"threads": 1}) as connection:
        load_tables(connection, tables)
        connection.execute("create temp table new_orders as select unnest($asked) as order_id", {"asked": asked})
        compare_user_orders(connection)
        resolve_customers(connection)
        register_forms(connection)
        # Several new orders may be a burst of repeats, which one alone is not.
        left_out = NOT_YET | ({"batch"} if len(asked) > 1 else set())
        return by_sql(connection, left_out), by_python(connection, left_out)


@pytest.mark.parametrize("seed", [2, 5, 31, 44])
def test_vectors_are_those_of_sql(seed: int) -> None:
    tables = make_company(seed, order_target=300)
    sql, python = compared(tables, tables["orders"]["order_id"].tolist())
    assert len(sql) > 200
    assert {pair: python.get(pair) for pair in sql} == sql
    # Of several equally rare products SQL takes any one for a block, Python all.
    assert len(python) <= 1.05 * len(sql)


def test_vectors_of_duplicates_and_their_honest_twins_are_those_of_sql() -> None:
    world = Wholesaler()
    pairs = [case(world) for case in (*DUPLICATES, *HONEST)]
    sql, python = compared(world.tables(), [later for later, _ in pairs])
    assert {pair: python.get(pair) for pair in sql} == sql
    missing = {(earlier, later) for later, earlier in pairs} - sql.keys()
    assert len(missing) <= 2, "a replaced order was cancelled, and what shares nothing isn't compared"


@pytest.mark.parametrize("columns", [(), ("channel", "customer_po"), ("channel", "ship_to_name", "ship_to_address")])
def test_vectors_of_orders_that_say_little_are_those_of_sql(columns: tuple[str, ...]) -> None:
    world = Wholesaler()
    pairs = [case(world) for case in DUPLICATES[:4]]
    tables = world.tables()
    tables["orders"] = tables["orders"][["order_id", "customer_id", "ordered_at", *columns]]
    if not columns:
        del tables["customers"]
    for later, earlier in pairs:
        sql, python = compared(tables, [later])
        assert columns or (earlier, later) in sql
        assert {pair: python.get(pair) for pair in sql} == sql


REFERENCES = (
    "4711 PO4711 P.O.4711 po-004711 PO#4711-1 4711R 4711-R 4711/2 4711(2) ORD-2024-00017 REF:88123A 88123-COPY N0-1234 "
    "45OOI123 4500L123 45００－123 2024-10-01 B-12 AB12/34-X RX99B 000 - ABC 采购单20240017 订单４７１１ "
    "4711重复 4711-补单 "
    "123456789012345678 X1234567890123456789 PO/12/13/14 NR. No. 1O0 12 A1 A-1-B 1234R 1234-5-6 12345-dup SO-99 "
    "99/SO duplicate4711 4711DUPL2 4711-REV.3 ORDER4711 ORDERS4711 Ä4711"
).split()


def test_forms_of_references_are_those_of_sql() -> None:
    texts = [*REFERENCES, " 4711 ", "PO 4711 (2)", "P. O. 4711", "4711 copy", "1234 R", "1234 5", "po: 12 34", "12\n34"]
    with duckdb.connect() as connection:
        connection.register("texts", pd.DataFrame({"customer_po": texts, "order_number": texts}))
        connection.execute("create view match_orders as select customer_po, order_number from texts")
        materialise(connection, read_folder(FOLDER)["pair_references"], {}, temporary=True)
        connection.register("forms", pd.DataFrame([(text, *(reference(text) or (None,) * 4)) for text in texts]))
        connection.execute(
            """create table told as select "0" as text, "1" as key, "2" as stem, "3"::bigint as number,
                "4"[1] as shape, "4"[2]::bigint as length from forms"""
        )
        differing = connection.execute(
            """select told.text, told.key, known.key from told
            full join pair_references as known on known.written = hash(told.text)
            where told.text is null or told.key is distinct from known.key
                or hash(told.stem) is distinct from coalesce(known.stem, hash(null::varchar))
                or told.number is distinct from known.number
                or (known.shape is not null and hash(told.shape, told.length) <> known.shape)"""
        ).fetchall()
        known = connection.execute("select count(*) from pair_references").fetchone()
    assert not differing
    assert known
    assert known[0] > 40
