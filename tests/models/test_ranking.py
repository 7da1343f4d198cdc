"""From anomaly scores to places in the queue."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.findings import Prior, sentence
from models.ranking import LIMIT, probability, ranked

NO_LABELS = pd.DataFrame({"exception_id": [], "label": []})


def queue(scores: list[float], impacts: list[float]) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "exception_id": [f"e{k}" for k in range(len(scores))],
            "kind": "price_error",
            "source": "slip",
            "variant": "a",
            "prior_score": scores,
            "impact": impacts,
        }
    )
    return ranked(frame, NO_LABELS).set_index("exception_id")


def test_a_prior_goes_through_its_two_points() -> None:
    prior = Prior.read("0.5 at 3, 0.95 at 8")
    assert probability(prior, np.array([3.0, 8.0])) == pytest.approx([0.5, 0.95])


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_prior_never_turns_the_order(first: float, second: float) -> None:
    low, high = sorted([first, second])
    made = probability(Prior.read("0.3 at 1, 0.9 at 4"), np.array([low, high]))
    assert LIMIT <= made[0] <= made[1] <= 1 - LIMIT


def test_a_prior_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ValueError, match="a prior reads like"):
        Prior.read("sure")


def test_money_decides_among_the_equally_likely() -> None:
    ranks = queue([0.9, 0.9, 0.9], [10, 100_000, 500])["rank"]
    assert ranks["e1"] < ranks["e2"] < ranks["e0"]


def test_a_fortune_does_not_lift_a_wild_guess_over_a_sure_thing() -> None:
    ranks = queue([0.3, 0.95], [1_000_000, 200])["rank"]
    assert ranks["e1"] < ranks["e0"]


def test_ranks_are_one_to_n_without_gaps_whatever_the_impact() -> None:
    ranks = queue([0.5, 0.5, 0.7], [float("nan"), -5, 0])["rank"]
    assert sorted(ranks) == [1, 2, 3]


def test_a_label_changes_the_order() -> None:
    frame = queue([0.6, 0.59], [100, 100]).reset_index()
    frame["source"] = ["first", "second"]
    said = pd.DataFrame({"exception_id": ["e0"], "label": ["false_positive"]})
    assert ranked(frame, said)["exception_id"].tolist() == ["e1", "e0"]


def test_a_sentence_is_filled_with_numbers() -> None:
    told = sentence(
        "Price {price:,.2f} is {ratio:.0f} times {who}; {gone:.1f}.", '{"price": 1234.5, "ratio": 10.2, "who": "usual"}'
    )
    assert told == "Price 1,234.50 is 10 times usual; ?."


def test_order_text_in_a_sentence_is_not_a_template() -> None:
    assert sentence("Name {name}.", {"name": "{price}"}) == "Name {price}."
