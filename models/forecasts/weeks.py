"""Weekly demand as a matrix: one row per product, oldest week first."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]


def weekly_matrix(weeks: pd.DataFrame, until: pd.Timestamp, n_weeks: int = 104) -> tuple[pd.Index, Matrix]:
    """Lay weekly demand out as a matrix.

    Parameters
    ----------
    weeks : pandas.DataFrame
        ``product_id, week_start, quantity``, as from `StockBook.weekly_demand`.
    until : pandas.Timestamp
        Only weeks that end by then are taken: a week that still runs looks low.
    n_weeks : int, default 104
        How many weeks to take, at most.

    Returns
    -------
    products : pandas.Index
        The product of each row.
    y : numpy.ndarray of shape (n_products, n_weeks)
        Units a week; 0 in weeks without demand, not-a-number before the first.
    """
    monday = pd.Timestamp(until).normalize() - pd.Timedelta(days=pd.Timestamp(until).weekday())
    age = ((monday - weeks["week_start"]).dt.days // 7).to_numpy()
    taken = weeks[(age >= 1)]
    age = age[age >= 1]
    codes, products = pd.factorize(taken["product_id"], sort=True)
    width = int(min(n_weeks, age.max())) if len(age) else 0
    y = np.zeros((len(products), width))
    first = np.zeros(len(products), int)
    np.maximum.at(first, codes, age)
    inside = age <= width
    np.add.at(y, (codes[inside], width - age[inside]), taken["quantity"].to_numpy(float)[inside])
    y[np.arange(width)[None, :] < width - first[:, None]] = np.nan
    return pd.Index(products), y
