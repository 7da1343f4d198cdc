"""One order judged before it is entered: held for a reason, or let through; nothing is stored."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from data.casebook import Actor, Casebook
from data.errors import InvalidInputError
from data.settings import Settings
from data.warehouse import Warehouse
from models.entry import check_order, check_orders, keep_checked
from tests.models.order_history import NOW, OrderHistory, load

SETTINGS = Settings()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    with Warehouse(folder, SETTINGS).build() as build:
        load(build.connection, OrderHistory().tables())
    return folder


def usual(**changes: Any) -> dict[str, Any]:
    """An order like the earlier ones of the same customer, as JSON gives it."""
    history = OrderHistory()
    key = history.add(3, NOW - timedelta(hours=5))
    header = {k: v for k, v in history.orders[key].items() if k not in ("order_id", "order_number", "updated_at")}
    header |= {"status": "new", "shipped_at": None, "delivered_at": None}
    lines = [{k: line[k] for k in ("product_id", "quantity", "unit_price")} for line in history.lines[key]]
    order: dict[str, Any] = json.loads(json.dumps({**header, "lines": lines}, default=str))
    return {**order, **changes}


def check(home: Path, order: object) -> dict[str, Any]:
    return check_order(Warehouse(home, SETTINGS), Casebook.open(home, SETTINGS), SETTINGS, order)


def test_an_order_like_the_others_is_let_through(home: Path) -> None:
    verdict = check(home, usual())
    assert verdict["verdict"] == "accept", verdict["findings"]


def test_an_order_whose_total_is_wrong_is_held_with_the_numbers(home: Path) -> None:
    verdict = check(home, usual(total_amount=99_999))
    assert verdict["verdict"] == "hold"
    finding = next(found for found in verdict["findings"] if found["kind"] == "order_info")
    assert "99,999" in finding["reason"]
    assert finding["action"]


def test_an_order_for_nobody_known_is_held(home: Path) -> None:
    verdict = check(home, usual(customer_id="C999"))
    assert verdict["verdict"] == "hold"


def quickly(home: Path, given: object) -> list[dict[str, Any]]:
    return check_orders(Warehouse(home, SETTINGS), Casebook.open(home, SETTINGS), SETTINGS, given)


def test_a_quick_check_finds_the_same_faults(home: Path) -> None:
    good, wrong_total, nobody = (
        quickly(home, order)[0] for order in (usual(), usual(total_amount=99_999), usual(customer_id="C999"))
    )
    assert good["verdict"] == "accept", good["findings"]
    assert "order_info" in {found["kind"] for found in wrong_total["findings"]}
    assert nobody["verdict"] == "hold"


def test_orders_of_one_call_are_known_to_each_other(home: Path) -> None:
    at = (NOW - timedelta(hours=1)).isoformat()
    soon = (NOW - timedelta(minutes=58)).isoformat()
    batch = [usual(order_id="N1", ordered_at=at, customer_po="77123"), usual(order_id="N2", ordered_at=soon,
             customer_po="77123")]  # fmt: skip
    first, second = quickly(home, batch)
    assert not first["duplicates"]
    assert second["duplicates"][0]["duplicate_of"] == "N1"
    assert second["duplicates"][0]["probability"] >= 0.5
    assert second["verdict"] == "hold"
    assert {"name", "level", "weight"} == set(second["duplicates"][0]["reasons"][0])


def test_what_was_entered_after_a_check_is_known_to_the_next(home: Path, tmp_path: Path) -> None:
    casebook, desk = Casebook.open(tmp_path, SETTINGS), Actor("desk", "order_entry", "api")
    warehouse = Warehouse(home, SETTINGS)
    first = usual(ordered_at=(NOW - timedelta(hours=2)).isoformat(), customer_po="88456")
    again = usual(ordered_at=(NOW - timedelta(hours=1)).isoformat(), customer_po="88456", channel="phone")
    verdicts = check_orders(warehouse, casebook, SETTINGS, first)
    keep_checked(casebook, desk, first, verdicts)
    assert not check_orders(warehouse, casebook, SETTINGS, again)[0]["duplicates"]
    casebook.order_checks.enter(desk, verdicts[0]["check_id"], "SO-NEW")
    found = check_orders(warehouse, casebook, SETTINGS, again)[0]
    assert found["duplicates"][0]["duplicate_of"] == "SO-NEW"
    assert found["verdict"] == "hold"
    with pytest.raises(InvalidInputError, match="check_id"):
        casebook.order_checks.enter(desk, verdicts[0]["check_id"], "SO-NEW-2")


def test_without_a_currency_the_customers_usual_one_is_meant(home: Path) -> None:
    order = usual()
    order.pop("currency", None)
    found = quickly(home, order)[0]
    assert "price_error" not in {finding["kind"] for finding in found["findings"]}


def test_a_batch_names_the_order_of_each_wrong_field(home: Path) -> None:
    with pytest.raises(InvalidInputError) as wrong:
        quickly(home, [usual(), usual(lines=[{"product_id": "P1"}])])
    assert [path for path, _ in wrong.value.faults] == ["orders.1.lines.0.quantity", "orders.1.lines.0.unit_price"]


def test_a_check_leaves_the_store_as_it_was(home: Path) -> None:
    warehouse = Warehouse(home, SETTINGS)
    before = warehouse.version()
    check(home, usual())
    assert warehouse.version() == before
    with warehouse.read() as connection:
        assert connection.execute("select count(*) from orders where order_id = '(new order)'").fetchone() == (0,)


@pytest.mark.parametrize(
    ("order", "named"),
    [
        ([], "order"),
        ({}, "customer_id"),
        (usual(lines=[]), "lines"),
        (usual(lines=[{"product_id": "P1", "quantity": "many", "unit_price": 1}]), "lines.0.quantity"),
        (usual(colour="red"), "colour"),
        (usual(ordered_at="yesterday"), "ordered_at"),
        (usual(order_id="O00100"), "order_id"),
    ],
)
def test_bad_input_names_each_field(home: Path, order: object, named: str) -> None:
    with pytest.raises(InvalidInputError, match=named):
        check(home, order)
