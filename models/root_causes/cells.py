"""Counting: how many units and how many findings every segment of up to three dimensions holds.

The values of a dimension are numbered, so that a segment is a number too, and counting all segments of some dimensions
is one pass over an array.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.root_causes.dimensions import COMBINED, DIMENSIONS, MAX_VALUES, combined, family

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Numbers = Mapping[str, npt.NDArray[np.int32]]
"""For each dimension the number of its value in each row; 0 stands for one that is not known, or rare."""

MINIMUM_FOUND = 5
"""A segment with fewer findings is not told of."""

SAME_SHARE = 0.9
"""What shares this much of its units and findings with something else means the same."""


@dataclass(frozen=True)
class Census:
    """Units (orders or lines) and the findings about them, each value as a number.

    Attributes
    ----------
    units, found : mapping of str to ndarray
        The numbers of the units, shape ``(n_units,)``, and of the findings, shape ``(n_found,)``.
    values : mapping of str to list of str
        What the numbers of a dimension stand for; the first stands for what is not known.
    unit_count : int
        How many units there are.
    outcomes : pandas.DataFrame
        What may be over-represented: columns ``kind, cause`` (empty: all causes), ``all_found, all_money``.
    of_kind, of_cause : ndarray of shape (n_found,)
        The outcome of each finding's kind, and that of its kind and cause; -1 if that one is not looked at.
    money : ndarray of shape (n_found,)
        Money at risk.
    """

    units: Numbers
    found: Numbers
    values: Mapping[str, list[str]]
    unit_count: int
    outcomes: pd.DataFrame
    of_kind: IntArray
    of_cause: IntArray
    money: npt.NDArray[np.float64]


def take_census(units: pd.DataFrame, found: pd.DataFrame) -> Census:
    """Number the values of units and findings; rare values of combined dimensions stay unnamed.

    Parameters
    ----------
    units : pandas.DataFrame
        Columns as `DIMENSIONS`, one row per order or line; categorical columns are the fastest.
    found : pandas.DataFrame
        Columns ``kind, cause, money`` and the dimensions, one row per finding.
    """
    unit_numbers, found_numbers, values = {}, {}, {}
    for name in DIMENSIONS:
        unit_numbers[name], found_numbers[name], values[name] = _number(name, units[name], found[name])
    outcomes = _outcomes(found)
    places = outcomes[["kind", "cause"]].reset_index(names="place")
    return Census(
        unit_numbers,
        found_numbers,
        values,
        len(units),
        outcomes,
        _places(found[["kind"]].assign(cause=""), places),
        _places(found[["kind", "cause"]], places),
        found["money"].to_numpy(float),
    )


def _number(
    name: str, units: pd.Series, found: pd.Series
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], list[str]]:
    """Return the numbers of a dimension's values among units and findings, the most frequent first, and the values."""
    known = units.astype("category").cat
    counts = np.bincount(known.codes.to_numpy() + 1, minlength=len(known.categories) + 1)[1:]
    order = np.argsort(-counts, kind="stable")[: MAX_VALUES if name in COMBINED else None]
    kept = order[counts[order] > 0]
    renumbered = np.zeros(len(counts) + 1, dtype=np.int32)
    renumbered[kept + 1] = np.arange(1, len(kept) + 1)
    there = pd.Categorical(found, categories=known.categories)
    return (
        renumbered[known.codes.to_numpy() + 1],
        renumbered[there.codes + 1],
        ["", *known.categories[kept].astype(str)],
    )


def _outcomes(found: pd.DataFrame) -> pd.DataFrame:
    """Return kinds, and kinds with a cause unless it makes up nearly all of its kind: then it says nothing more."""
    totals = {"all_found": ("money", "size"), "all_money": ("money", "sum")}
    kinds = found.groupby("kind", as_index=False).agg(**totals).assign(cause="")
    causes = found.groupby(["kind", "cause"], as_index=False).agg(**totals)
    whole = causes["kind"].map(kinds.set_index("kind")["all_found"])
    is_telling = causes["all_found"].ge(MINIMUM_FOUND) & causes["all_found"].lt(SAME_SHARE * whole)
    return pd.concat([kinds, causes[is_telling]], ignore_index=True)


def _places(pairs: pd.DataFrame, places: pd.DataFrame) -> IntArray:
    """Return the outcome of each pair of kind and cause, -1 if it is none."""
    return pairs.merge(places, on=["kind", "cause"], how="left")["place"].fillna(-1).to_numpy(np.int64)


def count_cells(census: Census) -> pd.DataFrame:
    """Count units and findings in every segment that holds enough findings of an outcome.

    Returns
    -------
    pandas.DataFrame
        Columns ``outcome, level, unit_count, found_count, money, money_squares``, the dimensions (the number of the
        value, 0 where a segment says nothing of it), and ``look_count``: how many segments of that family are large
        enough to be looked at.
    """
    outcome = np.concatenate([census.of_kind, census.of_cause])
    rows = np.flatnonzero(outcome >= 0)
    outcome, place = outcome[rows], rows % max(len(census.money), 1)
    looks: Counter[str] = Counter()
    parts = []
    for names in combined():
        sizes = tuple(len(census.values[name]) for name in names)
        unit_counts = np.bincount(_keys(census.units, names, sizes), minlength=int(np.prod(sizes)))
        is_named = unit_counts.reshape(sizes)[(slice(1, None),) * len(names)]
        looks[family(names)] += int(np.count_nonzero(is_named >= MINIMUM_FOUND))
        keys = _keys(census.found, names, sizes)[place]
        parts.append(_count_found(names, sizes, outcome * unit_counts.size + keys, census.money[place], unit_counts))
    cells = pd.concat(parts, ignore_index=True)
    return cells.assign(look_count=cells["family"].map(looks)).drop(columns="family")


def _keys(numbers: Numbers, names: Sequence[str], sizes: Sequence[int]) -> IntArray:
    """Return one number per row for its combination of values."""
    keys = numbers[names[0]].astype(np.int64)
    for name, size in zip(names[1:], sizes[1:], strict=True):
        keys *= size
        keys += numbers[name]
    return keys


def _count_found(
    names: tuple[str, ...],
    sizes: tuple[int, ...],
    keys: IntArray,
    money: npt.NDArray[np.float64],
    unit_counts: IntArray,
) -> pd.DataFrame:
    """Count findings by outcome and combination of values, where all values are known and the findings enough."""
    found, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    outcomes, cells = np.divmod(found, unit_counts.size)
    numbers = np.unravel_index(cells, sizes)
    kept = (counts >= MINIMUM_FOUND) & np.all(numbers, axis=0)
    sums = np.bincount(inverse, weights=money, minlength=len(found))
    squares = np.bincount(inverse, weights=money**2, minlength=len(found))
    table = {
        "outcome": outcomes,
        "level": np.full(len(found), len(names)),
        "family": np.full(len(found), family(names)),
        "unit_count": unit_counts[cells],
        "found_count": counts,
        "money": sums,
        "money_squares": squares,
        **dict.fromkeys(DIMENSIONS, np.zeros(len(found), dtype=np.int64)),
        **dict(zip(names, numbers, strict=True)),
    }
    return pd.DataFrame({name: column[kept] for name, column in table.items()})


def inside(numbers: Numbers, cell: Mapping[Hashable, int]) -> BoolArray:
    """Return which rows lie in a segment, given by the number of each dimension's value, 0 where it says nothing."""
    return reduce(np.logical_and, [numbers[name] == cell[name] for name in DIMENSIONS if cell[name]])


def count_inside(numbers: Numbers, cells: pd.DataFrame, rows: BoolArray, outcomes: Sequence[IntArray] = ()) -> IntArray:
    """Count how many of some rows lie in each segment, of its own outcome if the rows have ``outcomes``."""
    there = {name: numbers[name][rows] for name in DIMENSIONS}
    of_rows = [outcome[rows] for outcome in outcomes]
    counts = []
    for cell in cells.to_dict("records"):
        mask = inside(there, cell)
        if of_rows:
            mask &= np.logical_or.reduce([outcome == cell["outcome"] for outcome in of_rows])
        counts.append(np.count_nonzero(mask))
    return np.array(counts, dtype=np.int64)
