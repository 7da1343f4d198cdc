"""The model of duplicate orders: what each source of knowledge does to it, and that it adds up."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from models.duplicates.levels import COMPARISONS
from models.duplicates.probability import (
    LEARNED,
    SIZES,
    Model,
    adapted,
    encode,
    hindsight,
    match_weights,
    restored,
    shifted,
    shipped_model,
    store,
    train,
)


def vectors(seed: int, count: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    frame = pd.DataFrame({name: random.integers(0, len(words), count) for name, words in COMPARISONS.items()})
    return frame.assign(pair_count=random.integers(1, 50, count))


def test_the_shipped_weights_fit_the_levels() -> None:
    model = shipped_model()
    assert model.weights.shape == (sum(SIZES.values()),)
    assert np.isfinite(model.weights).all()


def test_what_is_stored_is_what_was_trained(tmp_path) -> None:
    patterns = vectors(1, 300).assign(is_match=lambda frame: (frame["gap"] < 3).astype(int))
    model = train(patterns)
    assert store(model) == store(train(patterns))
    assert (
        model.log_odds(patterns)[patterns["is_match"] == 1].min()
        > model.log_odds(patterns)[patterns["is_match"] == 0].max() - 8
    )


def test_a_model_that_an_earlier_version_stored_gives_way_to_the_shipped_one() -> None:
    stored = json.loads(store(shipped_model()))
    del stored["weights"]["copy"]
    assert restored(json.dumps(stored)) is shipped_model()


def test_an_encoded_vector_has_one_column_for_each_part() -> None:
    patterns = vectors(2, 40)
    assert (encode(patterns).sum(axis=1) == len(SIZES)).all()


def test_it_is_the_model_of_recordlinkage() -> None:
    model, patterns = shipped_model(), vectors(3, 50)
    classifier = model.classifier()
    odds = classifier.kernel.decision_function if hasattr(classifier.kernel, "classes_") else None
    assert odds is None or np.allclose(odds(encode(patterns)), model.log_odds(patterns))
    assert np.allclose(
        encode(patterns) @ classifier.coefficients + np.asarray(classifier.intercept).item(), model.log_odds(patterns)
    )


@pytest.mark.parametrize("share", [0.002, 0.01, 0.05])
def test_the_share_of_matches_is_found_again(share: float) -> None:
    """Pairs drawn from a model's own two classes, mixed anew: the shift recovers the mixture."""
    patterns = vectors(4, 4000)
    weights = 0.3 * shipped_model().weights
    others = patterns["pair_count"].to_numpy(float) / patterns["pair_count"].sum()
    matches = others * np.exp(encode(patterns) @ weights)
    model = Model(weights, float(logit(0.02) - np.log(matches.sum())), 0.02)
    mixed = share * matches / matches.sum() + (1 - share) * others
    assert shifted(model, patterns.assign(pair_count=mixed)).match_share == pytest.approx(share, rel=0.02)


def test_copies_raise_what_they_show() -> None:
    patterns = vectors(5, 800)
    planted = vectors(6, 60).assign(gap=0, items=0, po=2, pair_count=5)
    blank = Model(np.zeros(sum(SIZES.values())), float(logit(0.02)), 0.02)
    fitted = adapted(blank, patterns, planted)
    assert fitted.log_odds(planted).mean() > fitted.log_odds(patterns).mean() + 1


def test_labels_move_the_model_their_way() -> None:
    patterns = vectors(7, 800)
    planted = vectors(8, 50)
    labelled = patterns.head(30)
    before = adapted(shipped_model(), patterns, planted).log_odds(labelled)
    for is_match in (0, 1):
        after = adapted(shipped_model(), patterns, planted, labelled.assign(is_match=is_match)).log_odds(labelled)
        assert after.mean() > before.mean() if is_match else after.mean() < before.mean()


def test_without_copies_and_labels_only_the_share_moves() -> None:
    patterns = vectors(9, 100)
    fitted = adapted(shipped_model(), patterns, patterns.head(0))
    assert (fitted.weights == shipped_model().weights).all()


def test_an_unpaid_later_order_speaks_for_a_duplicate() -> None:
    patterns = vectors(10, 400).assign(payment=1)
    patterns.loc[:9, "payment"] = 2
    weights = hindsight(patterns, np.zeros(len(patterns)))
    assert weights["payment"][2] > 1
    assert weights["payment"][1] < 0
    assert weights["payment"][0] == 0
    assert weights["fate"][1] > 0 > weights["fate"][2]


def test_where_nobody_pays_an_unpaid_order_says_little() -> None:
    patterns = vectors(11, 400).assign(payment=2)
    assert hindsight(patterns, np.zeros(len(patterns)))["payment"][2] < 0.1


def test_match_weights_add_up_to_the_log_odds() -> None:
    patterns = vectors(12, 500)
    model = adapted(shipped_model(), patterns, vectors(13, 40))
    parts = match_weights(model, patterns, patterns.head(20))
    assert set(parts.columns) == {*COMPARISONS, "prior"}
    assert np.allclose(parts.sum(axis=1) * np.log(2), model.log_odds(patterns.head(20)))
    averages = np.average(match_weights(model, patterns, patterns)[LEARNED], weights=patterns["pair_count"], axis=0)
    assert np.allclose(averages, 0, atol=1e-9)
