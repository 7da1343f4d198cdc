"""Prices: each sort of mistake beside the legitimate price that looks like it."""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from tests.models.order_history import START, OrderHistory, run_finders

AT = datetime(2025, 9, 8, 10, 0)
CHANGED = datetime(2025, 7, 1)


def list_price(product_id: str) -> float:
    return round(12.34 + 7.13 * int(product_id[1:]), 2)


class PriceHistory(OrderHistory):
    """A history whose lines all bear the list price, and the price tables beside it."""

    def __init__(self) -> None:
        super().__init__(customer_count=12, orders_each=16)
        self.prices: list[dict[str, Any]] = []
        self.promotions: list[dict[str, Any]] = []
        for key in self.lines:
            self.charge(key)

    def charge(self, key: str, factor: float = 1.0) -> None:
        """Put the list price, times a factor, on every line of an order."""
        for line in self.lines[key]:
            line["unit_price"], line["discount"] = round(list_price(line["product_id"]) * factor, 2), 0.0

    def order(self, customer: int = 3, at: datetime = AT, **changes: Any) -> dict[str, Any]:
        """Add an order at list prices; return its first line."""
        key = self.add(customer, at, **changes)
        self.charge(key)
        return self.lines[key][0]

    def tables(self) -> dict[str, pd.DataFrame]:
        given = super().tables()
        given["products"]["list_price"] = given["products"]["product_id"].map(list_price)
        if self.prices:
            given["prices"] = pd.DataFrame(self.prices)
        if self.promotions:
            given["promotions"] = pd.DataFrame(self.promotions)
        return given

    def raise_prices(self, product_id: str, factor: float) -> None:
        """Let the list price of a product rise on one day, and charge it from then on."""
        old, new = list_price(product_id), round(list_price(product_id) * factor, 2)
        self.prices += [
            {
                "product_id": product_id,
                "valid_from": START - timedelta(days=30),
                "valid_to": CHANGED,
                "unit_price": old,
            },
            {"product_id": product_id, "valid_from": CHANGED, "valid_to": None, "unit_price": new},
        ]
        for key, lines in self.lines.items():
            for line in lines:
                if line["product_id"] == product_id and self.orders[key]["ordered_at"] >= CHANGED:
                    line["unit_price"] = new


@pytest.fixture
def history() -> PriceHistory:
    return PriceHistory()


def found(history: PriceHistory, tables: set[str] | None = None) -> pd.DataFrame:
    given = history.tables()
    if tables:
        given = {name: frame for name, frame in given.items() if name in tables}
    return run_finders(given, lambda finder: finder.kind == "price_error")


def best(history: PriceHistory, line: dict[str, Any]) -> pd.Series:
    everything = found(history)
    mine = everything[everything["order_id"].eq(line["order_id"]) & everything["line_no"].eq(line["line_no"])]
    assert not mine.empty
    return mine.sort_values("score", ascending=False).iloc[0]


def is_left_alone(history: PriceHistory) -> bool:
    everything = found(history)
    return everything.empty or not (everything["score"] >= 0.5).any()


def test_a_healthy_history_is_silent(history: PriceHistory) -> None:
    assert found(history).empty


@pytest.mark.parametrize("factor", [0.01, 0.1, 10, 100])
def test_a_shifted_decimal_point(history: PriceHistory, factor: float) -> None:
    line = history.order()
    line["unit_price"] = round(line["unit_price"] * factor, 2)
    told = best(history, line)
    assert (told["source"], told["cause"]) == ("price_slip", "data_entry")
    assert told["score"] > 0.9
    assert told["evidence"]["expected"] == pytest.approx(list_price(line["product_id"]))


def test_the_same_price_under_contract(history: PriceHistory) -> None:
    line = history.order()
    line["unit_price"] = round(line["unit_price"] / 10, 2)
    history.prices.append(
        {
            "product_id": line["product_id"],
            "customer_id": "C003",
            "valid_from": AT - timedelta(days=5),
            "valid_to": None,
            "unit_price": line["unit_price"],
        }
    )
    assert is_left_alone(history)


def test_swapped_digits(history: PriceHistory) -> None:
    line = history.order()
    digits = f"{line['unit_price']:.2f}"
    place = next(k for k in range(len(digits) - 1) if digits[k] != digits[k + 1] and "." not in digits[k : k + 2])
    line["unit_price"] = float(digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :])
    told = best(history, line)
    assert (told["source"], told["cause"]) == ("price_digits", "data_entry")
    assert told["score"] > 0.7


def test_an_old_list_price_after_the_change(history: PriceHistory) -> None:
    line = history.order()
    history.raise_prices(line["product_id"], 1.08)
    line["unit_price"] = list_price(line["product_id"])
    told = best(history, line)
    assert (told["source"], told["cause"]) == ("price_stale", "stale_master_data")
    assert told["score"] > 0.7
    assert told["evidence"]["days"] == (AT - CHANGED).days


def test_an_old_list_price_just_after_the_change(history: PriceHistory) -> None:
    line = history.order(at=CHANGED + timedelta(days=3))
    history.raise_prices(line["product_id"], 1.08)
    line["unit_price"] = list_price(line["product_id"])
    assert is_left_alone(history)


def test_a_price_rise_of_all_products(history: PriceHistory) -> None:
    for number in range(23):
        history.raise_prices(f"P{number}", 1.12)
    assert is_left_alone(history)


def in_yuan(history: PriceHistory) -> None:
    """Let a third of the customers order in yuan, at list prices times 7.2."""
    for key, order in history.orders.items():
        if int(order["customer_id"][1:]) % 3 == 0:
            order["currency"] = "CNY"
            history.charge(key, 7.2)


def test_yuan_prices_on_an_order_in_dollars(history: PriceHistory) -> None:
    in_yuan(history)
    line = history.order(customer=4)
    line["unit_price"] = round(line["unit_price"] * 7.2, 2)
    told = best(history, line)
    assert told["source"] == "price_currency"
    assert told["evidence"]["other_currency"] == "CNY"
    assert told["score"] > 0.9


def test_yuan_prices_on_an_order_in_yuan(history: PriceHistory) -> None:
    in_yuan(history)
    line = history.order(customer=3, currency="CNY")
    history.charge(line["order_id"], 7.2)
    assert is_left_alone(history)


def test_the_price_of_a_case(history: PriceHistory) -> None:
    line = history.order()
    line["unit_price"] = round(line["unit_price"] * 12, 2)
    told = best(history, line)
    assert (told["source"], told["variant"], told["cause"]) == ("price_unit", "case_price", "unit_of_measure")
    assert told["evidence"]["pack_size"] == 12
    assert told["score"] > 0.9


@pytest.mark.parametrize("column", ["discount", "unit_price"])
def test_a_discount_that_nobody_agreed(history: PriceHistory, column: str) -> None:
    line = history.order()
    line[column] = 0.3 if column == "discount" else round(0.7 * line["unit_price"], 2)
    told = best(history, line)
    assert (told["source"], told["cause"]) == ("price_discount", "unauthorised_discount")
    assert told["score"] > 0.7
    assert told["impact"] == pytest.approx(0.3 * list_price(line["product_id"]) * line["quantity"], rel=0.01)


@pytest.mark.parametrize("column", ["discount", "unit_price"])
@pytest.mark.parametrize("is_for_all", [True, False])
def test_a_discount_by_promotion(history: PriceHistory, column: str, is_for_all: bool) -> None:
    line = history.order()
    line[column] = 0.3 if column == "discount" else round(0.7 * line["unit_price"], 2)
    history.promotions.append(
        {
            "promotion_id": "A",
            "product_id": None if is_for_all else line["product_id"],
            "valid_from": AT - timedelta(days=3),
            "valid_to": AT + timedelta(days=3),
            "discount": 0.3,
        }
    )
    assert is_left_alone(history)


def test_a_discount_that_this_customer_always_has(history: PriceHistory) -> None:
    line = history.order()
    for key, order in history.orders.items():
        if order["customer_id"] == "C003":
            for other in history.lines[key]:
                other["discount"] = 0.3
    line["discount"] = 0.3
    assert is_left_alone(history)


def test_a_discount_for_large_quantities(history: PriceHistory) -> None:
    for number, lines in enumerate(history.lines.values()):
        if number % 6 == 0:
            for line in lines:
                line["quantity"], line["discount"] = line["quantity"] * 20, 0.1
    line = history.order()
    line["quantity"], line["discount"] = 150, 0.1
    assert is_left_alone(history)


def test_a_clearance_over_many_customers(history: PriceHistory) -> None:
    for customer in range(12):
        line = history.order(customer, AT + timedelta(hours=customer))
        line["product_id"], line["unit_price"] = "P7", round(0.6 * list_price("P7"), 2)
    assert is_left_alone(history)


def test_a_free_line(history: PriceHistory) -> None:
    line = history.order()
    line["unit_price"] = 0.0
    told = best(history, line)
    assert (told["source"], told["variant"]) == ("price_zero", "zero_price")
    assert told["score"] > 0.8


def test_samples_are_free(history: PriceHistory) -> None:
    for number, (key, lines) in enumerate(list(history.lines.items())):
        if number % 4 == 0:
            lines.append(
                {**lines[0], "order_id": key, "line_no": 4, "product_id": "P22", "quantity": 1, "unit_price": 0.0}
            )
    assert is_left_alone(history)


def test_a_negative_price(history: PriceHistory) -> None:
    line = history.order()
    line["unit_price"] = -11062.06
    told = best(history, line)
    assert told["variant"] == "negative_price"
    assert told["score"] > 0.9


def test_from_order_lines_alone(history: PriceHistory) -> None:
    line = history.order()
    line["unit_price"] = round(line["unit_price"] * 10, 2)
    told = found(history, {"orders", "order_lines"})
    mine = told[told["order_id"].eq(line["order_id"])].sort_values("score", ascending=False)
    assert mine["source"].iloc[0] == "price_slip"
    assert mine["score"].iloc[0] > 0.5
    assert set(told.loc[told["score"] >= 0.5, "order_id"]) == {line["order_id"]}


def test_an_order_that_states_no_currency_is_judged_like_the_others(history: PriceHistory) -> None:
    line = history.order(currency=None)
    assert is_left_alone(history)
    line["unit_price"] = round(line["unit_price"] * 10, 2)
    assert best(history, line)["score"] > 0.9
