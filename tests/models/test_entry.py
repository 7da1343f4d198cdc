"""One order judged before it is entered: held for a reason, or let through; nothing is stored."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from data.casebook import Casebook
from data.errors import InvalidInputError
from data.settings import Settings
from data.warehouse import Warehouse
from models.entry import check_order
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
