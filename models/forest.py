"""An isolation forest that learns from labels, and the scale that it reads best.

Both are scikit-learn estimators. An isolation forest finds rows that few random cuts separate from the rest; the labels
of reviewers then re-weight the cuts, so that what was rejected sinks and what was confirmed rises, neighbours included.
"""

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack
from scipy.special import expit
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, OutlierMixin, TransformerMixin
from sklearn.ensemble import IsolationForest
from sklearn.utils.validation import check_is_fitted, validate_data

FloatArray = npt.NDArray[np.float64]
Rows = npt.NDArray[np.float32]

NEWTON_STEPS = 20
"""At most so many steps; the problem is convex and about six are enough."""

ROWS_OF_A_TREE = 8
"""Trees draw their rows from a sample this many times as large: drawing from all rows would cost a pass for each."""

CHUNK = 65_536
"""Rows scored at once, so that what lies between stays in the processor's cache."""


class TailScore(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn each feature into -log10 of its two-sided empirical tail: 2 = one row in a hundred is as extreme.

    Notes
    -----
    ``-log10(min(1, 2 * (k + 1) / (n + 1)))`` where ``k`` of the ``n`` rows seen in `fit` are at least as far out on the
    nearer side. An isolation forest cuts uniformly over a feature's range, so a heavy tail eats its cuts; on this
    scale one in ten thousand lies as far from one in a thousand as that from one in a hundred.

    Attributes
    ----------
    sorted_ : ndarray of shape (n_samples, n_features)
        Each feature's values in ascending order.
    """

    def fit(self, X: npt.ArrayLike, y: object = None) -> Self:  # noqa: ARG002
        """Remember the distribution of each feature."""
        self.sorted_ = np.sort(validate_data(self, X, dtype=float), axis=0)
        return self

    def transform(self, X: npt.ArrayLike) -> FloatArray:
        """Return the tail scores.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features as in `fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            From 0 (in the middle) to about log10(n / 2) (beyond all rows seen).
        """
        check_is_fitted(self)
        rows: FloatArray = validate_data(self, X, dtype=float, reset=False)
        n = len(self.sorted_)
        scores = np.empty(rows.shape)
        for j, known in enumerate(self.sorted_.T):
            at_least = n - np.searchsorted(known, rows[:, j], "left")
            at_most = np.searchsorted(known, rows[:, j], "right")
            scores[:, j] = -np.log10(np.minimum(1, 2 * (np.minimum(at_least, at_most) + 1) / (n + 1)))
        return scores


class FeedbackForest(OutlierMixin, BaseEstimator):  # type: ignore[misc]
    """An isolation forest whose edges are re-weighted by what reviewers said about the rows that pass them.

    Parameters
    ----------
    n_estimators : int, default=100
        Number of trees.
    max_samples : int, default=4096
        Rows per tree; large, since one wrong order in ten thousand can't be told apart in 256 rows.
    alpha : float, default=0.1
        Penalty on the learned weights; the larger, the more labels it takes to move a row.
    strength : float, default=4.0
        Log-odds between the most normal and the most isolated row before any label.
    contamination : float, default=0.01
        Share of the rows sampled in `fit` that `predict` calls outliers; used by nothing else.
    random_state : int, RandomState instance or None, default=None
        Seed of the trees.

    Attributes
    ----------
    forest_ : IsolationForest
        The fitted forest.
    offset_ : float
        The threshold of `decision_function`.

    Notes
    -----
    ``log-odds(confirmed) = strength * (isolation - 1/2) + sum(weights of the edges passed) / sqrt(number of edges)``
    with the isolation score scaled to 0..1 on the sample that `fit` grows trees on. The weights solve a ridge-penalised
    logistic regression in its dual form, labels by labels; without labels they are zero and this is the plain forest.

    References
    ----------
    Siddiqui et al., "Feedback-Guided Anomaly Discovery via Online Optimization", KDD 2018.
    """

    def __init__(
        self,
        n_estimators: int = 100,
        max_samples: int = 4096,
        alpha: float = 0.1,
        strength: float = 4.0,
        contamination: float = 0.01,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_estimators = n_estimators
        self.max_samples = max_samples
        self.alpha = alpha
        self.strength = strength
        self.contamination = contamination
        self.random_state = random_state

    def fit(self, X: npt.ArrayLike, y: object = None) -> Self:  # noqa: ARG002
        """Grow the forest on a sample of the rows; forgets what was learned."""
        rows: Rows = validate_data(self, X, dtype=np.float32)
        size = min(self.max_samples, len(rows))
        rows = self._sample(rows, ROWS_OF_A_TREE * size)
        self.forest_ = IsolationForest(
            n_estimators=self.n_estimators, max_samples=size, random_state=self.random_state
        ).fit(rows)
        self.trees_ = [estimator.tree_ for estimator in self.forest_.estimators_]
        depths = self.forest_._decision_path_lengths
        averages = self.forest_._average_path_length_per_tree
        self.length_ = [depth + average - 1 for depth, average in zip(depths, averages, strict=True)]
        self.depth_ = [depth - 1 for depth in depths]
        self.path_weight_ = [np.zeros(tree.node_count) for tree in self.trees_]
        isolation = -self._sums(rows, self.length_)[0]
        self.low_, self.high_ = isolation.min(), max(isolation.max(), isolation.min() + 1e-12)
        self.offset_ = np.percentile(-self._prior(-isolation), 100 * self.contamination)
        return self

    def _sample(self, X: Rows, size: int) -> Rows:
        """Cut the rows down to those that trees are grown on and scores are scaled by."""
        if len(X) <= size:
            return X
        seed = self.random_state if isinstance(self.random_state, int) else 0
        return X[np.random.RandomState(seed).choice(len(X), size, replace=False)]

    def _sums(self, X: Rows, *tables: list[FloatArray]) -> FloatArray:
        """Return for each table the sum over trees of its value at the leaf a row falls in."""
        sums: FloatArray = np.zeros((len(tables), len(X)))
        for first in range(0, len(X), CHUNK):
            rows, part = X[first : first + CHUNK], sums[:, first : first + CHUNK]
            for number, tree in enumerate(self.trees_):
                leaf = tree.apply(rows)
                for row, table in zip(part, tables, strict=True):
                    row += table[number][leaf]
        return sums

    def _prior(self, length: FloatArray) -> FloatArray:
        isolation: FloatArray = (-length - self.low_) / (self.high_ - self.low_)
        return self.strength * (isolation - 0.5)

    def _edges(self, X: Rows) -> csr_matrix:
        """Return which nodes each row passes, over all trees, each row scaled to length one; roots have no edge."""
        paths = hstack([tree.decision_path(X) for tree in self.trees_], format="csr").astype(float)
        has_edge = np.ones(paths.shape[1])
        has_edge[np.cumsum([0] + [tree.node_count for tree in self.trees_[:-1]])] = 0
        paths = paths.multiply(has_edge).tocsr()
        counts = np.asarray(paths.sum(axis=1)).ravel()
        return csr_matrix(paths.multiply(1 / np.sqrt(np.maximum(counts, 1))[:, None]))

    def learn(self, X: npt.ArrayLike, y: npt.ArrayLike) -> Self:
        """Learn from all labels at once, instead of what was learned before; their order does not matter.

        Parameters
        ----------
        X : array-like of shape (n_labels, n_features)
            The labelled rows.
        y : array-like of shape (n_labels,)
            1 = confirmed, 0 = false positive.

        Returns
        -------
        FeedbackForest
            Itself.
        """
        check_is_fitted(self)
        rows: Rows = validate_data(self, X, dtype=np.float32, reset=False)
        edges = self._edges(rows)
        shared = (edges @ edges.T).toarray()
        prior, truth = self._prior(self._sums(rows, self.length_)[0]), np.asarray(y, float)
        weight = edges.T @ self._dual(shared, prior, truth)
        splits = np.cumsum([tree.node_count for tree in self.trees_])[:-1]
        self.path_weight_ = [
            _summed_from_root(own, tree) for own, tree in zip(np.split(weight, splits), self.trees_, strict=True)
        ]
        return self

    def _dual(self, shared: FloatArray, prior: FloatArray, truth: FloatArray) -> FloatArray:
        """Return the weight of each label, by Newton's method on the kernel of shared edges."""
        dual: FloatArray = np.zeros(len(truth))
        for _ in range(NEWTON_STEPS):
            chance = expit(prior + shared @ dual)
            curvature = np.maximum(chance * (1 - chance), 1e-4)
            last = dual
            system = shared + self.alpha * np.diag(1 / curvature)
            dual = np.asarray(np.linalg.solve(system, shared @ dual + (truth - chance) / curvature))
            if np.abs(dual - last).max(initial=0) < 1e-6:
                break
        return dual

    def anomaly_score(self, X: npt.ArrayLike) -> FloatArray:
        """Return the log-odds of being confirmed, shape (n_samples,); higher is more anomalous."""
        check_is_fitted(self)
        rows: Rows = validate_data(self, X, dtype=np.float32, reset=False)
        length, depth, learned = self._sums(rows, self.length_, self.depth_, self.path_weight_)
        scores: FloatArray = self._prior(length) + learned / np.sqrt(np.maximum(depth, 1))
        return scores

    def score_samples(self, X: npt.ArrayLike) -> FloatArray:
        """Return minus the anomaly score: scikit-learn's own sign, higher is more normal."""
        return -self.anomaly_score(X)

    def decision_function(self, X: npt.ArrayLike) -> FloatArray:
        """Return the score relative to the threshold; negative is an outlier."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.int_]:
        """Return -1 for outliers and 1 for the rest."""
        return np.where(self.decision_function(X) < 0, -1, 1)

    def resemblance(self, X: npt.ArrayLike, labelled: npt.ArrayLike) -> FloatArray:
        """Return the share of edges each row shares with each labelled row, shape (n_samples, n_labels), 0..1."""
        check_is_fitted(self)
        rows: Rows = validate_data(self, X, dtype=np.float32, reset=False)
        others: Rows = validate_data(self, labelled, dtype=np.float32, reset=False)
        shares: FloatArray = (self._edges(rows) @ self._edges(others).T).toarray()
        return shares


def _summed_from_root(weight: FloatArray, tree: Any) -> FloatArray:
    """Return for each node the sum of the weights on the way to it; parents come before their children."""
    summed = weight.copy()
    for node in range(tree.node_count):
        for child in (tree.children_left[node], tree.children_right[node]):
            if child >= 0:
                summed[child] += summed[node]
    return summed


def ablation(forest: FeedbackForest, X: FloatArray, usual: FloatArray) -> FloatArray:
    """Return how much the anomaly score falls when one feature at a time is set to its usual value.

    Parameters
    ----------
    forest : FeedbackForest
        The fitted forest, with or without labels learned.
    X : ndarray of shape (n_samples, n_features)
        The rows to explain.
    usual : ndarray of shape (n_features,) or (n_samples, n_features)
        The usual value of each feature.

    Returns
    -------
    ndarray of shape (n_samples, n_features)
        In log-odds; positive where the feature makes the row more anomalous.
    """
    usual = np.broadcast_to(usual, X.shape)
    score = forest.anomaly_score(X)
    falls = np.empty(X.shape)
    for j in range(X.shape[1]):
        changed = X.copy()
        changed[:, j] = usual[:, j]
        falls[:, j] = score - forest.anomaly_score(changed)
    return falls
