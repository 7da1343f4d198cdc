"""Scarce stock: who gets it first, why, and that no more is given away than there is."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.order_priority import PLACE_REASONS, Weights, rank_orders

NOW = pd.Timestamp("2026-06-01")


def demand(**columns: list) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    defaults = {
        "order_id": [f"O{number}" for number in range(count)],
        "line_no": [1] * count,
        "product_id": ["P"] * count,
        "quantity": [10.0] * count,
        "unit_price": [5.0] * count,
        "needed_at": [pd.Timestamp("2026-06-20")] * count,
        "paid_share": [0.0] * count,
        "customer_share": [0.0] * count,
        "other_short_lines": [1] * count,
    }
    return pd.DataFrame({**defaults, **columns})


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"needed_at": [pd.Timestamp("2026-06-20"), pd.Timestamp("2026-05-25")]}, "late"),
        ({"needed_at": [pd.Timestamp("2026-06-20"), pd.Timestamp("2026-06-02")]}, "due"),
        ({"unit_price": [5.0, 9.0]}, "value"),
        ({"paid_share": [0.0, 1.0]}, "paid"),
        ({"other_short_lines": [1, 0]}, "complete"),
    ],
)
def test_what_speaks_for_an_order_puts_it_first_and_is_said(columns: dict[str, list], reason: str) -> None:
    ranked = rank_orders(demand(**columns), pd.Series({"P": 10.0}), NOW)
    assert ranked.order_id.tolist() == ["O1", "O0"]
    assert ranked.reason.tolist() == [reason, "waits"]
    assert ranked.filled_quantity.tolist() == [10.0, 0.0]
    text = PLACE_REASONS[reason].format(**ranked.iloc[0].to_dict())
    assert "{" not in text


def test_the_last_one_gets_what_is_left() -> None:
    ranked = rank_orders(demand(quantity=[10.0, 8.0, 4.0]), pd.Series({"P": 15.0}), NOW)
    assert ranked.filled_quantity.tolist() == [10.0, 5.0, 0.0]
    assert (
        PLACE_REASONS["waits"].format(**ranked.iloc[1].to_dict())
        == "Waits: 5 of 8 units are left after those before it."
    )


def test_weights_can_be_turned() -> None:
    both = demand(unit_price=[9.0, 1.0], paid_share=[0.0, 1.0])
    first = rank_orders(both, pd.Series({"P": 9.0}), NOW, Weights(value=1.0, paid=0.0)).order_id[0]
    second = rank_orders(both, pd.Series({"P": 9.0}), NOW, Weights(value=0.0, paid=1.0)).order_id[0]
    assert (first, second) == ("O0", "O1")


def test_no_demand_is_an_empty_list() -> None:
    ranked = rank_orders(demand(quantity=[1.0]).iloc[:0], pd.Series(dtype=float), NOW)
    assert ranked.empty
    assert {"place", "priority", "filled_quantity", "reason", "free"} <= set(ranked.columns)


@given(
    st.lists(
        st.tuples(st.sampled_from(["P", "Q", "R"]), st.integers(1, 20), st.floats(0, 1), st.integers(0, 2)), min_size=1
    ),
    st.integers(0, 60),
)
@settings(max_examples=80, deadline=None)
def test_no_more_is_given_away_than_there_is(rows: list[tuple[str, int, float, int]], stock: int) -> None:
    products, quantities, paid, short = zip(*rows, strict=True)
    given_away = demand(
        product_id=list(products),
        quantity=[float(number) for number in quantities],
        paid_share=list(paid),
        other_short_lines=list(short),
    )
    ranked = rank_orders(given_away, pd.Series({"P": float(stock), "Q": 5.0}), NOW)
    assert len(ranked) == len(rows)
    filled = ranked.groupby("product_id").filled_quantity.sum()
    wanted = ranked.groupby("product_id").quantity.sum()
    supply = pd.Series({"P": float(stock), "Q": 5.0, "R": 0.0})
    for product in filled.index:
        assert filled[product] == min(wanted[product], supply[product]), "and nothing is held back"
    for _, rows_of in ranked.groupby("product_id"):
        assert rows_of.place.tolist() == list(range(1, len(rows_of) + 1))
        assert rows_of.priority.is_monotonic_decreasing
