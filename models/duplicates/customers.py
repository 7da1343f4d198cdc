"""Customers registered twice: candidate records, their comparison vectors, and a Fellegi-Sunter model.

Who is who is the classic problem of record linkage, so `recordlinkage`'s ECM does it; two things are mended by a
subclass: it takes patterns with counts instead of rows, and it starts from, and is smoothed towards, what holds
anywhere.
"""

from importlib.resources import files
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
from recordlinkage import ECMClassifier
from recordlinkage.algorithms.nb_sklearn import ECM
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.preprocessing import LabelBinarizer

from data.relations import build_order, materialise, read_folder
from features.normalise import register_values

FOLDER = Path(str(files("features").joinpath("customer_pairs")))

FloatArray = npt.NDArray[np.float64]

LEVELS: dict[str, tuple[tuple[float, float], ...]] = {
    "name": ((0.02, 0.02), (0.58, 0.03), (0.25, 0.05), (0.07, 0.1), (0.03, 0.2), (0.05, 0.6)),
    "contact": ((0.3, 0.3), (0.3, 0.02), (0.08, 0.01), (0.04, 0.05), (0.28, 0.62)),
    "phone": ((0.1, 0.1), (0.55, 0.06), (0.08, 0.02), (0.03, 0.05), (0.24, 0.77)),
    "email": ((0.2, 0.2), (0.4, 0.02), (0.4, 0.78)),
    "address": ((0.1, 0.1), (0.5, 0.04), (0.2, 0.03), (0.05, 0.03), (0.05, 0.1), (0.1, 0.7)),
    "place": ((0.2, 0.2), (0.5, 0.1), (0.1, 0.07), (0.05, 0.03), (0.07, 0.2), (0.08, 0.4)),
}
"""For each comparison and level the chance of it among true matches and among other candidates, before any data."""

PRIOR_MATCH_SHARE = 0.1
PRIOR_STRENGTH = 200.0
SURE, LIKELY = 0.9, 0.5


class WeightedECM(ECM):  # type: ignore[misc]
    """`recordlinkage`'s ECM on distinct comparison vectors with counts, smoothed towards given chances.

    Parameters
    ----------
    start : list of tuple of (float, float)
        For each comparison and level, in order, the chance among matches and among non-matches to start from.
    match_share : float
        The share of matches to start from.
    strength : float
        How many pairs the start counts for in each class; 0 leaves the data alone.
    **options
        Options of `recordlinkage`'s ECM.
    """

    def __init__(
        self, start: list[tuple[tuple[float, float], ...]], match_share: float, strength: float, **options: float
    ) -> None:
        super().__init__(**{"binarize": None, **options})
        self.start = start
        self.match_share = match_share
        self.strength = strength

    def fit(self, X: FloatArray, sample_weight: FloatArray | None = None) -> "WeightedECM":
        """Fit the chances of each level to distinct vectors.

        Parameters
        ----------
        X : numpy.ndarray, shape (n_patterns, n_comparisons)
            Levels, counted from 0.
        sample_weight : numpy.ndarray, shape (n_patterns,), optional
            How many pairs have each pattern; 1 by default.

        Returns
        -------
        WeightedECM
            Itself.
        """
        counts = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight, float)
        self._binarizers = [LabelBinarizer().fit(np.arange(len(levels))) for levels in self.start]
        self.classes_ = np.array([0, 1])
        chances = np.array([pair[::-1] for levels in self.start for pair in levels]).T
        self.feature_log_prob_ = np.log(chances)
        self.class_log_prior_ = np.log([1 - self.match_share, self.match_share])
        binary = self._transform_data(X)
        ends = np.cumsum([len(levels) for levels in self.start])[:-1]
        for _ in range(self.max_iter):
            before = self.feature_log_prob_
            share = self.predict_proba(X) * counts[:, None]
            weight = share.sum(axis=0) + self.strength * np.array([1 - self.match_share, self.match_share])
            self.class_log_prior_ = np.log(weight / weight.sum())
            seen = share.T @ binary + self.strength * chances
            parts = [part / part.sum(axis=1, keepdims=True) for part in np.split(seen, ends, axis=1)]
            self.feature_log_prob_ = np.log(np.concatenate(parts, axis=1))
            if np.abs(np.exp(before) - np.exp(self.feature_log_prob_)).max() < self.atol:
                break
        return self


def classifier() -> ECMClassifier:
    """Return `recordlinkage`'s classifier around the weighted kernel."""
    made = ECMClassifier()
    made.kernel = WeightedECM(list(LEVELS.values()), PRIOR_MATCH_SHARE, PRIOR_STRENGTH)
    return made


def compare_customers(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Return all candidate pairs of ``match_customers``, their levels and how likely they are one customer.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        With the view ``match_customers``.

    Returns
    -------
    pandas.DataFrame
        ``customer_id, duplicate_of`` (the record that comes first by its identifier), the levels, ``probability``.
    """
    register_values(connection, "normal_names", "name", ["match_customers.name", "match_customers.contact_name"])
    register_values(connection, "normal_addresses", "address", ["match_customers.address"])
    register_values(connection, "normal_phones", "phone", ["match_customers.phone"])
    register_values(connection, "normal_emails", "email", ["match_customers.email"])
    for relation in build_order(read_folder(FOLDER)):
        materialise(connection, relation, {}, temporary=True)
    pairs = connection.execute(
        """select r.customer_id, l.customer_id as duplicate_of, levels.* exclude (id_l, id_r)
        from customer_levels as levels
        inner join customer_keys as l on l.id = levels.id_l inner join customer_keys as r on r.id = levels.id_r
        order by 1, 2"""
    ).df()
    names = list(LEVELS)
    found = pairs.groupby(names, as_index=False)["stands_for"].sum()
    if found.empty:
        return pairs.assign(probability=pd.Series(dtype=float))
    model = classifier()
    model.kernel.fit(found[names].to_numpy(), found["stands_for"].to_numpy(float))
    found["probability"] = model.prob(found[names]).to_numpy()
    return pairs.merge(found.drop(columns="stands_for"), on=names, how="left")


def members(sure: pd.DataFrame) -> pd.DataFrame:
    """Group customers surely registered twice.

    Parameters
    ----------
    sure : pandas.DataFrame
        ``customer_id, duplicate_of`` of the pairs.

    Returns
    -------
    pandas.DataFrame
        ``customer_id`` and ``member_of``, the first identifier of its group; customers registered once are left out.
    """
    names = pd.Index(pd.unique(pd.concat([sure["customer_id"], sure["duplicate_of"]])))
    frame = pd.DataFrame({"customer_id": pd.Series(dtype=object), "member_of": pd.Series(dtype=object)})
    if len(names):
        ends = names.get_indexer(sure["customer_id"]), names.get_indexer(sure["duplicate_of"])
        graph = coo_array((np.ones(len(sure)), ends), shape=(len(names), len(names)))
        _, group = connected_components(graph, directed=False)
        first = pd.Series(names).groupby(group).transform("min")
        frame = pd.DataFrame({"customer_id": names, "member_of": first.to_numpy()})
    return frame


def store_entities(connection: duckdb.DuckDBPyConnection, groups: pd.DataFrame) -> None:
    """Create ``customer_entities`` from groups as `members` makes them."""
    connection.register("entities_frame", groups)
    connection.execute(
        "create or replace temp table customer_entities as "
        "select customer_id::varchar as customer_id, hash(member_of::varchar) as entity from entities_frame"
    )
    connection.unregister("entities_frame")


def resolve_customers(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Create ``customer_entities`` for customers surely registered twice, ``duplicate_customers`` for likely ones."""
    pairs = compare_customers(connection)
    store_resolved(connection, pairs)
    return pairs


def store_resolved(connection: duckdb.DuckDBPyConnection, pairs: pd.DataFrame) -> None:
    """Create ``customer_entities`` and ``duplicate_customers`` from pairs as `compare_customers` returns them."""
    store_entities(connection, members(pairs[pairs["probability"] >= SURE]))
    connection.register("likely_customers", pairs[pairs["probability"] >= LIKELY])
    connection.execute(
        "create or replace temp table duplicate_customers as select customer_id::varchar as customer_id, "
        "duplicate_of::varchar as duplicate_of, round(probability, 4) as probability from likely_customers "
        "order by probability desc, customer_id, duplicate_of"
    )
    connection.unregister("likely_customers")
