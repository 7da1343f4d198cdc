"""Why a line was short: the units short shared among six causes by exact Shapley values.

The game behind it: with every deviation from plan that the causes in a set ``S`` brought, and without the others, the
shortage would have been ``v(S) = max(0, sum of S's deviations + ordinary variability - buffer)`` units. Each cause's
share is its Shapley value; what stays short when no cause is at work, ``v({})``, is ordinary variability and goes to
``unknown``.

References
----------
Shapley (1953), A value for n-person games.
"""

from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.vocabulary import SHORTAGE_CAUSES
from models.shortages.bridge import Scenario, bridge
from models.shortages.ledger import Units
from models.shortages.reach import overtaken, reach
from models.shortages.stock_book import StockBook

PLAYERS = SHORTAGE_CAUSES[:-1]
"""The causes that share in the product's shortage; allocation is a matter of the single line and is taken out first."""

FORECAST, POLICY = PLAYERS.index("under_forecast"), PLAYERS.index("reorder_policy")

CLEAR = 0.8
"""From this share on the main cause is called clear; from half on, probable."""


TIED = 0.02
"""Shares this near to the largest are as large."""


def coalitions(n_players: int) -> NDArray[np.float64]:
    """Return all subsets as a 0/1 matrix of shape ``(2**n_players, n_players)``; row ``k`` holds the bits of ``k``."""
    return ((np.arange(2**n_players)[:, None] >> np.arange(n_players)) & 1).astype(float)


def shapley_weights(n_players: int) -> NDArray[np.float64]:
    """Return the matrix of shape ``(2**n_players, n_players)`` that turns coalition values into Shapley values."""
    weights = np.zeros((2**n_players, n_players))
    for player in range(n_players):
        others = [other for other in range(n_players) if other != player]
        for size in range(n_players):
            weight = factorial(size) * factorial(n_players - size - 1) / factorial(n_players)
            for chosen in combinations(others, size):
                without = sum(1 << other for other in chosen)
                weights[without, player] -= weight
                weights[without | 1 << player, player] += weight
    return weights


def share_out(
    deviations: Units, variability: Units, buffer: Units, jointly: Units | float = 0.0
) -> tuple[Units, Units, Units]:
    """Share each shortage among its causes.

    Parameters
    ----------
    deviations : numpy.ndarray of shape (n_days, n_causes)
        Units that each cause took from stock or added to demand, at least 0.
    variability : numpy.ndarray of shape (n_days,)
        Units of ordinary variability, at least 0.
    buffer : numpy.ndarray of shape (n_days,)
        Units that stood against them.
    jointly : numpy.ndarray of shape (n_days, 2**n_causes), default 0
        Units that a coalition takes beyond the sum of its causes' deviations.

    Returns
    -------
    values : numpy.ndarray of shape (n_days, n_causes)
        Units short by cause, at least 0.
    base : numpy.ndarray of shape (n_days,)
        Units short even without any cause.
    but_for : numpy.ndarray of shape (n_days, n_causes)
        Units that would not have been short, had this cause alone not been at work.
    """
    n_causes = deviations.shape[1]
    sets = coalitions(n_causes)
    worth = np.maximum(deviations @ sets.T + (variability - buffer)[:, None] + jointly, 0.0)
    without = [2**n_causes - 1 - (1 << cause) for cause in range(n_causes)]
    return worth @ shapley_weights(n_causes), worth[:, 0], worth[:, [-1]] - worth[:, without]


def attribute(book: StockBook, found: pd.DataFrame) -> pd.DataFrame:
    """Say for each short line which share of its units short goes to which cause.

    Parameters
    ----------
    book : StockBook
        Demand, supply and stock.
    found : pandas.DataFrame
        Short lines with ``row``, ``at`` and ``short_quantity``, as from `short_lines`.

    Returns
    -------
    pandas.DataFrame
        One row per row of ``found``: ``cause``, ``share_*`` for the six causes and ``unknown`` (adding up to 1),
        ``but_for`` (units that would have been there without the main cause), ``certainty`` (clear, probable, mixed),
        and the figures of the bridge.
    """
    rows, at = found["row"].to_numpy(int), found["at"].to_numpy(np.int64)
    short = found["short_quantity"].to_numpy(float)
    figures = bridge(book, rows, at)
    around = reach(book, rows, at, short)
    allocated = around.allocation(book.line_products[rows], at, short, np.maximum(figures.record, 0.0))
    taken = np.divide(allocated, short)
    told, saved = weigh(figures.scenarios, short)
    left = (1 - taken)[:, None]
    shares = np.column_stack([told * left, taken])
    unknown = np.clip(1 - shares.sum(axis=1), 0, 1)
    # What no cause of the product explains may have been this line's alone: it was there, and later orders got it.
    passed_over = unknown * overtaken(book, rows, short) / short
    shares[:, -1] += passed_over
    unknown -= passed_over
    result = pd.DataFrame(shares, columns=[f"share_{cause}" for cause in SHORTAGE_CAUSES])
    result["share_unknown"] = unknown
    names = np.array([*SHORTAGE_CAUSES, "unknown"])
    every = np.column_stack([shares, unknown])
    main = main_cause(every, figures.deviations())
    result["cause"] = names[main]
    top = every.max(axis=1)
    result["certainty"] = np.where(top >= CLEAR, "clear", np.where(top >= 0.5, "probable", "mixed"))
    saved = np.column_stack([saved * left, taken, np.zeros(len(found))])
    result["but_for"] = np.minimum(saved[np.arange(len(found)), main], 1.0) * short
    result["within_reach"], result["left"], result["elsewhere"] = allocated, around.left, around.elsewhere
    return pd.concat([result, figures.frame()], axis=1)


def weigh(scenarios: list[Scenario], short: Units) -> tuple[Units, Units]:
    """Share each line's shortage among the causes by every scenario, and take the mean by the scenarios' chances.

    What is half likely to be a cause's gets half of what that cause would get if it were certain. Half its units
    instead would often tip the balance as well as all of them, and put the whole blame on a doubt.

    Parameters
    ----------
    scenarios : list of Scenario
        The readings of the figures.
    short : numpy.ndarray of shape (n_lines,)
        Units short.

    Returns
    -------
    shares, saved : numpy.ndarray of shape (n_lines, 5)
        Share of the units short by cause, and the share that would have been there without it; both 0..1.
    """
    sets = coalitions(len(PLAYERS))
    in_vain = sets[:, POLICY] * (1 - sets[:, FORECAST])
    shares, saved = np.zeros((len(short), len(PLAYERS))), np.zeros((len(short), len(PLAYERS)))
    for one in scenarios:
        rows = np.flatnonzero(one.chance > 0)
        against = one.deviations[rows].sum(axis=1) + one.variability[rows]
        buffer = one.buffer[rows]
        # The line was short, whatever the figures say: what they leave unexplained is nobody's; it used up the buffer.
        explained = np.clip(np.divide(against, buffer, out=np.ones(len(rows)), where=buffer > 0), 0.0, 1.0)
        spare = np.minimum(buffer, np.maximum(against - short[rows], 0.0))
        jointly = np.outer(one.unheeded[rows], in_vain)
        values, base, but_for = share_out(one.deviations[rows], one.variability[rows], spare, jointly)
        judged = one.chance[rows] * explained / np.maximum(values.sum(axis=1) + base, 1e-9)
        shares[rows] += values * judged[:, None]
        saved[rows] += but_for * judged[:, None]
    return shares, saved


def main_cause(shares: Units, deviations: Units) -> NDArray[np.int64]:
    """Return the place of the largest share of each line; among equal ones that of the larger deviation.

    Two causes that were both needed share alike, however far each went beyond what was needed. A forecast persistently
    too low also explains outsized-looking demand and a position below what was needed: their deviations count for it.

    Parameters
    ----------
    shares : numpy.ndarray of shape (n_lines, 7)
        Shares of the six causes and of ordinary variability.
    deviations : numpy.ndarray of shape (n_lines, 5)
        What each of the first five took, in units.

    Returns
    -------
    numpy.ndarray of shape (n_lines,)
        Places in the columns of ``shares``.
    """
    forecast, spike, policy = (
        SHORTAGE_CAUSES.index(name) for name in ("under_forecast", "demand_spike", "reorder_policy")
    )
    is_top = shares >= shares.max(axis=1, keepdims=True) - TIED
    extent = np.zeros_like(shares)
    extent[:, : deviations.shape[1]] = deviations
    extent[:, forecast] += np.where(extent[:, forecast] > 0, extent[:, spike] + extent[:, policy], 0.0)
    return np.asarray(np.where(is_top, extent, -1.0).argmax(axis=1))


def not_judged(tables: set[str]) -> list[str]:
    """Return the causes that cannot be judged because the tables that would show them are missing."""
    needs = {
        "late_supplier": {"purchase_orders"},
        "stock_record_error": {"stock_counts"},
        "reorder_policy": {"inventory", "purchase_orders"},
        "allocation": {"inventory"},
    }
    return [cause for cause, needed in needs.items() if not needed <= tables]


__all__ = ["PLAYERS", "attribute", "coalitions", "not_judged", "shapley_weights", "share_out"]
