"""Payments: each sort of problem beside the habit that looks like it."""

from datetime import datetime, timedelta

import pytest

from tests.models.order_history import NOW, OrderHistory

KIND = "payment_problem"
OLD = datetime(2025, 6, 2, 10, 3)


@pytest.fixture
def history() -> OrderHistory:
    return OrderHistory()


def test_a_healthy_history_is_silent(history: OrderHistory) -> None:
    assert history.findings(KIND).empty


def test_unpaid_long_after_it_was_due(history: OrderHistory) -> None:
    key = history.add(3, OLD)
    history.payments[key] = []
    found = history.findings(KIND).set_index("order_id").loc[key]
    assert found["score"] > 0.9
    assert found["variant"] == "unpaid"
    assert found["impact"] == pytest.approx(history.orders[key]["total_amount"])


def test_unpaid_but_not_beyond_this_payers_habit(history: OrderHistory) -> None:
    for key, order in history.orders.items():
        if order["customer_id"] == "C005":
            paid_at = order["payment_due_at"] + timedelta(days=45)
            history.payments[key] = [history.payment(key, paid_at, order["total_amount"])] if paid_at < NOW else []
    assert history.findings(KIND).query("score >= 0.5").empty


def test_unpaid_and_due_only_yesterday(history: OrderHistory) -> None:
    key = history.add(3, NOW - timedelta(days=33))
    history.payments[key] = []
    assert history.score(KIND, key) < 0.5


def test_a_channel_that_records_no_payments(history: OrderHistory) -> None:
    for key, order in history.orders.items():
        if order["channel"] == "web":
            history.payments[key] = []
    assert history.findings(KIND).query("score >= 0.5").empty


def test_half_of_it_paid(history: OrderHistory) -> None:
    key = history.add(3, OLD)
    history.payments[key][0]["amount"] /= 2
    assert history.score(KIND, key) > 0.9


def test_instalments_that_are_not_finished_yet(history: OrderHistory) -> None:
    for key, order in history.orders.items():
        if order["customer_id"] == "C007":
            part = order["total_amount"] / 3
            times = [order["payment_due_at"] + timedelta(days=days) for days in (-20, 10, 40)]
            history.payments[key] = [
                history.payment(key, at, part, suffix=f"-{n}") for n, at in enumerate(times) if at < NOW
            ]
    assert history.findings(KIND).query("score >= 0.5").empty


def test_a_small_amount_short(history: OrderHistory) -> None:
    key = history.add(3, OLD)
    history.payments[key][0]["amount"] *= 0.9
    assert history.score(KIND, key) > 0.8


def test_bank_fees(history: OrderHistory) -> None:
    for key, order in history.orders.items():
        if order["customer_id"] in {"C004", "C010"} and history.payments[key]:
            history.payments[key][0]["amount"] = order["total_amount"] - 25
    assert history.findings(KIND).query("score >= 0.5").empty


def test_paid_twice(history: OrderHistory) -> None:
    key = history.add(3, OLD)
    first = history.payments[key][0]
    history.payments[key].append(
        history.payment(key, first["paid_at"] + timedelta(days=1), first["amount"], suffix="-2")
    )
    found = history.findings(KIND).set_index("order_id").loc[key]
    assert found["score"] > 0.9
    assert found["variant"] == "paid_twice"


def test_paid_in_two_halves(history: OrderHistory) -> None:
    key = history.add(3, OLD)
    first = history.payments[key][0]
    first["amount"] /= 2
    history.payments[key].append(history.payment(key, first["paid_at"], first["amount"], suffix="-2"))
    assert history.score(KIND, key) == 0


def test_paid_twice_and_paid_back(history: OrderHistory) -> None:
    key = history.add(3, OLD)
    first = history.payments[key][0]
    for days, amount, status in ((1, first["amount"], "paid"), (5, -first["amount"], "refunded")):
        at = first["paid_at"] + timedelta(days=days)
        history.payments[key].append(history.payment(key, at, amount, status, suffix=f"-{days}"))
    assert history.score(KIND, key) < 0.3


def test_one_transfer_for_two_orders(history: OrderHistory) -> None:
    one, other = history.add(3, OLD), history.add(3, OLD + timedelta(days=2), total_amount=1900.0)
    history.payments[one][0]["amount"] += 1900.0
    history.payments[other] = []
    found = history.findings(KIND)
    assert found[found["order_id"].isin([one, other])].query("score >= 0.5").empty


def test_a_failed_payment(history: OrderHistory) -> None:
    key = history.add(3, OLD)
    history.payments[key][0]["status"] = "failed"
    assert history.score(KIND, key) > 0.9


def test_a_failed_payment_that_was_repeated(history: OrderHistory) -> None:
    key = history.add(3, OLD)
    first = history.payments[key][0]
    failed = history.payment(key, first["paid_at"] - timedelta(days=1), first["amount"], "failed", suffix="-0")
    history.payments[key].append(failed)
    assert history.score(KIND, key) == 0


def test_over_the_credit_limit(history: OrderHistory) -> None:
    key = history.add(3, NOW - timedelta(days=8), total_amount=90_000.0)
    found = history.findings(KIND).set_index("order_id").loc[key]
    assert found["score"] > 0.6
    assert found["variant"] == "over_limit"


def test_a_limit_that_is_passed_all_the_time(history: OrderHistory) -> None:
    history.customers[3]["credit_limit"] = 900.0
    assert history.findings(KIND).query("score >= 0.5").empty
