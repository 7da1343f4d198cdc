"""What labels teach about findings: a penalised logistic correction of the priors, by what findings have in common.

The correction starts at zero, so that without labels a finding keeps the probability its check states, and grows with
the labels: log-odds = prior log-odds + b(kind) + b(check) + b(variant) + b(customer) + b(product) + b(both), each b
shrunk towards zero. It is a pure function of the labels in force, and takes milliseconds.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import expit

FloatArray = npt.NDArray[np.float64]

LIMIT = 0.01
"""No finding is told as surer than 1 - LIMIT or less sure than LIMIT."""

TRAITS: dict[str, tuple[tuple[str, ...], float]] = {
    "kind": (("kind",), 2.0),
    "source": (("kind", "source"), 2.0),
    "variant": (("kind", "source", "variant"), 2.0),
    "customer": (("kind", "customer_id"), 3.0),
    "product": (("kind", "product_id"), 3.0),
    "customer_product": (("kind", "customer_id", "product_id"), 1.0),
}
"""What findings have in common, from wide to narrow, with the ridge penalty on its correction: about this many labels
are needed to move it half-way. A customer who buys one product in his own way is a habit, and told by few labels."""

COLUMNS = ("exception_id", "kind", "source", "variant", "prior_score", "customer_id", "product_id")


def logit(probability: pd.Series) -> pd.Series:
    """Return log-odds of probabilities, kept inside the limits."""
    clipped = probability.clip(LIMIT, 1 - LIMIT)
    return pd.Series(np.log(clipped / (1 - clipped)), index=probability.index)


def traits(findings: pd.DataFrame) -> pd.DataFrame:
    """Name what each finding shares with others.

    Parameters
    ----------
    findings : pandas.DataFrame
        Columns ``kind, source, variant`` and, where known, ``customer_id, product_id``.

    Returns
    -------
    pandas.DataFrame
        One column a trait of `TRAITS`, on the index of ``findings``; null where a finding lacks it.
    """
    given = findings.reindex(columns=list(COLUMNS))
    named = {}
    for trait, (parts, _penalty) in TRAITS.items():
        name = pd.Series(trait, findings.index, dtype="string")
        for part in parts:
            name = name.str.cat(given[part].astype("string"), sep="\x1f")
        named[trait] = name
    return pd.DataFrame(named, index=findings.index)


def _design(named: pd.DataFrame, names: pd.Index) -> sparse.csr_matrix:
    """Return one indicator per finding and name, shape (n_findings, n_names)."""
    places = names.get_indexer(pd.Index(named.to_numpy(object).ravel()))
    rows = np.repeat(np.arange(len(named)), named.shape[1])
    known = places >= 0
    return sparse.csr_matrix((np.ones(known.sum()), (rows[known], places[known])), shape=(len(named), len(names)))


@dataclass(frozen=True)
class Lessons:
    """What the labels in force teach.

    Attributes
    ----------
    weights : pandas.Series
        The correction in log-odds of each named trait.
    confirmed, rejected : pandas.Series
        How many labels spoke about each, on the same index.
    """

    weights: "pd.Series[float]"
    confirmed: "pd.Series[int]"
    rejected: "pd.Series[int]"

    def scores(self, findings: pd.DataFrame) -> pd.Series:
        """Return the chance that a reviewer confirms each finding, between `LIMIT` and ``1 - LIMIT``."""
        if self.weights.empty:
            return findings["prior_score"].clip(LIMIT, 1 - LIMIT)
        learned = _design(traits(findings), self.weights.index) @ self.weights.to_numpy(float)
        return pd.Series(expit(logit(findings["prior_score"]) + learned), findings.index).clip(LIMIT, 1 - LIMIT)

    def about(self, finding: pd.DataFrame) -> pd.DataFrame:
        """Return what was learned from findings like one.

        Parameters
        ----------
        finding : pandas.DataFrame
            One row with the columns that `learn` takes.

        Returns
        -------
        pandas.DataFrame
            Columns ``trait`` (of `TRAITS`), ``weight`` (log-odds), ``confirmed_count``, ``rejected_count``; wide to
            narrow.
        """
        named = traits(finding).iloc[0].dropna()
        named = named[named.isin(self.weights.index)]
        return pd.DataFrame(
            {
                "trait": named.index,
                "weight": self.weights.reindex(named).to_numpy(float),
                "confirmed_count": self.confirmed.reindex(named).to_numpy(int),
                "rejected_count": self.rejected.reindex(named).to_numpy(int),
            }
        )


def learn(findings: pd.DataFrame, labels: pd.DataFrame) -> Lessons:
    """Learn from the labels in force.

    Parameters
    ----------
    findings : pandas.DataFrame
        Columns ``exception_id, kind, source, variant, prior_score`` and, where known, ``customer_id, product_id``; one
        row per finding.
    labels : pandas.DataFrame
        Columns ``exception_id, label``; labels of findings that are not among ``findings`` say nothing.

    Returns
    -------
    Lessons
        The correction of every trait that a labelled finding has.
    """
    verdicts = labels.set_index("exception_id")["label"].eq("confirmed") if len(labels) else pd.Series(dtype=bool)
    known = findings[findings["exception_id"].isin(verdicts.index)]
    named = traits(known)
    names = pd.Index(pd.unique(named.to_numpy(object).ravel()))
    names = names[names.notna()].sort_values()
    design = _design(named, names)
    truth = known["exception_id"].map(verdicts).to_numpy(float)
    penalty = np.array([TRAITS[name.split("\x1f")[0]][1] for name in names])
    weights = _fit(design, truth, logit(known["prior_score"]).to_numpy(float), penalty) if len(known) else np.zeros(0)
    return Lessons(
        pd.Series(weights, names, dtype="float64"),
        pd.Series(design.T @ truth, names).astype("int64"),
        pd.Series(design.T @ (1 - truth), names).astype("int64"),
    )


def _fit(design: sparse.csr_matrix, truth: FloatArray, offset: FloatArray, penalty: FloatArray) -> FloatArray:
    """Weights of a ridge-penalised logistic regression with an offset, shape (n_names,)."""

    def loss(weights: FloatArray) -> tuple[float, FloatArray]:
        odds = offset + design @ weights
        value = np.logaddexp(0, odds).sum() - truth @ odds + (penalty * weights) @ weights / 2
        return float(value), design.T @ (expit(odds) - truth) + penalty * weights

    fitted: FloatArray = minimize(loss, np.zeros(design.shape[1]), jac=True, method="L-BFGS-B").x
    return fitted


def rescore(findings: pd.DataFrame, labels: pd.DataFrame) -> pd.Series:
    """Return the chance that a reviewer confirms each finding, given the labels in force; see `learn`."""
    return learn(findings, labels).scores(findings)
