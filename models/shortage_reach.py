"""Stock that was within reach of a short line and went elsewhere: allocation, a matter of the single line."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.ledger import DAY, Times, Units
from models.shortage_bridge import left_over
from models.stock_book import StockBook


@dataclass(frozen=True)
class Reach:
    """Stock that was there when each line was short, in units.

    Parameters
    ----------
    allocation : numpy.ndarray of shape (n_lines,)
        Units of the line that stock on the shelf could have covered.
    left : numpy.ndarray of shape (n_lines,)
        Book stock left in all warehouses.
    """

    allocation: Units
    left: Units

    def frame(self) -> pd.DataFrame:
        """Return the figures as columns, for evidence."""
        return pd.DataFrame({"within_reach": self.allocation, "left": self.left})


def within_reach(book: StockBook, rows: NDArray[np.int64], at: Times, short: Units, record: Units) -> Reach:
    """Return how much of each short line stock elsewhere or reserved for others could have covered.

    Parameters
    ----------
    book : StockBook
        Stock and demand.
    rows : numpy.ndarray of shape (n_lines,)
        Places of the short lines in ``book.lines``.
    at : numpy.ndarray of shape (n_lines,)
        When each was short, seconds.
    short : numpy.ndarray of shape (n_lines,)
        Units short.
    record : numpy.ndarray of shape (n_lines,)
        Units that the book showed and the shelf did not have.

    Returns
    -------
    Reach
        One entry per short line.
    """
    codes = book.line_products[rows]
    left = left_over(book, codes, at)
    # Stock that earlier orders still wait for is theirs by right.
    earlier = book.claimed.before(codes, book.ordered[rows]) - book.released.before(codes, at + 1)
    free = np.maximum(np.nan_to_num(left) - np.maximum(record, 0.0) - np.maximum(earlier, 0.0), 0.0)
    day = pd.DataFrame({"code": codes, "day": at // DAY, "short": short})
    together = day.groupby(["code", "day"])["short"].transform("sum").to_numpy(float)
    share = np.minimum(np.divide(free, together, out=np.zeros(len(free)), where=together > 0), 1.0)
    return Reach(share * short, left)
