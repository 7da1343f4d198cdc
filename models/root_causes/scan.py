"""Which segments hold more findings than their share: tested for many looks, overlaps collapsed, the shortest first.

For a segment with ``n`` of ``N`` units and ``x`` of ``F`` findings, everybody else's rate ``(F - x) / (N - n)`` says
how many it should hold; the excess is ``x`` less that. Its chance under no cause at all is Fisher's exact one, times
the number of segments looked at (Bonferroni; those of one, two and three dimensions, customers and products each get
a fifth of the error).

Of all segments that pass, the one that describes the findings best is taken first: the log-likelihood ratio of two
rates against one, less the logarithm of the number of segments of its family (what it costs to name it). What holds a
cause is diluted, a part of it is small, so the cause itself wins. Its orders are set aside, and the rest judged again.

References
----------
.. [1] M. Kulldorff, "A spatial scan statistic", Communications in Statistics 26 (1997).
.. [2] J. Rissanen, "Modeling by shortest data description", Automatica 14 (1978).
"""

from dataclasses import dataclass, field

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import xlogy
from scipy.stats import chi2, hypergeom

from models.root_causes.cells import MINIMUM_FOUND, Conditions, count_cells, found_inside, overlaps
from models.root_causes.dimensions import DIMENSIONS, FAMILIES

FloatArray = npt.NDArray[np.float64]

ALPHA = 0.05
"""Chance that anything at all is claimed where there is no cause."""

MAX_CANDIDATES = 150
MAX_CLAIMS = 8
SAME_SHARE = 0.9
"""Two descriptions that share this much of their units and findings mean the same."""


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


def judged(cells: pd.DataFrame, all_found: pd.Series, all_units: int, test_count: int) -> pd.DataFrame:
    """Add to cells the ``chance`` after correction and the ``gain`` of describing the findings by them.

    Parameters
    ----------
    cells : pandas.DataFrame
        Columns ``found_count, unit_count, look_count, level``.
    all_found : pandas.Series
        Findings of the cell's outcome in all, on the index of ``cells``.
    all_units : int
        Units in all.
    test_count : int
        How many outcomes (kinds, and kinds with a cause) share the error.

    Returns
    -------
    pandas.DataFrame
        The cells with the two columns more.
    """
    found, units = cells["found_count"].to_numpy(float), cells["unit_count"].to_numpy(float)
    total = all_found.to_numpy(float)
    looks = cells["look_count"].to_numpy(float)
    tail = hypergeom.sf(found - 1, all_units, total, units)
    chance = np.minimum(tail * looks * FAMILIES * test_count, 1.0)
    gain = log_ratio(found, units, total, np.full_like(total, all_units)) - np.log(looks)
    return cells.assign(chance=chance, gain=gain)


def conditions_of(row: pd.Series) -> dict[str, str]:
    """Return what describes a cell."""
    return {name: str(row[name]) for name in DIMENSIONS if not pd.isna(row[name])}


def scan(connection: duckdb.DuckDBPyConnection) -> list[Claim]:
    """Return the claims about ``scan_found`` among ``scan_units``, by kind, each kind's best description first."""
    cells = count_cells(connection)
    if cells.empty:
        return []
    totals = connection.execute("select count(*) from scan_units").fetchall()[0][0]
    sums = connection.execute(
        f"""select kind, '' as cause, count(*) as n, sum(money) as money from scan_found group by kind
        union all select kind, cause, count(*), sum(money) from scan_found group by kind, cause
        having count(*) >= {MINIMUM_FOUND}"""
    ).df()
    sums = sums[_is_telling(sums)]
    cells = cells.merge(sums.rename(columns={"n": "all_found", "money": "all_money"}), on=["kind", "cause"])
    tests = len(sums)
    cells = judged(cells, cells["all_found"], int(totals), tests)
    claims: list[Claim] = []
    for kind, group in cells[cells["chance"].le(ALPHA)].groupby("kind"):
        best = group.sort_values(["gain", "level"], ascending=[False, True]).head(MAX_CANDIDATES)
        claims += _claims(connection, str(kind), best.reset_index(drop=True), int(totals), tests)
    return claims


def _is_telling(sums: pd.DataFrame) -> "pd.Series[bool]":
    """Return which outcomes are worth a look: a cause that makes up nearly all of its kind says nothing more."""
    whole = sums["kind"].map(sums[sums["cause"].eq("")].set_index("kind")["n"])
    return sums["cause"].eq("") | sums["n"].lt(SAME_SHARE * whole)


def _claims(
    connection: duckdb.DuckDBPyConnection, kind: str, candidates: pd.DataFrame, all_units: int, test_count: int
) -> list[Claim]:
    """Take the best description, set its units aside, judge the others by what is left, and so on."""
    claims: list[Claim] = []
    taken: list[Conditions] = []
    left = candidates
    rest = left.assign(rest_units=all_units)
    while len(rest) and len(claims) < MAX_CLAIMS:
        best = rest.sort_values(["gain", "level"], ascending=[False, True]).iloc[0]
        conditions = conditions_of(best)
        whole = candidates.iloc[int(str(best.name))]
        shared = overlaps(connection, kind, rest, conditions, taken)
        is_same = _same(rest, shared, best)
        also = tuple(conditions_of(row) for place, row in rest[is_same].iterrows() if place != best.name)
        claims.append(claim(whole, conditions, all_units, also[:3]))
        gone = found_inside(connection, kind, conditions, taken)
        taken.append(conditions)
        rest = rest.assign(
            unit_count=rest["unit_count"] - shared["unit_count"],
            found_count=rest["found_count"] - shared["found_count"],
            rest_units=rest["rest_units"] - int(best["unit_count"]),
            all_found=rest["all_found"] - rest["cause"].map(gone).fillna(0),
        )
        rest = rest[rest["found_count"].ge(MINIMUM_FOUND) & rest["unit_count"].gt(0)]
        if len(rest):
            rest = judged(rest, rest["all_found"], int(rest["rest_units"].iloc[0]), test_count)
            rest = rest[rest["chance"].le(ALPHA)]
    return claims


def _same(rest: pd.DataFrame, shared: pd.DataFrame, best: pd.Series) -> "pd.Series[bool]":
    """Return which candidates mean the same orders and findings as the best."""
    is_same: pd.Series[bool] = rest["cause"].eq(best["cause"])
    for name in ("unit_count", "found_count"):
        is_same &= shared[name].ge(SAME_SHARE * rest[name]) & shared[name].ge(SAME_SHARE * best[name])
    return is_same


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
