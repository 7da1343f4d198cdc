"""What labels teach about the checks: a penalised logistic correction of the priors, by kind, check and variant.

The correction starts at zero, so that without labels a finding keeps the probability its check states, and grows with
the labels: log-odds = prior log-odds + b(kind) + b(check) + b(check, variant), each b shrunk towards zero. It is a
pure function of the labels in force, and takes milliseconds.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit

FloatArray = npt.NDArray[np.float64]

PENALTY = 2.0
"""Ridge penalty on every correction; about this many labels are needed to move a check half-way."""

LIMIT = 0.01
"""No finding is told as surer than 1 - LIMIT or less sure than LIMIT."""


def logit(probability: pd.Series) -> pd.Series:
    """Return log-odds of probabilities, kept inside the limits."""
    clipped = probability.clip(LIMIT, 1 - LIMIT)
    return pd.Series(np.log(clipped / (1 - clipped)), index=probability.index)


def _design(findings: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return one indicator per kind, check and variant, shape (n_findings, n_columns)."""
    names = pd.concat(
        [
            findings["kind"],
            findings["kind"] + "/" + findings["source"],
            findings["kind"] + "/" + findings["source"] + "/" + findings["variant"],
        ]
    )
    indicators = pd.crosstab(names.index, names)
    return indicators.reindex(index=findings.index, columns=columns, fill_value=0)


def rescore(findings: pd.DataFrame, labels: pd.DataFrame) -> pd.Series:
    """Return the chance that a reviewer confirms each finding, given the labels in force.

    Parameters
    ----------
    findings : pandas.DataFrame
        Columns ``exception_id, kind, source, variant, prior_score``; one row per finding.
    labels : pandas.DataFrame
        Columns ``exception_id, label``; labels of findings that are not among ``findings`` say nothing.

    Returns
    -------
    pandas.Series
        Probabilities between `LIMIT` and ``1 - LIMIT``, on the index of ``findings``.
    """
    prior = logit(findings["prior_score"])
    verdicts = labels.set_index("exception_id")["label"].eq("confirmed") if len(labels) else pd.Series(dtype=bool)
    known = findings[findings["exception_id"].isin(verdicts.index)]
    if known.empty:
        return findings["prior_score"].clip(LIMIT, 1 - LIMIT)
    kinds = known["kind"]
    sources = kinds + "/" + known["source"]
    columns = sorted({*kinds, *sources, *(sources + "/" + known["variant"])})
    design = _design(known, columns).to_numpy(float)
    truth = known["exception_id"].map(verdicts).to_numpy(float)
    weights = _fit(design, truth, prior[known.index].to_numpy(float))
    corrected = prior + _design(findings, columns).to_numpy(float) @ weights
    return pd.Series(expit(corrected), index=findings.index).clip(LIMIT, 1 - LIMIT)


def _fit(design: FloatArray, truth: FloatArray, offset: FloatArray) -> FloatArray:
    """Weights of a ridge-penalised logistic regression with an offset, shape (n_columns,)."""

    def loss(weights: FloatArray) -> tuple[float, FloatArray]:
        odds = offset + design @ weights
        value = np.logaddexp(0, odds).sum() - truth @ odds + PENALTY / 2 * weights @ weights
        return float(value), design.T @ (expit(odds) - truth) + PENALTY * weights

    fitted: FloatArray = minimize(loss, np.zeros(design.shape[1]), jac=True, method="L-BFGS-B").x
    return fitted
