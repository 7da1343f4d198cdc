"""Shares of shortages: against brute force, against the accounting identity, and against planted causes."""

from datetime import datetime
from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from data.vocabulary import SHORTAGE_CAUSES
from models.detectors import DETECTORS
from models.findings import sentence
from models.shortages.attribution import (
    attribute,
    coalitions,
    main_cause,
    not_judged,
    shapley_weights,
    share_out,
    weigh,
)
from models.shortages.bridge import Scenario, record_errors
from models.shortages.ledger import DAY
from models.shortages.lines import short_lines
from models.shortages.reach import Reach
from tests.models.stock_simulator import DAYS, START, World, simulate
from tests.models.stock_tables import as_of, book_of, context_of

NOW = START + pd.Timedelta(days=DAYS)
SHARES = [*(f"share_{cause}" for cause in SHORTAGE_CAUSES), "share_unknown"]


def brute_force(deviations: np.ndarray, rest: float) -> np.ndarray:
    """Return the mean marginal contribution of each cause over all orders of arrival."""
    players = range(len(deviations))
    values = np.zeros(len(deviations))
    orders = list(permutations(players))
    for order in orders:
        total = rest
        for player in order:
            values[player] += max(0.0, total + deviations[player]) - max(0.0, total)
            total += deviations[player]
    return values / len(orders)


def test_shares_equal_brute_force_over_all_orders() -> None:
    chance = np.random.default_rng(5)
    deviations = chance.exponential(30, size=(20, 5)) * (chance.random((20, 5)) < 0.6)
    variability, buffer = chance.exponential(20, size=20), chance.exponential(60, size=20)
    values, base, _ = share_out(deviations, variability, buffer)
    expected = [brute_force(row, v - b) for row, v, b in zip(deviations, variability, buffer, strict=True)]
    np.testing.assert_allclose(values, expected, atol=1e-9)
    np.testing.assert_allclose(base, np.maximum(variability - buffer, 0))


def test_values_and_base_add_up_to_the_units_short() -> None:
    deviations = np.array([[10.0, 0, 25, 0, 5]])
    values, base, _ = share_out(deviations, np.array([8.0]), np.array([20.0]))
    assert values.sum() + base[0] == pytest.approx(10 + 25 + 5 + 8 - 20)


def test_but_for_is_what_one_cause_alone_would_have_saved() -> None:
    _, _, but_for = share_out(np.array([[50.0, 10.0]]), np.array([0.0]), np.array([5.0]))
    np.testing.assert_allclose(but_for, [[50.0, 10.0]])
    _, _, either = share_out(np.array([[30.0, 30.0]]), np.array([0.0]), np.array([40.0]))
    np.testing.assert_allclose(either, [[20.0, 20.0]])


def scenario(chance: float, forecast: float, policy: float, rest: float, unheeded: float = 0.0) -> Scenario:
    """Return one line's scenario with a buffer of 50 units."""
    deviations = np.array([[forecast, 0.0, 0.0, 0.0, policy]])
    return Scenario(np.array([chance]), deviations, np.array([rest]), np.array([50.0]), np.array([unheeded]))


def test_a_cause_that_is_half_likely_gets_half_of_the_blame_it_would_get_for_certain() -> None:
    shares, saved = weigh([scenario(0.5, 60.0, 0.0, 0.0), scenario(0.5, 0.0, 0.0, 60.0)], np.array([10.0]))
    np.testing.assert_allclose(shares, [[0.5, 0, 0, 0, 0]], atol=1e-9)
    np.testing.assert_allclose(saved, shares, atol=1e-9)


def test_a_right_forecast_alone_does_not_help_a_plan_that_covers_nothing() -> None:
    shares, _ = weigh([scenario(1.0, 60.0, 40.0, 50.0)], np.array([100.0]))
    np.testing.assert_allclose(shares[0, [0, 4]], [0.6, 0.4])
    shares, saved = weigh([scenario(1.0, 60.0, 40.0, 50.0, unheeded=60.0)], np.array([100.0]))
    np.testing.assert_allclose(shares[0, [0, 4]], [0.3, 0.7])
    np.testing.assert_allclose(saved[0, [0, 4]], [0.0, 0.4])


def test_weights_of_every_player_cancel_out() -> None:
    assert coalitions(6).shape == (64, 6)
    np.testing.assert_allclose(shapley_weights(6).sum(axis=0), 0, atol=1e-12)


def test_among_causes_that_were_both_needed_the_larger_deviation_is_named() -> None:
    def named(shares: dict[str, float], deviations: dict[str, float]) -> str:
        given = np.array([[shares.get(name, 0.0) for name in (*SHORTAGE_CAUSES, "unknown")]])
        taken = np.array([[deviations.get(name, 0.0) for name in SHORTAGE_CAUSES[:5]]])
        return (*SHORTAGE_CAUSES, "unknown")[main_cause(given, taken)[0]]

    assert (
        named({"demand_spike": 0.5, "late_supplier": 0.5}, {"demand_spike": 30, "late_supplier": 90}) == "late_supplier"
    )
    assert (
        named({"demand_spike": 0.6, "late_supplier": 0.4}, {"demand_spike": 30, "late_supplier": 90}) == "demand_spike"
    )
    tied = {"under_forecast": 0.5, "reorder_policy": 0.5}
    assert named(tied, {"under_forecast": 40, "reorder_policy": 90}) == "under_forecast"
    assert named({"unknown": 1.0}, {}) == "unknown"


def test_unreserved_stock_that_nobody_could_pick_is_suspected_until_the_next_count() -> None:
    tables, truth = simulate(World(n_products=4, causes=("stock_record_error",)), seed=304)
    lost = truth[truth["cause"] == "stock_record_error"].sort_values("day")
    now = (pd.Timestamp(START) + pd.Timedelta(days=int(lost["day"].iloc[0]) + 7)).to_pydatetime()
    known = as_of(tables, now)
    is_before = known["stock_counts"]["counted_at"] < now - pd.Timedelta(days=7)
    known["stock_counts"] = known["stock_counts"][is_before]
    book = book_of(known, now)
    found = short_lines(book)
    told = attribute(book, found).assign(order_id=book.lines["order_id"].to_numpy()[found["row"]])
    causes = told.merge(lost, on="order_id", suffixes=("", "_true"))["cause"]
    assert (causes == "stock_record_error").mean() > 0.7
    assert len(causes) >= 3


def test_a_count_of_the_next_morning_tells_what_the_book_showed() -> None:
    tables, _ = simulate(World(n_products=1, causes=("unknown",)), seed=304)
    counted = pd.Timestamp(START) + pd.Timedelta(days=100, hours=6)
    row = {"product_id": "P0000", "warehouse_id": "W1", "counted_at": counted, "recorded": 90.0, "counted": 20.0}
    book = book_of({**tables, "stock_counts": pd.DataFrame([row])}, NOW)
    day_before = np.array([int((counted - pd.Timedelta(hours=12)).timestamp())])
    codes, nothing_left = np.zeros(1, np.int64), np.zeros(1)
    assert record_errors(book, codes, day_before - 10 * DAY, day_before, nothing_left)[1] == pytest.approx(70)
    week_before = day_before - 7 * DAY
    assert record_errors(book, codes, week_before - 10 * DAY, week_before, nothing_left)[1] == pytest.approx(0)


def test_a_fraction_in_the_book_is_no_unit_on_the_shelf() -> None:
    nothing = np.zeros(2)
    around = Reach(left=np.array([0.9, 0.9]), free=np.array([0.9, 0.9]), elsewhere=nothing)
    told = around.allocation(np.array([0, 1]), np.zeros(2, np.int64), np.array([1.0, 1.5]), nothing)
    assert told == pytest.approx([0.0, 0.9])


@pytest.fixture(scope="module")
def simulated() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Attributed short lines of an unseen simulation, and the truth."""
    tables, truth = simulate(World(n_products=56), seed=301)
    book = book_of(tables, NOW)
    found = short_lines(book)
    told = pd.concat([found, attribute(book, found)], axis=1)
    rows = found["row"].to_numpy(int)
    told["order_id"] = book.lines["order_id"].to_numpy()[rows]
    return told, truth


def test_every_short_line_is_found_and_none_else(simulated: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    told, truth = simulated
    sure = set(told.loc[told["anomaly_score"] > 0, "order_id"])
    assert set(truth["order_id"]) <= sure


def test_shares_lie_between_0_and_1_and_add_up_to_1(simulated: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    shares = simulated[0][SHARES].to_numpy()
    assert shares.min() >= -1e-9
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-6)


def test_the_identity_reconciles_to_the_unit(simulated: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    assert (simulated[0]["residual"].abs() < 1).mean() > 0.99


def test_planted_causes_are_named(simulated: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    told, truth = simulated
    both = truth.merge(told, on="order_id", suffixes=("_true", ""))
    known = both[both["cause_true"] != "unknown"]
    right = known["cause"] == known["cause_true"]
    assert right.mean() > 0.9
    assert right.groupby(known["cause_true"]).mean().min() > 0.6


def test_ordinary_variability_is_mostly_not_blamed_on_anyone() -> None:
    tables, _ = simulate(World(n_products=40, causes=("unknown",), service=1.3), seed=302)
    book = book_of(tables, NOW)
    found = short_lines(book)
    told = pd.concat([found, attribute(book, found)], axis=1)
    assert told["share_late_supplier"].mean() < 0.05
    assert told["share_stock_record_error"].mean() < 0.05
    assert told["share_allocation"].mean() < 0.1
    assert told["share_unknown"].mean() > 0.4


def test_missing_tables_leave_their_causes_unjudged() -> None:
    assert not_judged({"inventory", "purchase_orders", "stock_counts"}) == []
    assert not_judged({"inventory"}) == ["late_supplier", "stock_record_error", "reorder_policy"]
    assert set(not_judged(set())) == {"late_supplier", "stock_record_error", "reorder_policy", "allocation"}


def orders(lines: list[dict]) -> dict[str, pd.DataFrame]:
    """Return orders and lines from rows that hold both."""
    frame = pd.DataFrame(lines)
    head = ["order_id", "customer_id", "ordered_at", "status", "promised_at", "shipped_at"]
    return {
        "orders": frame[head].drop_duplicates("order_id"),
        "order_lines": frame[["order_id", "line_no", "product_id", "quantity", "unit_price", "shipped_quantity"]],
    }


def line(order_id: str, day: int, **given: object) -> dict:
    """Return one order line of 10 pieces, shipped in full two days later."""
    ordered = datetime(2025, 3, day, 10)
    row = {
        "order_id": order_id,
        "line_no": 1,
        "product_id": "P",
        "customer_id": "C",
        "ordered_at": ordered,
        "status": "shipped",
        "promised_at": ordered + pd.Timedelta(days=5),
        "shipped_at": ordered + pd.Timedelta(days=2),
        "quantity": 10.0,
        "unit_price": 2.5,
        "shipped_quantity": 10.0,
    }
    return {**row, **given}


def test_orders_alone_tell_what_shipped_short_and_leave_causes_open() -> None:
    tables = orders([line("A", 1), line("B", 2, shipped_quantity=4.0), *(line(f"X{k}", 1 + k) for k in range(9))])
    context = context_of(tables, datetime(2025, 4, 1))
    name = DETECTORS["stock_shortage"].find(context)
    rows = context.connection.execute(f"select order_id, variant, cause, impact, evidence from {name}").fetchall()
    assert [row[0] for row in rows] == ["B"]
    assert rows[0][2] == "unknown"
    assert rows[0][3] == pytest.approx(15.0)
    assert "Shipped 4 of 10" in sentence(DETECTORS["stock_shortage"].reasons[rows[0][1]], rows[0][4])
    stockouts = context.connection.execute("select * from stockouts").df()
    assert stockouts[SHARES].sum(axis=1).to_list() == pytest.approx([1.0])


def test_a_cause_is_provisional_until_four_weeks_of_later_demand_are_known() -> None:
    tables = orders([line("B", 2, shipped_quantity=4.0), *(line(f"X{k}", 1 + k) for k in range(9))])
    for now, is_early in ((datetime(2025, 3, 20), True), (datetime(2025, 4, 6), False)):
        context = context_of(tables, now)
        DETECTORS["stock_shortage"].find(context)
        told = context.connection.execute("select is_provisional from shortage_stories").fetchall()
        assert told == [(is_early,)]


def test_what_is_not_short_is_not_told() -> None:
    tables = orders(
        [
            line("unknown", 1, shipped_quantity=None),
            line("over", 2, shipped_quantity=12.0),
            line("rounding", 3, quantity=120.0, shipped_quantity=119.6),
            line("cancelled", 4, status="cancelled", shipped_quantity=0.0),
            line("picking", 27, status="picked", shipped_at=None, shipped_quantity=0.0),
            *(line(f"fee{k}", 5 + k, product_id="FREIGHT", shipped_quantity=0.0) for k in range(6)),
        ]
    )
    context = context_of(tables, datetime(2025, 4, 1))
    name = DETECTORS["stock_shortage"].find(context)
    told = context.connection.execute(f"select order_id from {name} where anomaly_score >= 0").fetchall()
    assert told == []
