"""Which segments hold more findings than their share: tested for many looks, overlaps collapsed, the shortest first.

For a segment with ``n`` of ``N`` units and ``x`` of ``F`` findings, everybody else's rate ``(F - x) / (N - n)`` says
how many it should hold; the excess is ``x`` less that. Its chance under no cause at all is Fisher's exact one, times
the number of segments looked at (Bonferroni; those of one, two and three dimensions, customers and products each get
a fifth of the error).

Of all segments that pass, the one that describes the findings best is taken first: the log-likelihood ratio of two
rates against one, less the logarithm of the number of segments of its family (what it costs to name it). What holds a
cause is diluted, a part of it is small, so the cause itself wins. Of descriptions that hold the very same orders the
simplest is told (`PREFERRED`). Its orders are set aside, and the rest judged again.

References
----------
.. [1] M. Kulldorff, "A spatial scan statistic", Communications in Statistics 26 (1997).
.. [2] J. Rissanen, "Modeling by shortest data description", Automatica 14 (1978).
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import gammaln, xlogy
from scipy.stats import chi2

from models.root_causes.cells import (
    MINIMUM_FOUND,
    SAME_SHARE,
    BoolArray,
    Census,
    count_cells,
    count_inside,
    inside,
    take_census,
)
from models.root_causes.dimensions import DIMENSIONS, FAMILIES, PREFERRED

FloatArray = npt.NDArray[np.float64]

ALPHA = 0.05
"""Chance that anything at all is claimed where there is no cause."""

MAX_CANDIDATES = 150
MAX_CLAIMS = 8
MAX_SAME = 3

TAIL_TERMS = 64
"""Terms of a tail that are added one by one; the rest is bounded by a geometric series."""


@dataclass(frozen=True)
class Claim:
    """A segment that holds more findings of a kind than its share.

    Attributes
    ----------
    kind, cause : str
        What is over-represented; an empty cause means all causes of the kind.
    conditions : dict of str to str
        The value of each dimension that describes the segment.
    found_count, unit_count : int
        Findings and units (orders or lines) in the segment.
    expected : float
        Findings it would hold at everybody else's rate.
    excess, excess_low, excess_high : float
        Findings beyond that, with the 95 % interval.
    money, excess_money, money_low, money_high : float
        The same in money at risk.
    chance : float
        Of a segment as extreme anywhere among those looked at, if there were no cause.
    look_count : int
        How many segments were looked at.
    same : tuple of dict
        Other descriptions of the same orders.
    """

    kind: str
    cause: str
    conditions: dict[str, str]
    found_count: int
    unit_count: int
    expected: float
    excess: float
    excess_low: float
    excess_high: float
    money: float
    excess_money: float
    money_low: float
    money_high: float
    chance: float
    look_count: int
    same: tuple[dict[str, str], ...] = field(default=())


def poisson_interval(count: FloatArray, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Return Garwood's exact interval of a Poisson mean, shape of ``count``."""
    tail = (1 - level) / 2
    low = np.where(count > 0, chi2.ppf(tail, 2 * np.maximum(count, 1)) / 2, 0.0)
    return low, chi2.ppf(1 - tail, 2 * (count + 1)) / 2


def log_ratio(found: FloatArray, units: FloatArray, all_found: FloatArray, all_units: FloatArray) -> FloatArray:
    """Return the log-likelihood ratio of two rates against one; 0 where the segment holds fewer than its share."""
    rest_found, rest_units = all_found - found, np.maximum(all_units - units, 1e-9)
    inside, outside, overall = found / units, rest_found / rest_units, all_found / all_units
    ratio: FloatArray = (
        xlogy(found, inside)
        + xlogy(units - found, np.maximum(1 - inside, 0))
        + xlogy(rest_found, outside)
        + xlogy(rest_units - rest_found, np.clip(1 - outside, 0, 1))
        - xlogy(all_found, overall)
        - xlogy(all_units - all_found, np.clip(1 - overall, 1e-12, 1))
    )
    return np.where(inside > outside, ratio, 0.0)


def fisher_tail(found: FloatArray, units: FloatArray, all_found: FloatArray, all_units: float) -> FloatArray:
    """Return Fisher's chance of ``found`` findings or more among ``units`` of ``all_units``; 1 up to the mean.

    The far terms of the sum are bounded by a geometric series, so what is returned is never too small.
    """
    kept = found * all_units > units * all_found
    n, drawn, marked = found[kept], units[kept], all_found[kept]
    log_first = _log_choose(marked, n) + _log_choose(all_units - marked, drawn - n) - _log_choose(all_units, drawn)
    total, term = np.ones_like(n), np.ones_like(n)
    for _step in range(TAIL_TERMS):
        term *= (marked - n) * (drawn - n) / ((n + 1) * (all_units - marked - drawn + n + 1))
        total += term
        n = n + 1
    ratio = np.where(term > 0, (marked - n) * (drawn - n) / ((n + 1) * (all_units - marked - drawn + n + 1)), 0.0)
    tail = np.ones_like(found)
    tail[kept] = np.minimum(np.exp(log_first) * (total + term * ratio / (1 - ratio)), 1.0)
    return tail


def _log_choose(whole: FloatArray | float, part: FloatArray) -> FloatArray:
    chosen: FloatArray = gammaln(whole + 1) - gammaln(part + 1) - gammaln(whole - part + 1)
    return chosen


def judged(cells: pd.DataFrame, all_units: float, test_count: int) -> pd.DataFrame:
    """Return the cells that hold more than their share, with ``chance`` and ``gain``.

    Parameters
    ----------
    cells : pandas.DataFrame
        Columns ``found_count, unit_count, all_found, look_count``.
    all_units : float
        Units in all.
    test_count : int
        How many outcomes (kinds, and kinds with a cause) share the error.

    Returns
    -------
    pandas.DataFrame
        Those whose ``chance`` after correction is at most `ALPHA`, and the ``gain`` of describing the findings by them.
    """
    found, units, total = _counted(cells)
    tail = fisher_tail(found, units, total, all_units)
    chance = np.minimum(tail * cells["look_count"].to_numpy() * FAMILIES * test_count, 1.0)
    passing: pd.DataFrame = cells.assign(chance=chance)[chance <= ALPHA]
    found, units, total = _counted(passing)
    ratio = log_ratio(found, units, total, np.full_like(total, all_units))
    return passing.assign(gain=ratio - np.log(passing["look_count"]))


def _counted(cells: pd.DataFrame) -> tuple[FloatArray, FloatArray, FloatArray]:
    return (
        cells["found_count"].to_numpy(float),
        cells["unit_count"].to_numpy(float),
        cells["all_found"].to_numpy(float),
    )


def scan(units: pd.DataFrame, found: pd.DataFrame) -> list[Claim]:
    """Return the claims about findings among units, by kind, each kind's best description first.

    Parameters
    ----------
    units : pandas.DataFrame
        The dimensions of each order or line.
    found : pandas.DataFrame
        The dimensions of each finding, and ``kind, cause, money``.
    """
    if found.empty:
        return []
    census = take_census(units, found)
    cells = count_cells(census).merge(census.outcomes, left_on="outcome", right_index=True)
    cells = judged(cells, census.unit_count, len(census.outcomes))
    claims: list[Claim] = []
    for _kind, group in cells.groupby("kind"):
        best = group.sort_values(["gain", "level"], ascending=[False, True]).head(MAX_CANDIDATES)
        claims += _claims(census, best.reset_index(drop=True))
    return claims


def _claims(census: Census, candidates: pd.DataFrame) -> list[Claim]:
    """Take a kind's best description, set its units aside, judge the others by what is left, and so on."""
    claims: list[Claim] = []
    rest = candidates
    units_left: BoolArray = np.ones(census.unit_count, dtype=np.bool_)
    found_left: BoolArray = np.ones(len(census.money), dtype=np.bool_)
    while len(rest) and len(claims) < MAX_CLAIMS:
        best = rest.sort_values(["gain", "level"], ascending=[False, True]).iloc[0]
        units_in = inside(census.units, best.to_dict()) & units_left
        found_in = inside(census.found, best.to_dict()) & found_left
        shared = pd.DataFrame(
            {
                "unit_count": count_inside(census.units, rest, units_in),
                "found_count": count_inside(census.found, rest, found_in, (census.of_kind, census.of_cause)),
            },
            index=rest.index,
        )
        best = _preferred(rest[_same(rest, shared, best, 1.0)])
        same = rest[_same(rest, shared, best, SAME_SHARE) & (rest.index != best.name)]
        others = tuple(conditions_of(census, row) for _, row in same.head(MAX_SAME).iterrows())
        whole = candidates[candidates.index == best.name].iloc[0]
        claims.append(claim(whole, conditions_of(census, best), census.unit_count, others))
        units_left &= ~units_in
        found_left &= ~found_in
        rest = rest.assign(
            unit_count=rest["unit_count"] - shared["unit_count"],
            found_count=rest["found_count"] - shared["found_count"],
            all_found=rest["all_found"] - rest["outcome"].map(_counts(census, found_in)).fillna(0),
        )
        rest = rest[rest["found_count"].ge(MINIMUM_FOUND) & rest["unit_count"].gt(0)]
        rest = judged(rest, int(np.count_nonzero(units_left)), len(census.outcomes))
    return claims


def _counts(census: Census, rows: BoolArray) -> "pd.Series[int]":
    """Count findings by outcome."""
    return pd.Series(np.concatenate([census.of_kind[rows], census.of_cause[rows]])).value_counts()


def conditions_of(census: Census, cell: pd.Series) -> dict[str, str]:
    """Return what describes a cell."""
    return {name: census.values[name][int(cell[name])] for name in DIMENSIONS if cell[name]}


def _same(rest: pd.DataFrame, shared: pd.DataFrame, best: pd.Series, share: float) -> "pd.Series[bool]":
    """Return which candidates have at least ``share`` of their orders and findings, and of the best's, in common."""
    is_same: pd.Series[bool] = rest["outcome"].eq(best["outcome"])
    for name in ("unit_count", "found_count"):
        is_same &= shared[name].ge(share * rest[name]) & shared[name].ge(share * best[name])
    return is_same


def _preferred(cells: pd.DataFrame) -> pd.Series:
    """Return, of descriptions of the very same orders, the one of fewest dimensions and those that come first."""
    order = sum(cells[name].gt(0) * (1 << place) for place, name in enumerate(PREFERRED))
    return cells.assign(order=order).sort_values(["level", "order"]).iloc[0]


def claim(cell: pd.Series, conditions: dict[str, str], all_units: int, same: tuple[dict[str, str], ...]) -> Claim:
    """Return the claim that a cell makes, with its excess in findings and in money against everybody else."""
    found, units = int(cell["found_count"]), int(cell["unit_count"])
    rest = max(all_units - units, 1)
    factor = units / rest
    expected = (cell["all_found"] - found) * factor
    low, high = (float(bound) for bound in poisson_interval(np.array(float(found))))
    spread = 1.96 * factor * np.sqrt(max(cell["all_found"] - found, 0.0))
    money = float(cell["money"] or 0)
    excess_money = money - (float(cell["all_money"] or 0) - money) * factor
    money_spread = 1.96 * float(np.sqrt(cell["money_squares"] or 0))
    return Claim(
        kind=str(cell["kind"]),
        cause=str(cell["cause"]),
        conditions=conditions,
        found_count=found,
        unit_count=units,
        expected=float(expected),
        excess=float(found - expected),
        excess_low=float(found - expected - np.hypot(found - low, spread)),
        excess_high=float(found - expected + np.hypot(high - found, spread)),
        money=money,
        excess_money=float(excess_money),
        money_low=float(excess_money - money_spread),
        money_high=float(excess_money + money_spread),
        chance=float(cell["chance"]),
        look_count=int(cell["look_count"]),
        same=same,
    )
