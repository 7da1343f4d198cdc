"""What planners do: reorders, expedites, shares of scarce stock, substitutes, and how forecasts have held."""

from datetime import datetime, timedelta
from itertools import product as every_choice

import numpy as np
import pandas as pd
import pytest

from models.forecasts.health import forecast_health, judged
from models.planning.allocation import Contest, by_value, first_come, optimal
from models.planning.plan import PUBLISHED, plan
from models.planning.reorders import REASONS, rounded_up
from tests.models.stock_tables import book_of, context_of

NOW = datetime(2025, 6, 30)


def steady(product_id: str, per_day: float = 5.0, customer: str = "C", **given: object) -> list[dict]:
    """Return one shipped line a day for half a year."""
    rows = []
    for k in range(1, 181):
        day = NOW - timedelta(days=k)
        rows.append(
            {
                "order_id": f"{product_id}{day:%m%d}{customer}",
                "customer_id": customer,
                "ordered_at": day + timedelta(hours=9),
                "status": "shipped",
                "shipped_at": day + timedelta(hours=15),
                "promised_at": day + timedelta(days=2),
                "line_no": 1,
                "product_id": product_id,
                "quantity": per_day,
                "unit_price": 2.0,
                "shipped_quantity": per_day,
                **given,
            }
        )
    return rows


def waiting(order_id: str, product_id: str, quantity: float, need: int, price: float = 2.0) -> dict:
    """Return one open line, needed so many days from now."""
    return {
        "order_id": order_id,
        "customer_id": f"C{order_id}",
        "ordered_at": NOW - timedelta(days=3),
        "status": "confirmed",
        "shipped_at": None,
        "promised_at": NOW + timedelta(days=need),
        "line_no": 1,
        "product_id": product_id,
        "quantity": quantity,
        "unit_price": price,
        "shipped_quantity": None,
    }


def purchase(po_id: str, product_id: str, quantity: float, due: int, received: bool = False) -> dict:
    """Return a purchase order line due so many days from now."""
    day = NOW + timedelta(days=due)
    return {
        "po_id": po_id,
        "product_id": product_id,
        "supplier_id": "S",
        "quantity": quantity,
        "ordered_at": day - timedelta(days=14),
        "promised_at": day,
        "received_at": day if received else None,
        "received_quantity": quantity if received else None,
    }


def past(product_id: str, quantities: tuple[float, ...] = (36.0, 60.0, 48.0)) -> list[dict]:
    """Return punctual receipts of the past."""
    return [
        purchase(f"old{product_id}{k}", product_id, units, -30 - 20 * k, True) for k, units in enumerate(quantities)
    ]


def tables_of(
    lines: list[dict], stock: dict[str, float], purchases: list[dict] | None = None, category: str = "K"
) -> dict[str, pd.DataFrame]:
    frame = pd.DataFrame(lines)
    head = ["order_id", "customer_id", "ordered_at", "status", "shipped_at", "promised_at"]
    body = ["order_id", "line_no", "product_id", "quantity", "unit_price", "shipped_quantity"]
    names = sorted(set(frame["product_id"]) | set(stock))
    tables = {
        "orders": frame[head].drop_duplicates("order_id"),
        "order_lines": frame[body],
        "products": pd.DataFrame(
            {"product_id": names, "name": names, "list_price": 2.0, "lead_time_days": 14, "category": category}
        ),
    }
    if stock:
        rows = [{"product_id": name, "as_of": NOW, "on_hand": units} for name, units in stock.items()]
        tables["inventory"] = pd.DataFrame(rows)
    return {**tables, "purchase_orders": pd.DataFrame(purchases)} if purchases else tables


def planned(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return what planning leaves."""
    context = context_of(tables, NOW)
    plan(context, {name for name, frame in tables.items() if len(frame)})
    return {name: context.connection.execute(f"select * from {name}").df() for name in PUBLISHED}


# -- reorders


def test_quantities_are_raised_to_the_least_order_and_whole_packs() -> None:
    quantity, least, pack = (
        np.array([30.0, 3.0, 24.0, 7.0]),
        np.array([24.0, 24.0, 0.0, 0.0]),
        np.array([12.0, 12, 12, 0]),
    )
    assert rounded_up(quantity, least, pack).tolist() == [36.0, 24.0, 24.0, 7.0]


def test_what_is_below_the_need_is_ordered_in_packs_and_what_is_covered_is_not() -> None:
    tables = tables_of(
        [*steady("LOW"), *steady("COVERED"), *steady("PLENTY")],
        {"LOW": 20.0, "COVERED": 20.0, "PLENTY": 900.0},
        [*past("LOW"), *past("COVERED"), purchase("PO1", "COVERED", 400.0, 2)],
    )
    rows = planned(tables)["reorders"].set_index("product_id")
    assert "PLENTY" not in rows.index
    assert "COVERED" not in rows.index
    low = rows.loc["LOW"]
    assert low["variant"] == "below"
    assert low["quantity"] % 12 == 0
    assert low["position"] + low["quantity"] >= low["reorder_point"]
    assert low["order_by"] == pd.Timestamp(NOW)
    assert low["expected"] == pytest.approx(5 * low["days"], rel=0.05)
    assert set(rows["variant"]) <= REASONS.keys()


def test_stock_that_lasts_a_while_is_ordered_later() -> None:
    rows = planned(tables_of(steady("P"), {"P": 110.0}, past("P")))["reorders"]
    assert rows["variant"].to_list() in ([], ["soon"])
    later = planned(tables_of(steady("P"), {"P": 104.0}, past("P")))["reorders"]
    assert later["order_by"].min() >= pd.Timestamp(NOW)
    assert later["order_by"].max() <= pd.Timestamp(NOW) + timedelta(days=7)


def test_a_products_own_safety_stock_counts_where_it_is_larger_and_is_named() -> None:
    tables = tables_of([*steady("OWN"), *steady("PLAIN")], {"OWN": 90.0, "PLAIN": 60.0}, [*past("OWN"), *past("PLAIN")])
    tables["products"]["safety_stock"] = tables["products"]["product_id"].map({"OWN": 300.0, "PLAIN": 1.0})
    rows = planned(tables)["reorders"].set_index("product_id")
    assert rows["variant"].to_dict() == {"OWN": "below_own", "PLAIN": "below"}
    assert rows.loc["OWN", "safety"] == pytest.approx(300.0)
    assert "the product's own safety stock" in REASONS["below_own"].format(**rows.loc["OWN"])


def test_stock_to_come_is_kept_by_day_for_what_may_run_out() -> None:
    tables = tables_of(
        [*steady("LOW"), *steady("PLENTY")],
        {"LOW": 30.0, "PLENTY": 900.0},
        [*past("LOW"), purchase("PO1", "LOW", 200.0, 9)],
    )
    course = planned(tables)["stock_course"]
    assert set(course["product_id"]) == {"LOW"}
    assert course["day"].iloc[0] == pd.Timestamp(NOW)
    assert course["balance"].iloc[0] == pytest.approx(25.0, abs=1.0)
    assert course["receipts"].sum() == pytest.approx(200.0, rel=0.05)
    kept = 30.0 + course["receipts"].cumsum() - 5.0 * np.arange(1, len(course) + 1)
    assert course["balance"].to_numpy() == pytest.approx(kept.to_numpy(), abs=4.0)
    assert course["is_beyond_lead"].sum() == 14
    assert course["chance"].between(0, 1).all()


# -- expediting


def test_a_late_purchase_order_blocks_the_orders_that_stock_does_not_serve_before_it() -> None:
    lines = [*steady("P"), waiting("A", "P", 8, 1), waiting("B", "P", 8, 2), waiting("C", "P", 8, 30)]
    tables = tables_of(lines, {"P": 10.0}, [*past("P"), purchase("LATE", "P", 10, -5), purchase("NEXT", "P", 50, 20)])
    rows = planned(tables)["expedites"].set_index(["po_id", "order_id"])["units"]
    # 10 on the shelf serve A whole and 2 of B; LATE brings 6 to B and 4 to C, NEXT the rest of C, in time.
    assert rows.to_dict() == {("LATE", "B"): 6.0, ("LATE", "C"): 4.0}


def test_a_punctual_purchase_order_is_not_expedited() -> None:
    tables = tables_of([*steady("P"), waiting("A", "P", 8, 10)], {"P": 0.0}, [*past("P"), purchase("OK", "P", 10, 5)])
    assert planned(tables)["expedites"].empty


# -- scarce stock


def contest_of(needs: np.ndarray, stock: np.ndarray, value: np.ndarray) -> Contest:
    rows = [
        {
            "order_id": f"O{order:03}",
            "product_id": f"P{product}",
            "units": needs[product, order],
            "stock": stock[product],
            "value": value[order] / np.count_nonzero(needs[:, order]),
            "entered_at": NOW + timedelta(minutes=int(order)),
        }
        for product, order in zip(*np.nonzero(needs), strict=True)
    ]
    return Contest.of(pd.DataFrame(rows))


def random_contest(seed: int, n_orders: int, n_products: int) -> Contest:
    chance = np.random.default_rng(seed)
    needs = chance.integers(1, 20, (n_products, n_orders)) * (chance.random((n_products, n_orders)) < 2.5 / n_products)
    needs[chance.integers(0, n_products, n_orders), np.arange(n_orders)] = chance.integers(1, 20, n_orders)
    value = needs.sum(axis=0) * chance.lognormal(2, 0.6, n_orders)
    return contest_of(needs.astype(float), np.floor(needs.sum(axis=1) * 0.55), value)


def test_the_solver_finds_the_best_and_every_way_fits_the_stock() -> None:
    for seed in range(5):
        contest = random_contest(seed, 10, 4)
        dense = contest.needs.toarray()
        sets = [np.array(chosen, bool) for chosen in every_choice((0, 1), repeat=10)]
        best = max(contest.value[chosen].sum() for chosen in sets if (dense @ chosen <= contest.stock + 1e-9).all())
        assert contest.value[optimal(contest)].sum() >= best * 0.994
        for chosen in (first_come(contest), by_value(contest), optimal(contest)):
            assert (dense @ chosen <= contest.stock + 1e-6).all()
        assert contest.value[by_value(contest)].sum() >= 0.8 * best


def test_what_a_planner_settled_is_kept() -> None:
    contest = random_contest(9, 12, 3)
    free = optimal(contest)
    held, shipped = free.copy(), np.zeros(12, bool)
    shipped[np.flatnonzero(~free)[0]] = True
    for chosen in (by_value(contest, shipped, held), optimal(contest, 10.0, shipped, held)):
        assert not chosen[held].any()
        assert chosen[shipped].all()


def test_lines_that_compete_for_the_same_stock_are_told() -> None:
    lines = [*steady("P"), *steady("Q"), waiting("A", "P", 8, 1), waiting("B", "P", 8, 2), waiting("C", "Q", 8, 2)]
    rows = planned(tables_of(lines, {"P": 10.0, "Q": 3.0}))["scarce_lines"]
    assert rows["order_id"].to_list() == ["A", "B"]
    assert rows["stock"].to_list() == [10.0, 10.0]


# -- substitutes


def test_a_substitute_is_bought_by_the_same_customers_in_other_orders() -> None:
    lines = [*steady("GONE"), *steady("OTHER"), *steady("STRANGE", customer="D")]
    rows = planned(tables_of(lines, {"GONE": 1.0, "OTHER": 900.0, "STRANGE": 900.0}))["substitutes"]
    assert rows[["product_id", "substitute_id"]].to_numpy().tolist() == [["GONE", "OTHER"]]


# -- forecasts, suppliers, counts


def test_bias_and_tracking_signal_of_forecasts_by_hand() -> None:
    actual = np.array([[10.0, 10, 10, 10], [10.0, 10, 10, np.nan], [10.0, 12, 8, 10]])
    expected = np.array([[15.0, 15, 15, 15], [15.0, 15, 15, 15], [11.0, 11, 9, 9]])
    wape, bias, signal = judged(actual, expected)
    assert wape[0] == pytest.approx(0.5)
    assert bias[0] == pytest.approx(0.5)
    assert signal[0] == pytest.approx(4.0)
    assert np.isnan(wape[1])
    assert bias[2] == pytest.approx(0.0)
    assert wape[2] == pytest.approx(4 / 40)


def test_a_forecast_that_is_right_adds_value_and_one_that_came_late_does_not_count() -> None:
    lines = [row for row in steady("P") if row["ordered_at"].isocalendar().week % 3 == 0]
    tables = tables_of(lines, {"P": 500.0})
    mondays = pd.date_range(datetime(2025, 1, 6), NOW, freq="7D")
    units = [35.0 if day.isocalendar().week % 3 == 0 else 0.0 for day in mondays]
    early = pd.DataFrame(
        {"product_id": "P", "period_start": mondays, "quantity": units, "made_at": mondays - timedelta(days=28)}
    )
    health, course = forecast_health(book_of({**tables, "forecasts": early}, NOW))
    assert health["wape_own"].iloc[0] == pytest.approx(0.0, abs=0.01)
    assert health["value_added"].iloc[0] > 0.5
    assert course["theirs"].notna().sum() > 15
    late = pd.concat([early.assign(quantity=5.0), early.assign(made_at=mondays + timedelta(days=3))])
    health, _ = forecast_health(book_of({**tables, "forecasts": late}, NOW))
    assert health["wape_own"].iloc[0] > 0.5


def test_suppliers_and_counts_are_told_by_their_records() -> None:
    late = [{**purchase(f"L{k}", "P", 10, -20 - k, True)} for k in range(4)]
    for row in late[:2]:
        row["received_at"] += timedelta(days=9)
    tables = tables_of(steady("P"), {"P": 500.0}, late)
    tables["stock_counts"] = pd.DataFrame(
        {"product_id": "P", "counted_at": [NOW - timedelta(days=9), NOW - timedelta(days=2)], "recorded": 100.0}
    ).assign(counted=[100.0, 60.0])
    left = planned(tables)
    assert left["supplier_reliability"]["kept_share"].to_list() == [0.5]
    assert left["count_accuracy"][["right_share", "missing_units"]].to_numpy().tolist() == [[0.5, 40.0]]


def test_runs_without_stock_are_told_with_their_length() -> None:
    tables = tables_of(steady("P"), {"P": 5.0})
    days = [NOW - timedelta(days=k) for k in range(10)]
    tables["inventory"] = pd.DataFrame({"product_id": "P", "as_of": days, "on_hand": [0.0, 0, 5, 0, 0, 0, 0, 5, 5, 5]})
    runs = planned(tables)["out_of_stock_runs"].sort_values("first_day")
    assert runs["run_days"].to_list() == [4, 2]
    assert runs["is_going_on"].to_list() == [False, True]


def test_orders_alone_give_demand_and_the_stock_it_needs_and_say_what_is_missing() -> None:
    left = planned(tables_of(steady("P"), {}))
    assert left["reorders"].empty
    assert left["supply_coverage"][["inventory_count", "purchase_count", "forecast_count"]].to_numpy().sum() == 0
    row = left["demand_health"].iloc[0]
    assert row["weekly_demand"] == pytest.approx(35, rel=0.05)
    assert 70 <= row["needed_units"] <= 130
