"""Candidate pairs and comparison vectors in SQL, against the same worked out slowly in Python."""

from collections import Counter, defaultdict
from datetime import datetime
from itertools import pairwise
from statistics import median_high

import duckdb
import pandas as pd
import pytest

from models.duplicates.company import make_company
from models.duplicates.customers import resolve_customers
from models.duplicates.levels import COMPARISONS
from models.duplicates.pairs import build_pairs, compare_user_orders, register_forms, rules
from models.duplicates.training import load_tables

NOW = datetime(2027, 1, 1)


@pytest.fixture(scope="module", params=[2, 31])
def compared(request) -> tuple[pd.DataFrame, dict[str, pd.DataFrame], pd.DataFrame]:
    """All comparison vectors of a made-up company, its tables, and the report on blocking."""
    tables = make_company(request.param, order_target=900)
    with duckdb.connect(config={"threads": 1}) as connection:
        load_tables(connection, tables)
        compare_user_orders(connection)
        resolve_customers(connection)
        register_forms(connection)
        build_pairs(connection, NOW)
        levels = connection.execute(
            """select levels.*, l.order_id as order_l, r.order_id as order_r, l.entity = r.entity as is_one_customer
            from pair_levels as levels
            inner join pair_orders as l on l.id = levels.id_l inner join pair_orders as r on r.id = levels.id_r"""
        ).df()
        return levels, tables, connection.execute("select * from pair_blocking").df()


def orders_of(tables: dict[str, pd.DataFrame]) -> dict[str, dict]:
    orders = {row["order_id"]: row for row in tables["orders"].to_dict("records")}
    for order in orders.values():
        order["basket"] = Counter()
    for line in tables["order_lines"].to_dict("records"):
        orders[line["order_id"]]["basket"][line["product_id"]] += line["quantity"]
    return orders


def gap_level(seconds: float, is_date_only: bool) -> int:
    if is_date_only and seconds == 0:
        return 12
    hours = [1 / 30, 0.25, 1, 4, 12, 36, 84, 156, 192, 384, 1080]
    return next((level for level, most in enumerate(hours) if seconds <= most * 3600), 11)


def items_level(one: Counter, other: Counter) -> int:
    most = max(len(one), len(other))
    if one == other:
        return 0 if most >= 6 else 1 if most >= 3 else 2 if most == 2 else 3
    equal = sum(one[product] == other[product] for product in one.keys() & other.keys())
    shared = len(one.keys() & other.keys())
    if one.keys() == other.keys():
        return 7 if most == 1 else 4 if equal >= most / 2 else 6 if most == 2 else 5
    if not shared:
        return 14
    if equal == len(other):
        return 8 if len(other) > 1 else 16
    if equal == len(one):
        return 10 if len(one) > 1 else 9
    return 11 if equal >= 0.6 * most else 12 if shared >= 0.5 * most else 13


def test_every_level_has_its_words(compared) -> None:
    levels, _, _ = compared
    for name, words in COMPARISONS.items():
        assert levels[name].between(0, len(words) - 1).all(), name


def test_pairs_go_from_the_earlier_to_the_later(compared) -> None:
    levels, tables, _ = compared
    orders = orders_of(tables)
    assert not levels.duplicated(["order_l", "order_r"]).any()
    for pair in levels.itertuples():
        assert orders[pair.order_l]["ordered_at"] <= orders[pair.order_r]["ordered_at"]


def test_gap_and_items(compared) -> None:
    levels, tables, _ = compared
    orders = orders_of(tables)
    for pair in levels.itertuples():
        one, other = orders[pair.order_l], orders[pair.order_r]
        seconds = (other["ordered_at"] - one["ordered_at"]).total_seconds()
        midnight = one["ordered_at"].time() == other["ordered_at"].time() == datetime.min.time()
        assert pair.gap == gap_level(seconds, midnight)
        assert pair.items == items_level(one["basket"], other["basket"])


def test_a_copy_repeats_all_that_was_entered(compared) -> None:
    levels, tables, _ = compared
    orders = orders_of(tables)
    entered = ["customer_id", "customer_po", "ship_to_address", "requested_at", "channel"]
    plain = tables["orders"].astype(object).where(tables["orders"].notna(), None).set_index("order_id")[entered]
    rows = dict(zip(plain.index, plain.itertuples(index=False, name=None), strict=True))
    seen = Counter()
    for pair in levels.itertuples():
        one, other = orders[pair.order_l], orders[pair.order_r]
        if rows[pair.order_l] == rows[pair.order_r] and one["basket"] == other["basket"]:
            seconds = (other["ordered_at"] - one["ordered_at"]).total_seconds()
            if one["ordered_at"].time() == other["ordered_at"].time() == datetime.min.time() and not seconds:
                expected = 7
            else:
                limits = [30, 300, 3600, 12 * 3600, 3 * 86400]
                expected = next((level for level, most in enumerate(limits, 1) if seconds <= most), 6)
            assert pair.copy == expected
            seen[expected] += 1
        elif pair.copy:
            assert pair.items <= 3
            assert pair.is_one_customer
            assert pair.ship in (0, 1)
            assert pair.requested in (0, 1, 2)
            assert pair.po not in (1, 6, 7, 8, 9, 11, 12)
    assert seen


def test_a_missing_po_counts_where_there_always_is_one(compared) -> None:
    levels, tables, _ = compared
    orders = tables["orders"].set_index("order_id")
    given = orders["customer_po"].notna().groupby(orders["customer_id"]).agg(["sum", "size"])
    for pair in levels[levels["is_one_customer"] & (levels["customer"] == 0)].itertuples():
        lacks = pd.isna(orders.at[pair.order_r, "customer_po"]) and not pd.isna(orders.at[pair.order_l, "customer_po"])
        count, size = given.loc[orders.at[pair.order_r, "customer_id"]]
        if pair.po == 12:
            assert lacks
        if lacks and size >= 5:
            assert pair.po == 12 or count - 1 < 0.9 * size


def test_rhythm(compared) -> None:
    """The usual gap of customer and basket is the upper median of its gaps of four hours and more."""
    levels, tables, _ = compared
    orders = orders_of(tables)
    times = defaultdict(list)
    for order in orders.values():
        key = order["customer_id"], tuple(sorted(order["basket"].items()))
        times[key].append(order["ordered_at"])
    checked = 0
    for pair in levels[(levels["items"] <= 3) & (levels["customer"] == 0)].itertuples():
        one, other = orders[pair.order_l], orders[pair.order_r]
        moments = sorted(times[other["customer_id"], tuple(sorted(other["basket"].items()))])
        gaps = [(b - a).total_seconds() for a, b in pairwise(moments)]
        gaps = [gap for gap in gaps if gap >= 4 * 3600]
        gap = (other["ordered_at"] - one["ordered_at"]).total_seconds()
        if len(gaps) - (gap >= 4 * 3600) < 3 or not pair.is_one_customer or "customers" in tables:
            continue
        ratio = gap / median_high(gaps)
        bounds = [0.05, 0.15, 0.35, 0.6, 0.85]
        expected = next((5 + place for place, most in enumerate(bounds) if ratio < most), 10 if ratio <= 1.2 else 11)
        assert pair.rhythm == expected
        checked += 1
    assert checked or "customers" in tables


def test_requested_dates(compared) -> None:
    levels, tables, _ = compared
    orders = orders_of(tables)
    for pair in levels.itertuples():
        one, other = orders[pair.order_l], orders[pair.order_r]
        if pd.isna(one["requested_at"]) or pd.isna(other["requested_at"]):
            assert pair.requested == 0
            continue
        shift = (other["requested_at"].normalize() - one["requested_at"].normalize()).days
        ordered = (other["ordered_at"].normalize() - one["ordered_at"].normalize()).days
        expected = (
            (1 if ordered == 0 else 2) if shift == 0 else 3 if ordered == 0 else 4 if abs(shift - ordered) <= 1 else 5
        )
        assert pair.requested == expected


def test_blocking_finds_the_duplicates_and_says_what_it_cut(compared) -> None:
    levels, tables, blocking = compared
    assert set(blocking["rule"]) == set(rules())
    assert (blocking["cut_order_count"] >= 0).all()
    assert len(levels) <= 4 * len(tables["orders"])
    found = {frozenset(two) for two in levels[["order_l", "order_r"]].to_numpy()}
    true = [frozenset(two) for two in tables["truth"][["order_id", "duplicate_of"]].to_numpy()]
    assert sum(two in found for two in true) >= 0.8 * len(true)


def test_a_made_up_company_is_the_same_again() -> None:
    one, other = make_company(5, 300), make_company(5, 300)
    for name in one:
        pd.testing.assert_frame_equal(one[name], other[name])
