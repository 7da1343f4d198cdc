"""Customer data: each sort of error beside the legitimate thing that looks like it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.models.order_history import OrderHistory

LATE = datetime(2025, 9, 20, 10, 3)
KIND = "customer_info"


@pytest.fixture
def history() -> OrderHistory:
    return OrderHistory()


def score(history: OrderHistory, customer: int, **changes: Any) -> float:
    """Return the score of one more order with ``changes`` in its header."""
    return history.score(KIND, history.add(customer, LATE, **changes))


def test_a_healthy_history_is_silent(history: OrderHistory) -> None:
    assert history.findings(KIND).empty


@pytest.mark.parametrize("field", ["ship_to_name", "ship_to_address", "ship_to_city", "ship_to_postal_code"])
def test_a_missing_field(history: OrderHistory, field: str) -> None:
    assert score(history, 3, **{field: None}) > 0.8


def test_a_field_the_channel_never_fills(history: OrderHistory) -> None:
    for key, order in history.orders.items():
        if order["channel"] == "web":
            history.orders[key]["ship_to_phone"] = None
    assert history.findings(KIND).empty


def test_a_field_that_is_optional(history: OrderHistory) -> None:
    for n, order in enumerate(history.orders.values()):
        if n % 9 == 0:
            order["ship_to_phone"] = None
    assert history.findings(KIND).query("score >= 0.5").empty


def test_a_field_this_customer_never_gives(history: OrderHistory) -> None:
    for order in history.orders.values():
        if order["customer_id"] == "C004":
            order["ship_to_region"] = None
    assert history.findings(KIND).query("score >= 0.5").empty


@pytest.mark.parametrize("text", ["n/a", "test", "xxx", "待定", "-"])
def test_a_placeholder(history: OrderHistory, text: str) -> None:
    assert score(history, 5, ship_to_address=text) > 0.9


def test_a_placeholder_phone(history: OrderHistory) -> None:
    assert score(history, 5, ship_to_phone="000000") > 0.9


def test_a_name_that_only_contains_a_placeholder(history: OrderHistory) -> None:
    assert score(history, 5, ship_to_name="Test Equipment Northern GmbH") < 0.5


@pytest.mark.parametrize(("customer", "code"), [(4, "20000"), (0, "9810"), (2, "2009"), (5, "EC1A"), (4, "2OOOO1")])
def test_a_malformed_postal_code(history: OrderHistory, customer: int, code: str) -> None:
    assert score(history, customer, ship_to_postal_code=code) > 0.9


@pytest.mark.parametrize(("customer", "code"), [(4, "２００００１"), (5, "ec1a1bb"), (0, "98101-2034"), (2, "D-20095")])
def test_another_way_to_write_the_same_postal_code(history: OrderHistory, customer: int, code: str) -> None:
    assert score(history, customer, ship_to_postal_code=code) < 0.3


def test_digits_swapped_in_the_postal_code(history: OrderHistory) -> None:
    assert score(history, 0, ship_to_postal_code="98110") > 0.9


def test_the_city_of_another_place(history: OrderHistory) -> None:
    assert score(history, 0, ship_to_city="Chicago") > 0.85


def test_a_new_branch(history: OrderHistory) -> None:
    branch = {"address": "77 Lake Street", "city": "Chicago", "region": "IL", "postal_code": "60601"}
    assert score(history, 0, **{f"ship_to_{k}": v for k, v in branch.items()}) < 0.3


def test_a_drop_shipment(history: OrderHistory) -> None:
    place = {"name": "Jane Miller", "address": "5 Elm Road", "city": "Portland", "region": "OR", "postal_code": "97201"}
    assert score(history, 0, **{f"ship_to_{k}": v for k, v in place.items()}, ship_to_phone="+1 503 555 0188") < 0.3


def test_a_move(history: OrderHistory) -> None:
    place = {"address": "400 Union Street", "city": "Seattle", "region": "WA", "postal_code": "98104"}
    for n in range(5):
        history.add(0, LATE - timedelta(days=6 * n), **{f"ship_to_{k}": v for k, v in place.items()})
    assert history.findings(KIND).empty


def test_a_house_number_mistyped(history: OrderHistory) -> None:
    street = history.customers[1]["address"].replace("19", "91")
    assert score(history, 1, ship_to_address=street) > 0.5


@pytest.mark.parametrize(
    ("customer", "street"),
    [(0, "12 PINE ST."), (2, "Mönckebergstr. 26"), (4, "南京东路４０号"), (5, "47  Aldersgate  St")],
)
def test_another_way_to_write_the_same_street(history: OrderHistory, customer: int, street: str) -> None:
    assert score(history, customer, ship_to_address=street) < 0.3


def test_an_address_cut_in_the_middle_of_a_word(history: OrderHistory) -> None:
    assert score(history, 5, ship_to_address="47 Aldersga") > 0.85


def test_many_values_cut_at_one_width_are_a_systems_fault(history: OrderHistory) -> None:
    for n, customer in enumerate((5, 11, 17, 23, 3, 9)):
        name = history.customers[customer]["address"]
        history.add(customer, LATE + timedelta(minutes=51 * n), ship_to_address=name[:9])
    found = history.findings(KIND)
    assert (found["score"] > 0.9).sum() >= 4
    assert "system_fault" in set(found["cause"])


def test_a_name_without_its_legal_form(history: OrderHistory) -> None:
    assert score(history, 5, ship_to_name=history.customers[5]["name"].removesuffix(" Ltd")) < 0.5


@pytest.mark.parametrize("phone", ["+1 206 555", "+1 206 555 01111111", "206-555-O1"])
def test_a_phone_that_cannot_be_dialled(history: OrderHistory, phone: str) -> None:
    assert score(history, 0, ship_to_phone=phone) > 0.8


def test_a_phone_with_digits_swapped(history: OrderHistory) -> None:
    assert score(history, 0, ship_to_phone=history.customers[0]["phone"].replace("206", "260")) > 0.8


@pytest.mark.parametrize("phone", ["(206) 555-0111", "0012065550111", "+1 206 555 0111 ext 4", "+1 425 555 0142"])
def test_another_way_to_write_a_phone_or_another_phone(history: OrderHistory, phone: str) -> None:
    assert score(history, 0, ship_to_phone=phone) < 0.5


def test_garbled_characters(history: OrderHistory) -> None:
    assert score(history, 3, ship_to_city="M�nchen") > 0.9


def test_what_the_master_has_wrong_is_said_to_be_stale(history: OrderHistory) -> None:
    history.customers[6]["postal_code"] = "98011"
    for key in [k for k, order in history.orders.items() if order["customer_id"] == "C006"][-1:]:
        history.orders[key]["ship_to_postal_code"] = "98011"
    found = history.findings(KIND)
    assert found["cause"].tolist() == ["stale_master_data"]
