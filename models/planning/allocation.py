"""Who gets scarce stock: whole orders, chosen by value per share of scarce stock or exactly, by a solver."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix

Chosen = NDArray[np.bool_]

LEAST_GAP = 0.005
"""The solver stops within this share of the optimum."""


@dataclass(frozen=True)
class Contest:
    """Orders that compete for stock; an order ships complete or waits.

    Attributes
    ----------
    orders : pandas.Index
        The orders, in order of entry.
    value : numpy.ndarray of shape (n_orders,)
        What shipping each is worth.
    needs : scipy.sparse.csr_matrix of shape (n_products, n_orders)
        Units that each order takes of each product.
    stock : numpy.ndarray of shape (n_products,)
        Units to share out.
    """

    orders: "pd.Index[str]"
    value: NDArray[np.float64]
    needs: csr_matrix
    stock: NDArray[np.float64]

    @classmethod
    def of(cls, lines: pd.DataFrame) -> "Contest":
        """Return the contest of some lines.

        Parameters
        ----------
        lines : pandas.DataFrame
            ``order_id, product_id, units, stock, value, entered_at``, one row per open order line of a scarce product;
            ``stock`` is the product's free stock, the same in each of its rows.

        Returns
        -------
        Contest
            Its orders in order of entry.
        """
        ordered = lines.sort_values(["entered_at", "order_id"], kind="stable")
        order, orders = pd.factorize(ordered["order_id"])
        product, products = pd.factorize(ordered["product_id"])
        shape = (len(products), len(orders))
        needs = csr_matrix((ordered["units"].to_numpy(float), (product, order)), shape=shape)
        stock = ordered.groupby(product)["stock"].first().to_numpy(float)
        value = np.bincount(order, ordered["value"].to_numpy(float), minlength=len(orders)).astype(float)
        return cls(pd.Index(orders), value, needs, np.maximum(stock, 0.0))


def served_in(contest: Contest, sequence: NDArray[np.int64], held: Chosen | None = None) -> Chosen:
    """Return which orders ship when they are served one after the other, each complete or not at all."""
    left = contest.stock.copy()
    by_order = contest.needs.tocsc()
    chosen = np.zeros(len(contest.orders), bool)
    for place in sequence:
        if held is not None and held[place]:
            continue
        part = slice(by_order.indptr[place], by_order.indptr[place + 1])
        rows, units = by_order.indices[part], by_order.data[part]
        if (left[rows] >= units - 1e-9).all():
            left[rows] -= units
            chosen[place] = True
    return chosen


def first_come(contest: Contest) -> Chosen:
    """Serve the orders in order of entry."""
    return served_in(contest, np.arange(len(contest.orders)))


def scarce_share(contest: Contest) -> NDArray[np.float64]:
    """Return the share of the scarce stock that each order takes, summed over its products; a product's weight is 1."""
    demand = np.asarray(contest.needs.sum(axis=1)).ravel()
    weight = np.divide(1.0, np.maximum(contest.stock, 1e-9), where=demand > contest.stock, out=np.zeros(len(demand)))
    return np.asarray(contest.needs.T @ weight).ravel()


def by_value(contest: Contest, shipped: Chosen | None = None, held: Chosen | None = None) -> Chosen:
    """Serve the orders by value per share of scarce stock, what a planner has settled first.

    Parameters
    ----------
    contest : Contest
        Orders and stock.
    shipped, held : numpy.ndarray of shape (n_orders,), optional
        Orders that a planner has decided to ship, and to hold.

    Returns
    -------
    numpy.ndarray of shape (n_orders,)
        Which orders ship.
    """
    worth = contest.value / np.maximum(scarce_share(contest), 1e-9)
    settled = np.zeros(len(worth), bool) if shipped is None else shipped
    best = served_in(contest, np.lexsort((-worth, ~settled)), held)
    # Where a few large orders carry the value, taking them first is better: both are explained, the better one counts.
    other = served_in(contest, np.lexsort((-contest.value, ~settled)), held)
    return best if contest.value[best].sum() >= contest.value[other].sum() else other


def optimal(
    contest: Contest, seconds: float = 10.0, shipped: Chosen | None = None, held: Chosen | None = None
) -> Chosen:
    """Choose the orders of the highest total value by mixed-integer programming, within half a percent.

    Parameters
    ----------
    contest : Contest
        Orders and stock.
    seconds : float, default 10.0
        How long the solver may take; the best found by then counts, and never less than `by_value`.
    shipped, held : numpy.ndarray of shape (n_orders,), optional
        Orders that a planner has decided to ship, and to hold.

    Returns
    -------
    numpy.ndarray of shape (n_orders,)
        Which orders ship.
    """
    fallback = by_value(contest, shipped, held)
    if not len(contest.orders):
        return fallback
    # What was settled and fits is what the greedy way ships of it.
    lower = np.zeros(len(contest.orders)) if shipped is None else (shipped & fallback).astype(float)
    upper = np.ones(len(contest.orders)) if held is None else (~held).astype(float)
    found = milp(
        -contest.value,
        constraints=LinearConstraint(contest.needs, ub=contest.stock),
        integrality=np.ones(len(contest.orders)),
        bounds=Bounds(lower, np.maximum(upper, lower)),
        options={"time_limit": seconds, "mip_rel_gap": LEAST_GAP},
    )
    chosen = fallback if found.x is None else found.x > 0.5
    return chosen if contest.value[chosen].sum() >= contest.value[fallback].sum() else fallback
