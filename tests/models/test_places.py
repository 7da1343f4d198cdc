"""Demand, risk, orders and transfers by warehouse."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from models.forecasts.forecast import forecast
from models.forecasts.places import forecast_places, shares, together
from models.planning.plan import BY_WAREHOUSE, plan
from models.shortages.places import by_place, warehouses_of
from tests.models.stock_tables import book_of, context_of
from tests.models.test_planning import NOW, past, purchase, steady, tables_of


def two_warehouses(**stock: float) -> dict[str, pd.DataFrame]:
    """Return P, sold five a day from W1 and two a day from W2, and Q, from W1 alone."""
    lines = [
        *steady("P", warehouse_id="W1"),
        *steady("P", 2.0, "D", warehouse_id="W2"),
        *steady("Q", warehouse_id="W1"),
    ]
    tables = tables_of(lines, {"Q": 20.0}, [*past("P"), *past("Q"), purchase("PO1", "P", 70.0, 4)])
    tables["order_lines"]["warehouse_id"] = [line["warehouse_id"] for line in lines]
    held = {("P", "W1"): 10.0, ("P", "W2"): 400.0, ("Q", "W1"): 20.0}
    held |= {("P", name): units for name, units in stock.items()}
    rows = [{"product_id": p, "warehouse_id": w, "as_of": NOW, "on_hand": n} for (p, w), n in held.items()]
    tables["inventory"] = pd.DataFrame(rows)
    return tables


def planned(tables: dict[str, pd.DataFrame], *names: str) -> list[pd.DataFrame]:
    context = context_of(tables, NOW)
    plan(context, set(tables))
    return [context.connection.execute(f"select * from {name}").df() for name in names]


# -- forecasts


def test_parts_add_up_to_the_whole_and_leave_out_the_time_before_any_demand() -> None:
    y = np.array([[np.nan, 2.0, 4.0], [np.nan, np.nan, 2.0], [3.0, 0.0, 0.0]])
    wholes = np.array([0, 0, 1])
    assert np.array_equal(together(y, wholes), [[np.nan, 2.0, 6.0], [3.0, 0.0, 0.0]], equal_nan=True)
    assert shares(y, wholes) == pytest.approx([0.75, 0.25, 1.0])


def test_thin_rows_borrow_from_the_whole_and_what_moved_stands_by_itself() -> None:
    chance = np.random.default_rng(5)
    wholes = np.repeat(np.arange(40), 3)
    thin = chance.poisson(0.4, (120, 80)).astype(float)
    given = forecast_places(thin, wholes, 4)
    whole = forecast(together(thin, wholes), 4)
    assert np.bincount(wholes, given.mean[:, 0]) == pytest.approx(whole.mean[:, 0])
    # All demand went over to the next warehouse a while ago: a share of half a year still looks back.
    moved = chance.poisson(40.0, (120, 80)).astype(float)
    moved[0::3, :66], moved[1::3, 66:] = 0.0, 0.0
    assert forecast_places(moved, wholes, 4).mean == pytest.approx(forecast(moved, 4).mean)


# -- the book by warehouse


def test_only_what_several_warehouses_sell_is_told_apart_and_its_receipts_are_shared_out() -> None:
    book = book_of(two_warehouses(), NOW)
    found = warehouses_of(book)
    assert found.set_index(["product_id", "warehouse_id"])["share"].to_dict() == pytest.approx(
        {("P", "W1"): 5 / 7, ("P", "W2"): 2 / 7, ("Q", "W1"): 1.0}
    )
    assert found["is_told_apart"].to_list() == [True, True, False]
    part = by_place(book, found)
    codes = np.arange(2)
    now = np.full(2, book.clock)
    assert part.products["warehouse_id"].to_list() == ["W1", "W2"]
    assert part.on_hand(codes, now).tolist() == [10.0, 400.0]
    assert part.on_order(codes, now) == pytest.approx([50.0, 20.0])
    assert part.weekly_demand()["quantity"].sum() == pytest.approx(7.0 * 180)


def test_lines_that_name_no_warehouse_count_in_the_main_one_or_keep_a_product_whole() -> None:
    tables = two_warehouses()
    lines = tables["order_lines"]
    lines.loc[lines["product_id"].eq("P") & (np.arange(len(lines)) % 4 == 0), "warehouse_id"] = None
    book = book_of(tables, NOW)
    part = by_place(book, warehouses_of(book))
    assert part.weekly_demand()["quantity"].sum() == pytest.approx(7.0 * 180)
    lines.loc[lines["product_id"].eq("P") & (np.arange(len(lines)) % 9 != 0), "warehouse_id"] = None
    assert not warehouses_of(book_of(tables, NOW))["is_told_apart"].any()


# -- plans


def test_a_warehouse_runs_out_where_the_product_as_a_whole_does_not_and_the_other_helps() -> None:
    tables = two_warehouses()
    risks, moves, orders, health = planned(tables, "place_risks", "transfers", "reorders", "place_health")
    chance = risks.set_index("warehouse_id")["probability"]
    assert chance["W1"] > 0.9
    assert chance["W2"] < 0.1
    assert moves[["product_id", "warehouse_id", "from_warehouse_id"]].to_numpy().tolist() == [["P", "W1", "W2"]]
    # What is missing until a new order can arrive, safety included, is asked for; the receipts to come are counted.
    place = orders[orders["product_id"].eq("P")].set_index("warehouse_id")
    assert place.index.to_list() == ["W1"]
    assert moves["units"].iloc[0] == pytest.approx(place.loc["W1", "reorder_point"] - 10 - 50, abs=3.0)
    assert orders.set_index("product_id").loc["Q", "warehouse_id"] == "W1"
    assert health.set_index("warehouse_id")["weekly_demand"].to_dict() == pytest.approx(
        {"W1": 35.0, "W2": 14.0}, rel=0.02
    )


def test_what_a_warehouse_needs_itself_stays_there() -> None:
    few, none = (planned(two_warehouses(W2=units), "transfers")[0]["units"].sum() for units in (50.0, 20.0))
    assert 0 < few < 30
    assert none == 0


def test_where_one_warehouse_keeps_each_product_nothing_is_told_apart() -> None:
    tables = tables_of(steady("P"), {"P": 20.0}, past("P"))
    context = context_of(tables, NOW)
    plan(context, set(tables))
    made = {row[0] for row in context.connection.execute("select table_name from duckdb_tables()").fetchall()}
    assert made.isdisjoint(BY_WAREHOUSE)
    orders = context.connection.execute("select * from reorders").df()
    assert orders["warehouse_id"].isna().all()
    assert orders["order_by"].max() <= pd.Timestamp(NOW) + timedelta(days=7)
