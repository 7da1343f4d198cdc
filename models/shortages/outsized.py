"""Order lines far beyond what is usual of their product: a plan neither expects another nor holds stock for it."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.shortages.ledger import DAY, Codes, Ledger, Times, Units

OUTSIZED = 3.5
"""Robust standard deviations of log quantity beyond which a line is outsized."""

MANY_TIMES = 4.0
"""Times the quantity that nine in ten lines keep to, beyond which a line is outsized, too: where sizes fall off like
waiting times, one line in ten thousand is that large, though its logarithm is nothing special."""

ALONE_DAYS = 28
"""An outsized line is one that stands out among those of this many days around it."""

RARE_DAYS, RARELY = 182, 2
"""What comes oftener than so many times in so many days to either side is bought in bulk again and again."""


def usual_limits(codes: Codes, quantity: Units, n_products: int) -> tuple[Units, Units]:
    """Return each product's largest usual line quantity, and the quantity a line of it is cut to when outsized.

    Parameters
    ----------
    codes : numpy.ndarray of shape (n_lines,)
        Product codes.
    quantity : numpy.ndarray of shape (n_lines,)
        Units; lines without any are left out.
    n_products : int
        How many products there are.

    Returns
    -------
    limit, usual : numpy.ndarray of shape (n_products,)
        Units; without limit where a product was never ordered.
    """
    frame = pd.DataFrame({"code": codes, "quantity": quantity})[quantity > 0]
    logs = np.log(frame["quantity"])
    median = logs.groupby(frame["code"]).median()
    mad = (logs - frame["code"].map(median)).abs().groupby(frame["code"]).median()
    limit = np.exp(median + OUTSIZED * 1.4826 * np.maximum(mad, 0.25))
    usual = frame.groupby("code")["quantity"].quantile(0.9)
    limit = np.minimum(limit, MANY_TIMES * usual)
    places = range(n_products)
    return limit.reindex(places).fillna(np.inf).to_numpy(), usual.reindex(places).fillna(0).to_numpy()


def _stands_alone(codes: Codes, times: Times, is_large: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep of the large lines those that few others around them match: where many are large, demand has shifted."""
    start, end = times - ALONE_DAYS * DAY, times + ALONE_DAYS * DAY
    large = Ledger(codes, times, is_large).between(codes, start, end)
    every = Ledger(codes, times, np.ones(len(codes))).between(codes, start, end)
    return is_large & ((large <= 2) | (large <= 0.2 * every))


def excess(codes: Codes, times: Times, quantity: Units, n_products: int) -> Units:
    """Return the units of each line beyond its product's usual lines; 0 where it is not outsized, or not alone so.

    Parameters
    ----------
    codes : numpy.ndarray of shape (n_lines,)
        Product codes.
    times : numpy.ndarray of shape (n_lines,)
        When each line was ordered, seconds.
    quantity : numpy.ndarray of shape (n_lines,)
        Units requested.
    n_products : int
        How many products there are.

    Returns
    -------
    numpy.ndarray of shape (n_lines,)
        Units.
    """
    limit, usual = usual_limits(codes, quantity, n_products)
    is_outsized = _stands_alone(codes, times, quantity > limit[codes])
    return np.where(is_outsized, quantity - usual[codes], 0.0)


def is_rare(codes: Codes, times: Times, units: Units) -> NDArray[np.bool_]:
    """Tell which lines have units beyond the usual that hardly any other line of the product has, in months.

    Parameters
    ----------
    codes : numpy.ndarray of shape (n_lines,)
        Product codes.
    times : numpy.ndarray of shape (n_lines,)
        When each line was ordered, seconds.
    units : numpy.ndarray of shape (n_lines,)
        Units beyond the usual, as from `excess`.

    Returns
    -------
    numpy.ndarray of shape (n_lines,)
        Whether a plan may leave those units out.
    """
    large = Ledger(codes, times, units > 0).between(codes, times - RARE_DAYS * DAY, times + RARE_DAYS * DAY)
    return np.asarray((units > 0) & (large <= RARELY))
