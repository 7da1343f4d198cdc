"""What is usual for a price, against the same in pandas."""

from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.relations import materialise, read_folder

FEATURES = read_folder(Path(str(files("features") / "sql")))
START = datetime(2025, 3, 3)

LINES = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 40), st.floats(-0.5, 0.5).map(lambda x: round(x, 3)), st.booleans()),
    min_size=1,
    max_size=60,
)


def built(name: str, **tables: pd.DataFrame) -> pd.DataFrame:
    """Return one relation, built from the given tables."""
    with duckdb.connect() as connection:
        for table, frame in tables.items():
            connection.register(f"{table}_frame", frame)
            connection.execute(f"create table {table} as select * from {table}_frame")
        materialise(connection, FEATURES[name], {})
        return connection.execute(f"select * from {name}").df()


def days_before(frame: pd.DataFrame, key: int, day: datetime, count: int) -> pd.DataFrame:
    """Return the quartiles of each of the last days of ``key`` strictly before ``day``, known-wrong lines left out."""
    earlier = frame[frame["product_key"].eq(key) & frame["ordered_on"].lt(day)]
    last = sorted(earlier["ordered_on"].unique())[-count:]
    good = earlier[earlier["ordered_on"].isin(last) & ~earlier["is_known_wrong"]]
    return good.groupby("ordered_on")["free_log_ratio"].quantile([0.25, 0.5, 0.75]).unstack()


@settings(max_examples=30, deadline=None)
@given(LINES)
def test_a_level_knows_only_earlier_days_and_good_lines(lines: list[tuple[int, int, float, bool]]) -> None:
    frame = pd.DataFrame(lines, columns=["product_key", "day", "free_log_ratio", "is_known_wrong"])
    frame["ordered_on"] = [START + timedelta(days=day) for day in frame.pop("day")]
    levels = built("price_product_levels", price_bases=frame).set_index(["product_key", "ordered_on"])
    for key, day in set(zip(frame["product_key"], frame["ordered_on"], strict=True)):
        days = days_before(frame, key, day, 15)
        if days.empty:
            assert (key, day) not in levels.index
            continue
        level = levels.loc[(key, day)]
        assert level["day_count"] == len(days)
        assert level["log_ratio"] == pytest.approx(days[0.5].median())
        assert level["low_log_ratio"] == pytest.approx(days[0.25].quantile(0.1))
        assert level["high_log_ratio"] == pytest.approx(days[0.75].quantile(0.9))
        assert level["width"] == pytest.approx(days[0.75].quantile(0.75) - days[0.25].quantile(0.25))


@settings(max_examples=30, deadline=None)
@given(LINES)
def test_a_usual_quantity_knows_only_earlier_days_and_good_lines(lines: list[tuple[int, int, float, bool]]) -> None:
    frame = pd.DataFrame(lines, columns=["product_key", "day", "log_quantity", "is_known_wrong"])
    frame["ordered_on"] = [START + timedelta(days=day) for day in frame.pop("day")]
    levels = built("quantity_product_levels", quantity_bases=frame).set_index(["product_key", "ordered_on"])
    for key, day in set(zip(frame["product_key"], frame["ordered_on"], strict=True)):
        earlier = frame[frame["product_key"].eq(key) & frame["ordered_on"].lt(day)]
        last = sorted(earlier["ordered_on"].unique())[-15:]
        good = earlier[earlier["ordered_on"].isin(last) & ~earlier["is_known_wrong"]]
        medians = good.groupby("ordered_on")["log_quantity"].median()
        level = levels.loc[(key, day)]
        assert level["day_count"] == len(medians)
        if len(medians):
            assert level["log_quantity"] == pytest.approx(medians.median())


def terms(lines: pd.DataFrame, prices: pd.DataFrame, promotions: pd.DataFrame) -> pd.DataFrame:
    """Return ``price_terms`` for the lines."""
    with duckdb.connect() as connection:
        for name, frame in (("line_facts", lines), ("maybe_prices", prices), ("maybe_promotions", promotions)):
            connection.register(f"{name}_frame", frame)
            connection.execute(f"create table {name} as select * from {name}_frame")
        connection.execute("create table maybe_products (product_id varchar, list_price double)")
        for name in ("price_periods", "price_promotions", "price_terms"):
            materialise(connection, FEATURES[name], {})
        return connection.execute("select * from price_terms order by line_no").df()


def test_the_books_are_read_as_of_the_day() -> None:
    rng = np.random.default_rng(3)
    starts = [START + timedelta(days=int(day)) for day in sorted(rng.choice(200, 6, replace=False))]
    prices = pd.DataFrame(
        {
            "product_id": "P1",
            "customer_id": [None] * 4 + ["C1"] * 2,
            "valid_from": [START - timedelta(days=1), *starts[1:4], starts[0], starts[4]],
            "valid_to": [pd.NaT] * 4 + [starts[2], pd.NaT],
            "unit_price": [10.0, 11.0, 12.0, 13.0, 7.0, 6.0],
        }
    )
    promotions = pd.DataFrame(
        {
            "product_id": [None, "P1"],
            "customer_id": [None, "C1"],
            "valid_from": [starts[1], starts[3]],
            "valid_to": [starts[2], starts[4]],
            "discount": [0.1, 0.2],
        }
    )
    lines = pd.DataFrame(
        {
            "order_id": [f"O{day}" for day in range(220)],
            "line_no": range(220),
            "product_id": "P1",
            "customer_id": ["C1" if day % 2 else "C2" for day in range(220)],
            "ordered_at": [START + timedelta(days=day, hours=9) for day in range(220)],
        }
    )
    for line, term in zip(lines.itertuples(), terms(lines, prices, promotions).itertuples(), strict=True):
        valid = prices[prices["valid_from"].le(line.ordered_at)]
        listed = valid[valid["customer_id"].isna()].sort_values("valid_from")
        assert term.list_price == listed["unit_price"].iloc[-1]
        agreed = valid[valid["customer_id"].eq(line.customer_id)].sort_values("valid_from")
        until = agreed["valid_to"].iloc[-1] if len(agreed) else pd.NaT
        if len(agreed) and not line.ordered_at >= until + timedelta(days=1):
            assert term.contract_price == agreed["unit_price"].iloc[-1]
        else:
            assert np.isnan(term.contract_price)
        running = promotions[
            promotions["valid_from"].le(line.ordered_at)
            & (promotions["valid_to"] + timedelta(days=1)).gt(line.ordered_at)
            & (promotions["customer_id"].isna() | promotions["customer_id"].eq(line.customer_id))
        ]
        discount = running["discount"].max()
        assert (np.isnan(term.promotion_discount) and np.isnan(discount)) or term.promotion_discount == discount
