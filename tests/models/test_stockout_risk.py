"""What runs out next: dates, receipts and calibrated chances."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from models.detectors import DETECTORS
from models.findings import sentence
from models.shortages.calibration import book_at, fit, past_chances, ran_out
from models.shortages.lateness import Lateness
from models.shortages.ledger import DAY
from models.shortages.projection import project
from tests.models.stock_simulator import DAYS, START, World, simulate
from tests.models.stock_tables import as_of, book_of, context_of

NOW = datetime(2025, 6, 30)
FINDER = DETECTORS["stockout_risk"]


def steady(product_id: str, until: datetime = NOW, per_day: float = 5.0) -> list[dict]:
    """Return one shipped line a day for half a year."""
    days = [until - timedelta(days=k) for k in range(1, 181)]
    return [
        {
            "order_id": f"{product_id}{day:%m%d}",
            "customer_id": "C",
            "ordered_at": day + timedelta(hours=9),
            "status": "shipped",
            "shipped_at": day + timedelta(hours=15),
            "line_no": 1,
            "product_id": product_id,
            "quantity": per_day,
            "unit_price": 2.0,
            "shipped_quantity": per_day,
        }
        for day in days
    ]


def tables_of(
    lines: list[dict], stock: dict[str, float], purchases: list[dict] | None = None
) -> dict[str, pd.DataFrame]:
    frame = pd.DataFrame(lines)
    head = ["order_id", "customer_id", "ordered_at", "status", "shipped_at"]
    tables = {
        "orders": frame[head],
        "order_lines": frame[["order_id", "line_no", "product_id", "quantity", "unit_price", "shipped_quantity"]],
        "products": pd.DataFrame(
            [{"product_id": name, "name": name, "list_price": 4.0, "lead_time_days": 20} for name in stock]
        ),
        "inventory": pd.DataFrame(
            [{"product_id": name, "as_of": NOW, "on_hand": units} for name, units in stock.items()]
        ),
    }
    return {**tables, "purchase_orders": pd.DataFrame(purchases)} if purchases else tables


def purchase(
    product_id: str, due: datetime, quantity: float, received: datetime | None = None, po_id: str = "PO9"
) -> dict:
    return {
        "po_id": po_id,
        "product_id": product_id,
        "supplier_id": "S",
        "quantity": quantity,
        "ordered_at": due - timedelta(days=20),
        "promised_at": due,
        "received_at": received,
        "received_quantity": quantity if received else None,
    }


def found(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    context = context_of(tables, NOW)
    return context.connection.execute(f"select * from {FINDER.find(context)}").df().set_index("product_id")


def punctual(product_id: str) -> list[dict]:
    """Return receipts of the past that came on their day."""
    days = [datetime(2025, 1, 5) + timedelta(days=9 * k) for k in range(18)]
    return [purchase(product_id, day, 1.0, day, f"old{k}") for k, day in enumerate(days)]


def test_the_date_and_the_next_receipt_are_named() -> None:
    tables = tables_of(steady("P"), {"P": 25.0}, [*punctual("P"), purchase("P", NOW + timedelta(days=14), 200.0)])
    row = found(tables).loc["P"]
    assert row["variant"] == "before_receipt"
    told = sentence(FINDER.reasons[row["variant"]], row["evidence"])
    assert "PO9, 200 units" in told
    assert "2025-07-05" in told
    assert row["anomaly_score"] > 2
    assert row["impact"] == pytest.approx(4.0 * (14 * 5 - 25), rel=0.35)


def test_enough_stock_or_a_receipt_in_time_is_no_risk() -> None:
    purchases = [*punctual("Q"), purchase("Q", NOW + timedelta(days=2), 500.0)]
    tables = tables_of([*steady("P"), *steady("Q")], {"P": 900.0, "Q": 40.0}, purchases)
    told = found(tables)
    assert "P" not in told.index
    assert "Q" not in told.index or told.loc["Q", "anomaly_score"] < 0


def test_products_no_longer_sold_and_without_stock_records_are_left_out() -> None:
    tables = tables_of(
        [*steady("OLD", NOW - timedelta(days=150)), *steady("FEE"), *steady("P")], {"OLD": 0.0, "P": 3.0}
    )
    assert found(tables).index.tolist() == ["P"]


def test_without_purchase_orders_it_says_so() -> None:
    row = found(tables_of(steady("P"), {"P": 30.0})).loc["P"]
    assert row["variant"] == "orders_unknown"


def test_stock_that_is_held_back_is_not_free() -> None:
    tables = tables_of(steady("P"), {"P": 400.0})
    assert "P" not in found(tables).index
    tables["inventory"]["reserved"] = 395.0
    row = found(tables).loc["P"]
    assert row["anomaly_score"] > 1
    assert row["evidence"].count('"owed": 395.0') == 1


def test_a_line_sent_short_from_a_full_book_found_the_shelf_empty() -> None:
    lines = steady("P")
    lines[0] = {**lines[0], "shipped_quantity": 2.0}
    tables = tables_of(lines, {"P": 400.0})
    days = pd.date_range(NOW - timedelta(days=60), NOW)
    tables["inventory"] = pd.DataFrame({"product_id": "P", "as_of": days, "on_hand": 400.0, "reserved": 0.0})
    count = {"product_id": "P", "recorded": 400.0, "counted": 400.0}
    before = {**tables, "stock_counts": pd.DataFrame([{**count, "counted_at": NOW - timedelta(days=40)}])}
    since = {**tables, "stock_counts": pd.DataFrame([{**count, "counted_at": NOW - timedelta(hours=2)}])}
    assert project(book_of(before, NOW)).on_hand[0] < 10
    assert project(book_of(since, NOW)).on_hand[0] == pytest.approx(400.0)


def test_a_forecast_that_has_been_wrong_for_weeks_is_trusted_less() -> None:
    tables = tables_of(steady("P"), {"P": 400.0})
    weeks = pd.date_range(NOW - timedelta(days=7 * 12), NOW + timedelta(days=70), freq="7D")
    right = pd.DataFrame({"product_id": "P", "period_start": weeks, "quantity": 35.0})
    low = right.assign(quantity=12.0)
    assert project(book_of({**tables, "forecasts": right}, NOW)).daily[0, :28].mean() == pytest.approx(5.0, rel=0.02)
    assert project(book_of({**tables, "forecasts": low}, NOW)).daily[0, :28].mean() > 4.0


def test_one_order_far_beyond_the_usual_is_not_planned_for_but_a_new_habit_is() -> None:
    usual, once, often = steady("P"), steady("P"), steady("P")
    once[40] = {**once[40], "quantity": 900.0, "shipped_quantity": 900.0}
    often[:40] = [{**line, "quantity": 40.0, "shipped_quantity": 40.0} for line in often[:40]]
    monthly = [{**line, "quantity": 100.0} if k % 28 == 9 else line for k, line in enumerate(steady("P"))]
    before, after, later, bulk = (
        project(book_of(tables_of(lines, {"P": 4000.0}), NOW)) for lines in (usual, once, often, monthly)
    )
    assert after.daily[0].mean() == pytest.approx(before.daily[0].mean(), rel=0.02)
    assert after.deviation[0] < before.deviation[0] + 1
    assert later.daily[0].mean() > 3 * before.daily[0].mean()
    assert bulk.daily[0].mean() == pytest.approx(5 + 95 / 28, rel=0.25), "bulk bought every month is planned for"


def test_what_came_of_earlier_chances_sets_later_ones_right() -> None:
    chance = np.random.default_rng(5)
    told = chance.beta(1, 2, 4000)
    line = fit(told, chance.random(4000) < told**2)
    for given in (0.2, 0.5, 0.8):
        assert line.of(np.array([given]))[0] == pytest.approx(given**2, abs=0.07)
    untouched = fit(np.zeros(0), np.zeros(0, bool))
    assert untouched.of(np.array([0.3]))[0] == pytest.approx(0.3)


def test_the_book_at_an_earlier_time_knows_nothing_later() -> None:
    tables, _ = simulate(World(n_products=10), seed=11)
    then = START + timedelta(days=210)
    told = project(book_at(book_of(tables, START + timedelta(days=DAYS)), int(pd.Timestamp(then).timestamp())))
    known = project(book_of(as_of(tables, then), then))
    assert told.codes.tolist() == known.codes.tolist()
    assert told.on_hand == pytest.approx(known.on_hand)
    assert told.owed == pytest.approx(known.owed)
    assert told.receipts == pytest.approx(known.receipts, abs=1.0)
    assert told.chance_short == pytest.approx(known.chance_short, abs=0.05)


def test_running_out_is_seen_in_lines_sent_short_and_in_empty_stock() -> None:
    lines = [*steady("P"), *steady("Q"), *steady("R")]
    lines[3] = {**lines[3], "shipped_quantity": 2.0}
    tables = tables_of(lines, {"P": 9.0, "Q": 0.0, "R": 9.0})
    book = book_of(tables, NOW)
    now = np.full(3, book.clock)
    assert ran_out(book, np.arange(3), now - 10 * DAY, now).tolist() == [True, True, False]
    assert len(past_chances(book)[0]) == 0


def test_a_receipt_overdue_is_expected_later_the_later_its_supplier_is() -> None:
    suppliers = pd.Series(["prompt"] * 40 + ["slow"] * 40)
    days = np.array([0.0] * 40 + [10.0] * 20 + [20.0] * 20)
    lateness = Lateness(suppliers, days)
    arrived = lateness.arrived_by(pd.Series(["prompt", "slow", "slow"]), np.array([1.0, 1.0, -12.0]), 30)
    assert arrived[0, 1] > 0.7
    assert arrived[1, 1] < 0.2
    assert arrived[1, 12] == pytest.approx(0.5, abs=0.15)
    assert arrived[2, 7] < 0.4
    assert arrived[2, 9] > 0.6
    assert (np.diff(arrived, axis=1) >= 0).all()


def test_chances_are_calibrated_on_a_simulated_company() -> None:
    horizon, chances, truths = 14, [], []
    tables, _ = simulate(World(n_products=60, causes=("unknown",), service=0.6), seed=303)
    short = tables["order_lines"].query("shipped_quantity < quantity").merge(tables["orders"], on="order_id")
    stock = tables["inventory"].groupby(["product_id", "as_of"], as_index=False)["on_hand"].sum()
    for day in range(120, DAYS - 30, 28):
        now = START + timedelta(days=day)
        book = book_of(as_of(tables, now), now)
        ahead = project(book)
        days = np.minimum(ahead.lead_days, horizon)
        inside = np.arange(ahead.chance_short.shape[1])[None, :] < days[:, None]
        chances += np.where(inside, ahead.chance_short, 0).max(axis=1).tolist()
        for product, span in zip(book.product_index[ahead.codes], days, strict=True):
            until = now + timedelta(days=int(span))
            is_short = ((short["product_id"] == product) & short["shipped_at"].between(now, until)).any()
            here = stock[(stock["product_id"] == product) & stock["as_of"].between(now, until)]
            truths.append(bool(is_short or (here["on_hand"].iloc[1:] <= 0).any()))
    chance, truth = np.array(chances), np.array(truths, float)
    brier, climate = np.mean((chance - truth) ** 2), truth.mean() * (1 - truth.mean())
    assert brier < 0.8 * climate
    assert abs(chance.mean() - truth.mean()) < 0.04
