"""How sure a comparison vector makes that one order repeats another: a logistic model that needs no label to fit.

Three sources meet in one fit. Weights trained on many made-up companies say what holds anywhere. Planted copies say
how a repeat looks in this user's data, and all candidate pairs say how common a vector is there anyway. Labels say
the rest. The shipped weights are the prior mean of the fit, so that each source moves them only as far as it can
tell.

Let f(x) be the wanted log-odds of a match. Real pairs are a mixture of matches m(x) and others u(x), so a copy
planted k times as often as matches are real is told from a real pair with probability k e^f / (1 + (1 + k) e^f): it
levels off where nearly every real pair is a match itself, which is why real duplicates among the pairs do no harm.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import pandas as pd
from recordlinkage import LogisticRegressionClassifier
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.special import expit, logit

from models.duplicates.levels import COMPARISONS, HINDSIGHT

FloatArray = npt.NDArray[np.float64]

ITEM_CLASSES = np.array([0, 0, 0, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 3])
"""Levels of ``items`` in six classes: same basket, same single line, same products, part, some, nothing in common."""

CROSSED = {"gap": "gap by items", "po": "po by items"}
"""Comparisons whose weight depends on the class of the items, and the name of that part."""

LEARNED = [name for name in COMPARISONS if name not in HINDSIGHT]

SIZES = {
    **{name: len(COMPARISONS[name]) for name in LEARNED},
    **{part: len(COMPARISONS[name]) * 6 for name, part in CROSSED.items()},
}
"""How many columns each part of the encoding has."""

STARTS = dict(zip(SIZES, np.cumsum([0, *SIZES.values()]).tolist(), strict=False))
"""Each part's first column."""

SPREAD = 0.3
"""Standard deviation by which a user's weights may differ from the shipped ones."""

EFFECTIVE_PAIRS = 10_000.0
"""However many pairs there are, they weigh no more than these against the shipped weights: copies are but a guess."""

HOPELESS = -10.0
"""Pairs with log-odds below this, most of all, are left out of the fit: their slope is next to nothing."""

COPY_RATE = 1.0
"""How many planted copies stand for one real duplicate in the fit."""

LABEL_WEIGHT = 1.0

UNPAID_SHARE = 0.4
"""Share of duplicates that the customer never pays although the first order was paid."""

RETURNED_SHARE = 0.05
"""Share of duplicates that come back."""

REPLACED_LOG_ODDS = -1.0
"""What it says that the earlier order was returned: the later one may replace it."""

REISSUED_LOG_ODDS = -15.0
"""What it says that the earlier order was taken back whole before the later one came: a correction, whatever else."""


@dataclass(frozen=True)
class Model:
    """Weights of the levels.

    Attributes
    ----------
    weights : numpy.ndarray, shape (n_columns,)
        Natural log-odds for each column of `encode`.
    intercept : float
        Log-odds where all weights are 0.
    match_share : float
        The share of matches among the pairs it was fitted on.
    hindsight : dict of str to numpy.ndarray
        Natural log-odds for each level of what is known only later.
    """

    weights: FloatArray
    intercept: float
    match_share: float
    hindsight: Mapping[str, FloatArray] = field(default_factory=dict)

    def log_odds(self, patterns: pd.DataFrame) -> FloatArray:
        """Return the natural log-odds of a match for each comparison vector, shape (n_patterns,)."""
        odds = self.later_odds(patterns) + self.intercept
        for part, levels in parts_of(patterns):
            odds += self.of_part(part)[levels]
        return odds

    def of_part(self, part: str) -> FloatArray:
        """Return the weights of the levels of one part."""
        return self.weights[STARTS[part] : STARTS[part] + SIZES[part]]

    def later_odds(self, patterns: pd.DataFrame) -> FloatArray:
        """Return what hindsight adds to the log-odds of each comparison vector."""
        added = np.zeros(len(patterns))
        for name, weights in self.hindsight.items():
            added += weights[patterns[name].to_numpy(np.int64)]
        return added

    def classifier(self) -> LogisticRegressionClassifier:
        """Return the same model as `recordlinkage`'s classifier over the columns of `encode`."""
        return LogisticRegressionClassifier(coefficients=self.weights, intercept=self.intercept)


def parts_of(patterns: pd.DataFrame) -> Iterator[tuple[str, npt.NDArray[np.intp]]]:
    """Yield each part of the encoding with the level of each comparison vector in it, shape (n_patterns,)."""
    levels = {name: patterns[name].to_numpy(np.intp) for name in LEARNED}
    yield from levels.items()
    classes = ITEM_CLASSES[levels["items"]]
    for name, part in CROSSED.items():
        yield part, levels[name] * 6 + classes


def encode(patterns: pd.DataFrame) -> csr_array:
    """Return comparison vectors as indicators, sparse, shape (n_patterns, n_columns)."""
    found = np.empty((len(patterns), len(SIZES)), np.int32)
    for place, (part, levels) in enumerate(parts_of(patterns)):
        found[:, place] = levels + STARTS[part]
    ends = np.arange(len(patterns) + 1, dtype=np.int32) * len(SIZES)
    return csr_array((np.ones(found.size), found.ravel(), ends), shape=(len(patterns), sum(SIZES.values())))


def restored(text: str) -> Model:
    """Return the model that `store` wrote; one without hindsight, as for an order that is yet to be entered.

    The shipped model is returned where an earlier version wrote it, which compared orders by other levels.
    """
    stored = json.loads(text)
    if {part: len(weights) for part, weights in stored["weights"].items()} != SIZES:
        return shipped_model()
    weights = np.concatenate([np.asarray(stored["weights"][part], float) for part in SIZES])
    return Model(weights, float(stored["intercept"]), float(stored["match_share"]))


@cache
def shipped_model() -> Model:
    """Return the model trained by `models.duplicates.training`."""
    return restored(files("models.duplicates").joinpath("match_weights.json").read_text(encoding="utf-8"))


def store(model: Model) -> str:
    """Return a model as the text of ``match_weights.json``."""
    parts = np.split(model.weights, np.cumsum(list(SIZES.values()))[:-1])
    rounded = {
        part: [round(float(x), 3) for x in part_weights] for part, part_weights in zip(SIZES, parts, strict=True)
    }
    stored = {"match_share": round(model.match_share, 6), "intercept": round(model.intercept, 4), "weights": rounded}
    return json.dumps(stored, indent=1).replace(",\n   ", ", ") + "\n"


def train(patterns: pd.DataFrame, penalty: float = 3.0) -> Model:
    """Fit a model to comparison vectors whose truth is known, by `recordlinkage`'s classifier.

    Parameters
    ----------
    patterns : pandas.DataFrame
        The levels, ``is_match`` (0 or 1) and ``pair_count``.
    penalty : float, default 3.0
        Ridge penalty; the inverse of scikit-learn's ``C``.

    Returns
    -------
    Model
        The fitted weights.
    """
    classifier = LogisticRegressionClassifier(C=1 / penalty, max_iter=500)
    counts = patterns["pair_count"].to_numpy(float)
    matches = patterns["is_match"].to_numpy()
    classifier.kernel.fit(encode(patterns), matches, sample_weight=counts)
    return Model(classifier.coefficients, float(classifier.intercept), float(np.average(matches, weights=counts)))


def shifted(model: Model, patterns: pd.DataFrame) -> Model:
    """Move the intercept to the share of matches that makes the model agree with itself on these pairs.

    Notes
    -----
    Saerens, Latinne, Decaestecker (2002), *Adjusting the outputs of a classifier to new a priori probabilities*.
    """
    if patterns.empty:
        return model
    counts = patterns["pair_count"].to_numpy(float)
    log_odds = model.log_odds(patterns) - logit(model.match_share)
    share = model.match_share
    for _ in range(300):
        expected = float(np.average(expit(log_odds + logit(share)), weights=counts))
        expected = min(max(expected, 1e-6), 0.5)
        if abs(expected - share) < 1e-8:
            break
        share = expected
    return Model(model.weights, model.intercept - logit(model.match_share) + logit(share), share)


def hindsight(patterns: pd.DataFrame, chance: FloatArray) -> dict[str, FloatArray]:
    """Return the weights of what became of the orders, against how often that happens to pairs that are no matches.

    Parameters
    ----------
    patterns : pandas.DataFrame
        The levels of all candidate pairs and ``pair_count``.
    chance : numpy.ndarray, shape (n_patterns,)
        How likely each is a match, without hindsight.

    Returns
    -------
    dict of str to numpy.ndarray
        Natural log-odds for each level of ``payment`` and ``fate``.

    Notes
    -----
    If a share d of duplicates stays unpaid on purpose and a share u of all orders anyway, an unpaid later order has the
    odds (d + (1 - d) u) / u, a paid one 1 - d.
    """
    others = patterns["pair_count"].to_numpy(float) * (1 - chance)

    def count(name: str) -> FloatArray:
        levels = patterns[name].to_numpy(np.int64)
        return np.asarray(np.bincount(levels, weights=others, minlength=len(COMPARISONS[name])), float)

    def odds(share: float, usual: float) -> float:
        return float(np.log((share + (1 - share) * usual) / usual))

    payments, fates = count("payment"), count("fate")
    unpaid = (payments[2] + 1) / (payments[1] + payments[2] + 20)
    returned = (fates[1] + 1) / (fates.sum() + 50)
    return {
        "payment": np.array([0, np.log(1 - UNPAID_SHARE), odds(UNPAID_SHARE, unpaid), 0, 0]),
        "fate": np.array([0, odds(RETURNED_SHARE, returned), REPLACED_LOG_ODDS, REISSUED_LOG_ODDS]),
    }


def adapted(model: Model, patterns: pd.DataFrame, planted: pd.DataFrame, labelled: pd.DataFrame | None = None) -> Model:
    """Adapt a model to the user's own data: their pairs, copies planted among them, and what they labelled.

    Parameters
    ----------
    model : Model
        What holds anywhere.
    patterns : pandas.DataFrame
        The levels of all candidate pairs and ``pair_count``.
    planted : pandas.DataFrame
        The levels of planted copies with their originals and ``pair_count``.
    labelled : pandas.DataFrame, optional
        The levels of labelled pairs and ``is_match``.

    Returns
    -------
    Model
        The adapted weights.
    """
    start = shifted(model, patterns)
    if patterns.empty:
        return start
    before = start.log_odds(patterns)
    start = replace(start, hindsight=hindsight(patterns, expit(before)))
    if planted.empty and (labelled is None or labelled.empty):
        return start
    pair_counts = patterns["pair_count"].to_numpy(float)
    effective = min(EFFECTIVE_PAIRS, pair_counts.sum())
    real, copies = encode(patterns[before > HOPELESS]), encode(planted)
    counts = pair_counts[before > HOPELESS] * effective / pair_counts.sum()
    copy_counts = planted["pair_count"].to_numpy(float)
    copy_counts *= COPY_RATE * start.match_share * effective / max(copy_counts.sum(), 1.0)
    known = encode(labelled) if labelled is not None and len(labelled) else None
    signs = 2.0 * labelled["is_match"].to_numpy(float) - 1 if labelled is not None and len(labelled) else None
    offset = start.later_odds(labelled) if labelled is not None else 0.0
    full = np.log1p(COPY_RATE)

    def loss(parameters: FloatArray) -> tuple[float, FloatArray]:
        weights, intercept = parameters[:-1], parameters[-1]
        odds, copy_odds = real @ weights + intercept, copies @ weights + intercept
        moved = weights - start.weights
        value = moved @ moved / (2 * SPREAD**2)
        chance = expit(odds)
        value += counts @ np.log1p(COPY_RATE * chance)
        value += copy_counts @ (np.logaddexp(0, copy_odds + full) - copy_odds)
        slope = counts * ((1 + COPY_RATE) * chance / (1 + COPY_RATE * chance) - chance)
        copy_slope = copy_counts * (expit(copy_odds + full) - 1)
        gradient = real.T @ slope + copies.T @ copy_slope + moved / SPREAD**2
        rest = slope.sum() + copy_slope.sum()
        if known is not None and signs is not None:
            margin = signs * (known @ weights + intercept + offset)
            value += LABEL_WEIGHT * np.logaddexp(0, -margin).sum()
            label_slope = -LABEL_WEIGHT * signs * expit(-margin)
            gradient = gradient + known.T @ label_slope
            rest += label_slope.sum()
        return float(value), np.append(gradient, rest)

    found = minimize(
        loss, np.append(start.weights, start.intercept), jac=True, method="L-BFGS-B", options={"maxiter": 300}
    )
    fitted = replace(start, weights=found.x[:-1], intercept=float(found.x[-1]))
    share = float(np.average(expit(fitted.log_odds(patterns)), weights=pair_counts))
    return replace(fitted, match_share=min(max(share, 1e-6), 0.5))


def match_weights(model: Model, patterns: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return what each comparison of each pair says, in bits against what it says on average.

    Parameters
    ----------
    model : Model
        The model.
    patterns : pandas.DataFrame
        The levels of all candidate pairs and ``pair_count``, which make the average.
    pairs : pandas.DataFrame
        The levels of the pairs in question.

    Returns
    -------
    pandas.DataFrame
        One column for each comparison and ``prior``; each row adds up to the pair's log2-odds.
    """
    counts = patterns["pair_count"].to_numpy(float)
    shares = {part: np.bincount(levels, counts, SIZES[part]) for part, levels in parts_of(patterns)}
    average = {part: float(model.of_part(part) @ share) / max(counts.sum(), 1.0) for part, share in shares.items()}
    said = {part: (model.of_part(part)[levels] - average[part]) / np.log(2) for part, levels in parts_of(pairs)}
    parts = pd.DataFrame(said, index=pairs.index)
    for name, part in CROSSED.items():
        parts[name] += parts.pop(part)
    parts["prior"] = (model.intercept + sum(average.values())) / np.log(2)
    for name in HINDSIGHT:
        weights = model.hindsight.get(name, np.zeros(len(COMPARISONS[name])))
        parts[name] = weights[pairs[name].to_numpy(np.int64)] / np.log(2)
    return parts


def labelled_patterns(levels: pd.DataFrame, labels: Mapping[str, bool]) -> pd.DataFrame:
    """Return the vectors of the pairs whose later order was judged.

    Parameters
    ----------
    levels : pandas.DataFrame
        ``order_id`` of the later order, the levels, ``log_odds``; a label judges the likeliest pair of its order.
    labels : mapping of str to bool
        For a later order whether it was confirmed as a duplicate.

    Returns
    -------
    pandas.DataFrame
        The levels and ``is_match``.
    """
    judged = levels[levels["order_id"].isin(list(labels))].sort_values("log_odds", ascending=False)
    judged = judged.drop_duplicates("order_id")
    return judged.assign(is_match=judged["order_id"].map(labels).astype(int))
