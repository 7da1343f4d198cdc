"""Two orders become one: what is asked, what comes out, and that nothing gets lost on the way."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import InvalidInputError
from data.settings import Settings
from data.warehouse import Warehouse
from models.merging import (
    LINE_ANSWERS,
    Choices,
    Original,
    as_stored,
    customer_questions,
    line_pairs,
    merge_customers,
    merge_orders,
    order_questions,
    order_to_keep,
    read_customer,
    read_order,
)
from tests.dashboard.sample_analytics import fill


def line(line_no: int, product_id: str, quantity: float, price: float = 10.0, **more: object) -> dict[str, object]:
    return {
        "line_no": line_no,
        "product_id": product_id,
        "quantity": quantity,
        "unit_price": price,
        "discount": 0.0,
    } | {
        "shipped_quantity": None,
        "warehouse_id": "W1",
        **more,
    }


def order(name: str, lines: list[dict[str, object]], paid: float = 0.0, **fields: object) -> Original:
    payments = [{"payment_id": f"P-{name}", "amount": paid, "status": "paid"}] if paid else []
    ordered = {"ordered_at": "2026-06-01T10:00:00", "status": "new", "currency": "EUR", "total_amount": 100.0}
    return Original(name, {**ordered, **fields}, lines, payments)


FIRST = order("A", [line(1, "P1", 5), line(2, "P2", 5)], ship_to_city="Kiel", customer_po="4711")
SECOND = order(
    "B", [line(1, "P2", 7), line(2, "P3", 2)], ship_to_city=" kiel", customer_po=None, ordered_at="2026-06-01T10:05:00"
)


def changed(result: dict[str, object], record: str) -> list[tuple[object, ...]]:
    names = ("record_id", "line_no", "field", "before", "after")
    return [tuple(row[name] for name in names) for row in result["changes"] if row["record"] == record]


def test_equal_orders_ask_nothing_and_the_second_is_cancelled() -> None:
    twin = replace(FIRST, name="B")
    questions = order_questions(FIRST, twin)
    assert (questions.fields, questions.has_lines, questions.shipped, questions.paid) == ({}, False, (), ())
    result = merge_orders(FIRST, twin, Choices({}))
    assert changed(result, "orders") == [("B", None, "status", "new", "cancelled")]
    assert changed(result, "order_lines") == []
    assert result["lines"] == FIRST.lines


def test_spelling_is_no_conflict_and_blanks_are_filled() -> None:
    assert order_questions(FIRST, SECOND).fields == {}
    result = merge_orders(SECOND, FIRST, Choices({}, lines="kept"))
    assert ("B", None, "customer_po", None, "4711") in changed(result, "orders")


@pytest.mark.parametrize(
    ("answer", "quantities", "total"),
    [
        ("kept", {"P1": 5, "P2": 5}, 100),
        ("merged", {"P2": 7, "P3": 2}, 90),
        ("sum", {"P1": 5, "P2": 12, "P3": 2}, 190),
        ("largest", {"P1": 5, "P2": 7, "P3": 2}, 140),
    ],
)
def test_lines_as_they_are_chosen(answer: str, quantities: dict[str, float], total: float) -> None:
    result = merge_orders(FIRST, SECOND, Choices({}, lines=answer))
    assert {row["product_id"]: row["quantity"] for row in result["lines"]} == quantities
    assert result["total_amount"] == total
    numbers = [row["line_no"] for row in result["lines"]]
    assert len(set(numbers)) == len(numbers)
    if answer == "sum":
        assert changed(result, "order_lines") == [
            ("A", 2, "quantity", 5, 12),
            ("A", 3, "product_id", None, "P3"),
            ("A", 3, "quantity", None, 2),
            ("A", 3, "unit_price", None, 10.0),
            ("A", 3, "discount", None, 0.0),
        ]


@pytest.mark.parametrize(
    ("kept", "merged", "choices", "words"),
    [
        (FIRST, SECOND, Choices({}), "lines to keep"),
        (FIRST, SECOND, Choices({}, lines="both"), "got 'both'"),
        (FIRST, replace(FIRST, fields={**FIRST.fields, "ship_to_city": "Ulm"}), Choices({}), "keep of: ship_to_city"),
        (FIRST, order("C", FIRST.lines, paid=20), Choices({}), "what was paid"),
        (FIRST, order("C", FIRST.lines, status="shipped"), Choices({}), "have shipped"),
        (
            order("S", FIRST.lines, status="shipped"),
            order("C", FIRST.lines, status="shipped"),
            Choices({}, shipped="count_as_delivery"),
            "Allowed: take_back",
        ),
        (
            FIRST,
            order("C", SECOND.lines, currency="USD"),
            Choices({"currency": "kept"}, lines="sum"),
            "two currencies",
        ),
    ],
)
def test_an_open_question_stops_the_merge(kept: Original, merged: Original, choices: Choices, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        merge_orders(kept, merged, choices)


def test_what_was_paid_is_transferred_or_refunded() -> None:
    paid = order("C", FIRST.lines, paid=100)
    transfer = merge_orders(FIRST, paid, Choices({}, paid="transfer"))
    assert changed(transfer, "payments") == [("P-C", None, "order_id", "C", "A")]
    refund = merge_orders(FIRST, paid, Choices({}, paid="refund"))
    assert changed(refund, "payments") == [("P-C", None, "refund", None, 100)]


def test_goods_that_have_shipped_come_back_or_count() -> None:
    shipped = order("C", FIRST.lines, status="shipped", shipped_at="2026-06-03T08:00:00")
    back = merge_orders(FIRST, shipped, Choices({}, shipped="take_back"))
    assert changed(back, "orders") == [("C", None, "status", "shipped", "returned")]
    counted = merge_orders(FIRST, shipped, Choices({}, shipped="count_as_delivery"))
    assert ("A", None, "status", "new", "shipped") in changed(counted, "orders")
    assert ("C", None, "status", "shipped", "cancelled") in changed(counted, "orders")


def test_the_order_to_keep() -> None:
    shipped, paid = order("S", [], status="delivered"), order("P", [], paid=1)
    assert order_to_keep(FIRST, SECOND) == (FIRST, SECOND)
    assert order_to_keep(SECOND, FIRST) == (FIRST, SECOND)
    assert order_to_keep(FIRST, paid)[0] is paid
    assert order_to_keep(paid, shipped)[0] is shipped


LINES = st.lists(
    st.builds(line, st.just(1), st.sampled_from(["P1", "P2", "P3"]), st.integers(1, 9).map(float)), max_size=5
).map(lambda lines: [{**row, "line_no": place} for place, row in enumerate(lines, 1)])


@given(LINES, LINES, st.sampled_from(LINE_ANSWERS))
@settings(max_examples=150, deadline=None)
def test_no_unit_appears_or_is_lost(left: list, right: list, answer: str) -> None:
    kept, merged = order("A", left), order("B", right)
    result = merge_orders(kept, merged, Choices({}, lines=answer))

    def units(lines: list) -> float:
        return sum(row["quantity"] for row in lines)

    pairs = line_pairs(kept, merged)
    largest = [max(side["quantity"] for side in (pair.kept, pair.merged) if side) for pair in pairs]
    sums = {"kept": units(left), "merged": units(right), "sum": units(left) + units(right), "largest": sum(largest)}
    assert units(result["lines"]) == sums[answer]
    after = {row["line_no"]: row["quantity"] for row in left}
    moved = changed(result, "order_lines")
    after |= {line_no: value for _, line_no, field, _, value in moved if field == "quantity"}
    assert sum(value or 0 for value in after.values()) == units(result["lines"]), "the changes lead to the result"


def test_customers_become_one() -> None:
    kept = Original("C1", {"name": "Baker & Sons", "phone": "1", "email": None, "credit_limit": 500.0}, [], [], 4)
    merged = Original("C2", {"name": "BAKER &  SONS", "phone": "2", "email": "b@b", "credit_limit": None}, [], [], 3)
    assert set(customer_questions(kept, merged).fields) == {"phone"}
    with pytest.raises(InvalidInputError, match="phone"):
        merge_customers(kept, merged, Choices({}))
    result = merge_customers(kept, merged, Choices({"phone": "merged"}))
    assert result["order_count"] == 7
    assert [(row["field"], row["after"]) for row in result["changes"]] == [
        ("phone", "2"),
        ("email", "b@b"),
        ("merged_into", "C1"),
        ("customer_id", "C1"),
    ]


def test_originals_are_read_as_they_are_stored(tmp_path) -> None:
    warehouse = Warehouse(tmp_path, Settings())
    with warehouse.build() as build:
        fill(build.connection)
        row = build.connection.execute("select order_id, customer_id from orders limit 1").fetchone()
    read = read_order(warehouse, row[0])
    assert read.lines
    assert read.fields["customer_id"] == row[1]
    assert isinstance(read.fields["ordered_at"], str)
    assert read_customer(warehouse, row[1]).order_count > 0
    assert as_stored(read, read)["kept"]["lines"] == read.lines
    for read_one in (read_order, read_customer):
        with pytest.raises(InvalidInputError, match="There is no"):
            read_one(warehouse, "nothing'; drop table orders")
