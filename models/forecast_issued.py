"""The company's own forecasts, as they stood when they were issued."""

import numpy as np
import pandas as pd

from models.ledger import DAY, Codes, Snapshots, Times, Units, is_missing, seconds
from models.stock_book import StockBook


def issued_forecast(book: StockBook, codes: Codes, start: Times, end: Times, known_at: Times) -> Units:
    """Return the units forecast for ``[start, end)`` by what was issued at ``known_at``; nan where nothing was.

    Of each period's versions the latest by then counts, or the first if all came later.
    """
    frame = book.forecasts
    if frame.empty:
        return np.full(len(codes), np.nan)
    product = book.product_codes(frame["product_id"])
    begin = seconds(frame["period_start"])
    length = frame["period_days"].fillna(7).to_numpy(np.int64) * DAY
    made = seconds(frame["made_at"])
    made = np.where(is_missing(made), begin - length, made)
    keys = pd.DataFrame({"product": product, "begin": begin, "length": length})
    period = keys.groupby(["product", "begin", "length"], sort=True).ngroup().to_numpy(np.int64)
    distinct = keys.assign(period=period).drop_duplicates("period").sort_values("period")
    versions = Snapshots(period, made)
    by_product = distinct["product"].to_numpy(np.int64)
    begins, lengths = distinct["begin"].to_numpy(np.int64), distinct["length"].to_numpy(np.int64)
    place = Snapshots(by_product, begins)
    low = place.rank(codes, start - int(lengths.max()))
    count = np.maximum(place.rank(codes, end) - low, 0)
    case = np.repeat(np.arange(len(codes)), count)
    chosen = np.repeat(low - (np.cumsum(count) - count), count) + np.arange(count.sum())
    overlap = np.minimum(begins[chosen] + lengths[chosen], end[case]) - np.maximum(begins[chosen], start[case])
    share = np.clip(overlap / lengths[chosen], 0.0, 1.0)
    version = versions.latest(chosen.astype(np.int64), known_at[case])
    version = np.where(version >= 0, version, versions.next(chosen.astype(np.int64), known_at[case]))
    total, covered = np.zeros(len(codes)), np.zeros(len(codes))
    np.add.at(total, case, frame["quantity"].to_numpy(float)[version] * share)
    np.add.at(covered, case, np.maximum(overlap, 0) / DAY)
    span = np.maximum((end - start) / DAY, 1e-9)
    is_enough = covered >= 0.5 * span
    return np.where(is_enough, total * span / np.maximum(covered, 1e-9), np.nan)
