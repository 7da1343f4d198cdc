"""Training needs against planted truth: who errs more is named, chance and small numbers are not."""

import numpy as np
import pandas as pd
import pytest

from models.checks import checks
from models.detectors import DETECTORS
from models.training_needs import (
    MIN_ORDERS,
    OTHERS,
    SMALL,
    automatic_channels,
    field_of,
    masked_name,
    profile,
    shared_topics,
)

FIELDS = ("unit_price", "quantity", "ship_to_phone", "order_id")


def company(seed: int, planted: float = 1.0, operators: int = 12) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A company in which phone goes wrong three times as often as mail, and one operator errs ``planted`` times."""
    chance = np.random.default_rng(seed)
    orders, errors = [], []
    for number in range(operators):
        name = f"operator-{number}"
        for channel, base in (("phone", 0.015), ("email", 0.005)):
            count = int(chance.integers(100, 1500))
            orders.append((name, channel, count))
            for field in FIELDS:
                more = planted if (number, field) == (3, "quantity") else 1.0
                errors.append((name, channel, field, chance.binomial(count, base * more)))
    frame = pd.DataFrame(errors, columns=["operator", "channel", "field", "error_count"])
    return frame[frame["error_count"] > 0], pd.DataFrame(orders, columns=["operator", "channel", "order_count"])


def test_a_planted_difference_is_found_first() -> None:
    hits = []
    for seed in range(20):
        found = profile(*company(seed, planted=4.0))
        topics = found[found["is_topic"]]
        hits.append(len(topics) > 0 and tuple(topics.iloc[0][["operator", "field"]]) == ("operator-3", "quantity"))
    assert np.mean(hits) >= 0.9


def test_chance_alone_makes_hardly_any_topic() -> None:
    wrong = [int(profile(*company(seed))["is_topic"].sum()) for seed in range(40)]
    assert np.mean(np.array(wrong) > 0) <= 0.15


def test_who_works_the_harder_channel_is_not_blamed_for_it() -> None:
    orders = pd.DataFrame(
        [("a", "phone", 1000), ("b", "phone", 1000), ("c", "email", 1000), ("d", "email", 1000)],
        columns=["operator", "channel", "order_count"],
    )
    errors = pd.DataFrame(
        [("a", "phone", "quantity", 40), ("b", "phone", "quantity", 41), ("c", "email", "quantity", 3)],
        columns=["operator", "channel", "field", "error_count"],
    )
    found = profile(errors, orders)
    assert not found["is_topic"].any()
    assert found.set_index("operator").loc["a", "expected_count"] == pytest.approx(41)


def test_small_numbers_are_hidden_and_few_orders_stand_together() -> None:
    orders = pd.DataFrame(
        [("a", "phone", 1000), ("b", "phone", 1000), ("new", "phone", MIN_ORDERS - 1), ("temp", "phone", 5)],
        columns=["operator", "channel", "order_count"],
    )
    errors = pd.DataFrame(
        [("a", "phone", "quantity", SMALL - 1), ("new", "phone", "quantity", 4), ("temp", "phone", "quantity", 3)],
        columns=["operator", "channel", "field", "error_count"],
    )
    found = profile(errors, orders).set_index("operator")
    assert found.loc["a", "is_hidden"]
    assert found.loc[OTHERS, "error_count"] == 7
    assert not found["is_topic"].any()
    assert set(found.index) == {"a", OTHERS}


def test_shared_topics_count_everybodys_errors() -> None:
    errors, orders = company(1)
    found = shared_topics(errors, orders)
    assert found["error_count"].sum() == errors["error_count"].sum()
    assert set(found["channel"]) <= {"phone", "email"}
    assert (found["rate"] == found["error_count"] / orders["order_count"].sum() * 1000).all()


def test_nothing_gives_nothing() -> None:
    errors, orders = company(1)
    assert profile(errors.iloc[:0], orders).empty
    assert shared_topics(errors.iloc[:0], orders).empty


def test_channels_that_one_account_fills_are_automatic() -> None:
    orders = pd.DataFrame(
        [("shop", "web", 990), ("ann", "web", 10), ("ann", "phone", 60), ("bob", "phone", 40)],
        columns=["operator", "channel", "order_count"],
    )
    assert automatic_channels(orders) == {"web"}


def test_every_check_names_a_field() -> None:
    from dashboard.messages import code_words

    words = code_words()
    for name in [*checks(), *DETECTORS]:
        assert field_of(name, None, None) in words
    assert field_of("customer_missing", "missing_field", "ship to city") == "ship_to_city"
    assert field_of("customer_contradiction", "postal_code", None) == "ship_to_postal_code"


def test_a_masked_name_is_always_the_same_and_tells_nothing() -> None:
    assert masked_name("clara.liu") == masked_name("clara.liu") != masked_name("ben.marsh")
    assert masked_name("clara.liu").isdecimal()
