"""What labels teach about findings: a penalised logistic correction of the priors, by what findings have in common.

The correction starts at zero, so that without labels a finding keeps the probability its check states, and grows with
the labels: log-odds = prior log-odds + b(kind) + b(check) + b(variant) + b(check, channel) + b(check, who entered it) +
b(check, region) + ... as `TRAITS` lists them, each b shrunk towards zero, so that what is wrong with a check everywhere
goes to the check, and what one sales person does to him. It is a function of the labels in force alone (to
the optimiser's tolerance), and takes milliseconds.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import expit, logit

FloatArray = npt.NDArray[np.float64]

LIMIT = 0.01
"""No finding is told as surer than 1 - LIMIT or less sure than LIMIT."""

TRAITS: dict[str, tuple[tuple[str, ...], float]] = {
    "kind": (("kind",), 1.5),
    "source": (("kind", "source"), 1.5),
    "variant": (("kind", "source", "variant"), 1.5),
    "channel": (("kind", "source", "channel"), 1.0),
    "operator": (("kind", "source", "entered_by"), 0.5),
    "region": (("kind", "source", "region"), 0.5),
    "product": (("kind", "source", "product_id"), 0.75),
    "customer": (("kind", "customer_id"), 1.5),
    "customer_product": (("kind", "customer_id", "product_id"), 0.5),
}
"""What findings have in common, from wide to narrow, with the ridge penalty on its correction: the smaller, the fewer
labels move it. What a check says of one sales person, region or product may be agreed by word of mouth, and a customer
who buys one product in his own way is a habit: both are told by few labels. All are small, since the checks that are
rejected most are the sure ones, whose log-odds have far to fall."""

SEPARATOR = "\x1f"
COLUMNS = ("exception_id", "prior_score", *dict.fromkeys(part for parts, _ in TRAITS.values() for part in parts))


def traits(findings: pd.DataFrame) -> pd.DataFrame:
    """Name what each finding shares with others.

    Parameters
    ----------
    findings : pandas.DataFrame
        Columns ``kind, source, variant`` and, where known, ``channel, entered_by, region, customer_id, product_id``.

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
            name = name.str.cat(given[part].astype("string"), sep=SEPARATOR)
        named[trait] = name
    return pd.DataFrame(named, index=findings.index)


def _named(finding: Mapping[Hashable, object]) -> dict[str, str]:
    """Name what one finding shares with others, by trait; what it lacks is left out."""
    named = {}
    for trait, (parts, _penalty) in TRAITS.items():
        values = [finding.get(part) for part in parts]
        if not any(value is None or value is pd.NA or value != value for value in values):
            named[trait] = SEPARATOR.join([trait, *map(str, values)])
    return named


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
        """Return the chance that a reviewer confirms each of a few findings, as `Learner.scores`."""
        named = [[*_named(finding).values()] for finding in findings.to_dict("records")]
        places = self.weights.index.get_indexer(pd.Index([name for names in named for name in names], dtype=object))
        weights = np.append(self.weights.to_numpy(float), 0.0)[places]  # a place of -1 is the 0 at the end
        rows = np.repeat(np.arange(len(named)), [len(names) for names in named])
        learned = np.bincount(rows, weights, len(findings))
        prior = logit(findings["prior_score"].clip(LIMIT, 1 - LIMIT))
        return pd.Series(expit(prior + learned), findings.index).clip(LIMIT, 1 - LIMIT)

    def about(self, finding: Mapping[Hashable, object]) -> pd.DataFrame:
        """Return what was learned from findings like one.

        Parameters
        ----------
        finding : mapping
            The columns that `Learner` takes, of one finding.

        Returns
        -------
        pandas.DataFrame
            Columns ``trait`` (of `TRAITS`), ``weight`` (log-odds), ``confirmed_count``, ``rejected_count``; wide to
            narrow.
        """
        named = _named(finding)
        places = self.weights.index.get_indexer(pd.Index(list(named.values()), dtype=object))
        spoken = places[places >= 0]
        return pd.DataFrame(
            {
                "trait": [trait for trait, place in zip(named, places, strict=True) if place >= 0],
                "weight": self.weights.to_numpy(float)[spoken],
                "confirmed_count": self.confirmed.to_numpy(int)[spoken],
                "rejected_count": self.rejected.to_numpy(int)[spoken],
            }
        )


NOTHING_LEARNED = Lessons(*(pd.Series(dtype=sort, index=pd.Index([], dtype=object)) for sort in (float, int, int)))
"""What no labels teach."""


class Learner:
    """Findings whose traits are named, ready to learn from labels again and again; naming them is most of the work.

    Parameters
    ----------
    findings : pandas.DataFrame
        Columns ``exception_id, kind, source, variant, prior_score`` and, where known, ``channel, entered_by, region,
        customer_id, product_id``; one row per finding.
    """

    def __init__(self, findings: pd.DataFrame) -> None:
        named = traits(findings)
        places, names = pd.factorize(named.to_numpy(object).ravel(), sort=True)
        rows, is_named = np.repeat(np.arange(len(named)), named.shape[1]), places >= 0
        self.names = pd.Index(names)
        self.design = sparse.csr_matrix(
            (np.ones(is_named.sum()), (rows[is_named], places[is_named])), shape=(len(named), len(names))
        )
        self.penalty = np.array([TRAITS[name.split(SEPARATOR)[0]][1] for name in names])
        self.prior = logit(findings["prior_score"].clip(LIMIT, 1 - LIMIT))
        self.places = pd.Index(findings["exception_id"])
        self._latest = np.zeros(len(self.names))

    def learn(self, labels: pd.DataFrame) -> Lessons:
        """Learn from the labels in force.

        Parameters
        ----------
        labels : pandas.DataFrame
            Columns ``exception_id, label``; labels of other findings than the learner's say nothing.

        Returns
        -------
        Lessons
            The correction of every trait that a labelled finding has.
        """
        rows = self.places.get_indexer(pd.Index(labels["exception_id"], dtype=object))
        is_known = rows >= 0
        order = np.argsort(rows[is_known], kind="stable")
        truth = labels["label"].eq("confirmed").to_numpy(float)[is_known][order]
        labelled = self.design[rows[is_known][order]]
        spoken = np.unique(labelled.indices)
        design, names = labelled[:, spoken], self.names[spoken]
        prior = self.prior.to_numpy(float)[rows[is_known][order]]
        start = self._latest[spoken]  # one label more changes little: from there it is near
        weights = _fit(design, truth, prior, self.penalty[spoken], start) if len(truth) else np.zeros(0)
        latest = np.zeros(len(self.names))
        latest[spoken] = weights
        self._latest = latest
        return Lessons(
            pd.Series(weights, names, dtype="float64"),
            pd.Series(design.T @ truth, names).astype("int64"),
            pd.Series(design.T @ (1 - truth), names).astype("int64"),
        )

    def scores(self, lessons: Lessons) -> pd.Series:
        """Return the chance that a reviewer confirms each finding, between `LIMIT` and ``1 - LIMIT``."""
        weights = np.zeros(len(self.names))
        weights[self.names.get_indexer(lessons.weights.index)] = lessons.weights.to_numpy(float)
        return pd.Series(expit(self.prior + self.design @ weights), self.prior.index).clip(LIMIT, 1 - LIMIT)


def _fit(
    design: sparse.csr_matrix, truth: FloatArray, offset: FloatArray, penalty: FloatArray, start: FloatArray
) -> FloatArray:
    """Weights of a ridge-penalised logistic regression with an offset, shape (n_names,); ``start`` is a first guess."""
    turned = design.T.tocsr()

    def loss(weights: FloatArray) -> tuple[float, FloatArray]:
        odds = offset + design @ weights
        value = np.logaddexp(0, odds).sum() - truth @ odds + (penalty * weights) @ weights / 2
        return float(value), turned @ (expit(odds) - truth) + penalty * weights

    fitted: FloatArray = minimize(loss, start, jac=True, method="L-BFGS-B").x
    return fitted


def rescore(findings: pd.DataFrame, labels: pd.DataFrame) -> pd.Series:
    """Return the chance that a reviewer confirms each finding, given the labels in force; see `Learner`."""
    learner = Learner(findings)
    return learner.scores(learner.learn(labels))
