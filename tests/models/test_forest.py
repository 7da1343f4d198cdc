"""The forest: an estimator like any other, equal to the plain one without labels, and better with them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import spearmanr
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score
from sklearn.utils.estimator_checks import estimator_checks_generator

from models.forest import FeedbackForest, TailScore, ablation

ESTIMATORS = (TailScore(), FeedbackForest(n_estimators=10, max_samples=64))
CHECKS = [
    pytest.param(estimator, check, id=f"{type(estimator).__name__}-{getattr(check, 'func', check).__name__}")
    for whole in ESTIMATORS
    for estimator, check in estimator_checks_generator(whole)
]


@pytest.mark.parametrize(("estimator", "check"), CHECKS)
def test_estimator_contract(estimator, check):
    check(estimator)


def planted(data, normal: int, share: float = 0.03, seed: int = 0):
    """Return a public data set with one class as normal and a few rows of the others as anomalies."""
    rng = np.random.default_rng(seed)
    good = data.data[data.target == normal]
    others = data.data[data.target != normal]
    bad = others[rng.choice(len(others), max(3, int(share * len(good))), replace=False)]
    return np.vstack([good, bad]), np.r_[np.zeros(len(good)), np.ones(len(bad))]


SETS = {
    "breast cancer": lambda: planted(load_breast_cancer(), 1),
    "digits, zero": lambda: planted(load_digits(), 0),
    "digits, four": lambda: planted(load_digits(), 4),
    "wine": lambda: planted(load_wine(), 1, 0.06),
}


@pytest.fixture(scope="module", params=SETS)
def public_set(request):
    return SETS[request.param]()


def grown(X, seed=0):
    return FeedbackForest(max_samples=256, random_state=seed).fit(X)


def test_without_labels_it_ranks_like_the_plain_forest(public_set):
    X, y = public_set
    plain = IsolationForest(max_samples=min(256, len(X)), random_state=0).fit(X)
    forest = grown(X)
    assert spearmanr(plain.score_samples(X), forest.score_samples(X)).statistic > 0.999
    ours, theirs = (average_precision_score(y, -model.score_samples(X)) for model in (forest, plain))
    assert ours >= 0.97 * theirs


def test_labels_find_more_than_no_labels(public_set):
    X, y = public_set
    forest = grown(X)
    before = average_precision_score(y, forest.anomaly_score(X))
    asked: list[int] = []
    for _ in range(20):
        order = np.argsort(-forest.anomaly_score(X))
        asked.append(next(row for row in order if row not in asked))
        forest.learn(X[asked], y[asked])
    plain_found = y[np.argsort(-grown(X).anomaly_score(X))[:20]].sum()
    assert y[asked].sum() >= plain_found
    assert average_precision_score(y, forest.anomaly_score(X)) >= before


def test_a_label_moves_its_row_and_the_next_labels_replace_it():
    X = np.random.default_rng(1).normal(size=(500, 4))
    forest = grown(X)
    before = forest.anomaly_score(X[:2])
    confirmed = forest.learn(X[:2], [1, 1]).anomaly_score(X[:2])
    rejected = forest.learn(X[:2], [0, 0]).anomaly_score(X[:2])
    assert (confirmed > before).all()
    assert (rejected < before).all()
    both = forest.learn(X[:2], [1, 0]).anomaly_score(X)
    swapped = forest.learn(X[[1, 0]], [0, 1]).anomaly_score(X)
    assert_allclose(both, swapped, atol=1e-6)


def test_growing_again_forgets_the_labels():
    X = np.random.default_rng(1).normal(size=(300, 3))
    forest = grown(X)
    before = forest.anomaly_score(X)
    assert not np.allclose(forest.learn(X[:5], np.ones(5)).anomaly_score(X), before)
    assert_allclose(forest.fit(X).anomaly_score(X), before)


def test_resemblance_is_one_with_itself():
    X = np.random.default_rng(1).normal(size=(200, 3))
    shares = grown(X).resemblance(X[:5], X[:5])
    assert_allclose(np.diag(shares), 1)
    assert (shares <= 1 + 1e-9).all()


def test_ablation_names_the_culprit():
    rng = np.random.default_rng(2)
    X = rng.normal(size=(2000, 6))
    X[:6] = rng.normal(size=(6, 6)) * 0.3
    X[np.arange(6), np.arange(6)] = 12
    falls = ablation(grown(X), X[:6], np.zeros(6))
    assert (falls.argmax(axis=1) == np.arange(6)).all()


def test_tail_score_reads_as_one_in_ten_to_the_k():
    known = np.arange(1, 20_001, dtype=float)[:, None]
    tail = TailScore().fit(known).transform(np.array([[10_000.0], [19_901.0], [30_000.0], [-5.0]]))
    assert tail[0, 0] == pytest.approx(0, abs=0.01)
    assert tail[1, 0] == pytest.approx(2, abs=0.01)
    assert_allclose(tail[2:, 0], 4, atol=0.01)
