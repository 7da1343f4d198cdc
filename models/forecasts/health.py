"""How forecasts have held: theirs, ours and the naive one, each as known one lead time before the week it is about."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.forecasts.forecast import classify, forecast
from models.forecasts.smoothing import weekly_levels
from models.forecasts.weeks import weekly_matrix
from models.shortages.ledger import DAY
from models.shortages.stock_book import StockBook

Matrix = NDArray[np.float64]

WEEKS = 26
"""Weeks that forecasts are judged by."""

COURSE_WEEKS = 52
"""Weeks of demand and forecasts that are kept for the picture."""

SERVICE = 0.95


def judged(actual: Matrix, expected: Matrix) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return each row's WAPE, bias and tracking signal; nan where nothing is known.

    Parameters
    ----------
    actual, expected : numpy.ndarray of shape (n_products, n_weeks)
        Units demanded and forecast; weeks in which one of them is not-a-number are left out.

    Returns
    -------
    wape : numpy.ndarray of shape (n_products,)
        Sum of absolute errors over sum of demand.
    bias : numpy.ndarray of shape (n_products,)
        Sum of errors over sum of demand; above 0 the forecast is too high.
    signal : numpy.ndarray of shape (n_products,)
        Sum of errors over the mean absolute error; beyond 4 either way it is off for good. Nan without demand.
    """
    known = ~np.isnan(actual) & ~np.isnan(expected)
    error = np.where(known, expected - actual, 0.0)
    total = np.where(known, actual, 0.0).sum(axis=1)
    absolute = np.abs(error).sum(axis=1)
    count = known.sum(axis=1)

    def over(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
        usable = (whole > 0) & (count >= 4)
        return np.asarray(np.divide(part, whole, out=np.full(len(part), np.nan), where=usable))

    # What nobody asks for any more has ended: that its forecast dies away slowly is not a fault to look into.
    signal = np.where(total > 0, over(error.sum(axis=1) * count, absolute), np.nan)
    return over(absolute, total), over(error.sum(axis=1), total), signal


def lag_weeks(book: StockBook, codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many weeks before a week its forecast decides about orders: lead time and review."""
    return np.clip(np.ceil((book.lead_days[codes] + book.review_days) / 7), 1, 13).astype(np.int64)


def forecast_health(book: StockBook) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Judge the forecasts of every product with demand.

    Parameters
    ----------
    book : StockBook
        Demand, forecasts and lead times.

    Returns
    -------
    health : pandas.DataFrame
        One row per product: class, weekly level, and WAPE, bias and tracking signal of the company's forecast, ours and
        the naive one, against demand without lone outsized orders; ``value_added`` is the naive WAPE minus the
        company's (or ours, where it has none).
    course : pandas.DataFrame
        One row per product and week: ``demand, ours, naive, theirs``.
    """
    names, y = weekly_matrix(book.weekly_demand(), pd.Timestamp(book.now))
    if not y.size:
        return pd.DataFrame(columns=["product_id"]), pd.DataFrame(columns=["product_id", "week_start"])
    codes = book.product_index.get_indexer(names).astype(np.int64)
    _, usual = weekly_matrix(book.weekly_demand(book.planned_for), pd.Timestamp(book.now))
    monday = pd.Timestamp(book.now).normalize() - pd.Timedelta(days=pd.Timestamp(book.now).weekday())
    starts = (monday - pd.to_timedelta(7 * np.arange(y.shape[1], 0, -1), unit="D")).to_numpy("datetime64[s]")
    lag = lag_weeks(book, codes)
    shown = min(COURSE_WEEKS, y.shape[1])
    places = np.arange(y.shape[1] - shown, y.shape[1])
    ours, naive, theirs = _as_known(book, codes, usual, lag, places, starts.astype(np.int64))
    actual = usual[:, places]
    tail = slice(-min(WEEKS, shown), None)
    frame = pd.DataFrame({"product_id": names, "lag_weeks": lag, "demand_class": classify(usual)})
    ahead = book.forecast(names, usual, 4)
    frame["model"], frame["weekly_demand"] = ahead.model, ahead.mean.mean(axis=1)
    days = book.lead_days[codes] + book.review_days
    mean = frame["weekly_demand"].to_numpy() * days / 7
    frame["lead_days"], frame["needed_units"] = days, ahead.stock(SERVICE, mean, days / 7)
    frame["achieved"] = _achieved(y, usual, lag)
    for name, given in (("own", theirs), ("ours", ours), ("naive", naive)):
        wape, bias, signal = judged(actual[:, tail], given[:, tail])
        frame[f"wape_{name}"], frame[f"bias_{name}"], frame[f"signal_{name}"] = wape, bias, signal
    best = frame["wape_own"].fillna(frame["wape_ours"])
    frame["value_added"] = frame["wape_naive"] - best
    grid = np.repeat(names.to_numpy(), shown), np.tile(starts[places], len(names))
    course = pd.DataFrame({"product_id": grid[0], "week_start": grid[1], "demand": y[:, places].ravel()})
    course = course.assign(ours=ours.ravel(), naive=naive.ravel(), theirs=theirs.ravel())
    return frame, course[course["demand"].notna()].reset_index(drop=True)


def _as_known(
    book: StockBook,
    codes: NDArray[np.int64],
    usual: Matrix,
    lag: NDArray[np.int64],
    places: NDArray[np.int64],
    starts: NDArray[np.int64],
) -> tuple[Matrix, Matrix, Matrix]:
    """Return what smoothing, the last week, and the company said of each week one lag before it."""
    n, width = usual.shape
    flat = np.nan_to_num(usual).ravel()
    row, week = np.repeat(np.arange(n), width), np.tile(np.arange(width), n)
    levels = weekly_levels(row, week * 7 * DAY, flat, n).levels
    known = np.clip(places[None, :] - lag[:, None], 0, None)
    is_early = places[None, :] - lag[:, None] < 1
    rows = np.arange(n)[:, None]
    ours = np.where(is_early, np.nan, levels[rows, known])
    naive = np.where(is_early, np.nan, np.nan_to_num(usual)[rows, np.maximum(known - 1, 0)])
    if not len(book.forecasts):
        return ours, naive, np.full_like(ours, np.nan)
    begin = np.broadcast_to(starts[places][None, :], ours.shape)
    asked = np.repeat(codes, len(places))
    made = (begin - lag[:, None] * 7 * DAY + DAY).ravel()  # issued in the course of that Monday counts
    theirs = book.issued.total(asked, begin.ravel(), begin.ravel() + 7 * DAY, made)
    return ours, naive, theirs.reshape(ours.shape)


def _achieved(y: Matrix, usual: Matrix, lag: NDArray[np.int64], origins: int = 8) -> NDArray[np.float64]:
    """Return how often the 95 % quantile of a lead time's usual demand held for all of it; nan where history is short.

    Eight origins a product, so that the figure says something for a class of products rather than for one.
    """
    kept = np.zeros(len(y))
    count = np.zeros(len(y))
    for back in range(1, origins + 1):
        cut = y.shape[1] - back * 3
        if cut < 16:
            break
        ahead = forecast(usual[:, max(cut - 60, 0) : cut], 1)
        span = np.minimum(lag, y.shape[1] - cut)
        inside = np.arange(y.shape[1] - cut)[None, :] < span[:, None]
        demand = np.where(inside, np.nan_to_num(y[:, cut:]), 0.0).sum(axis=1)
        usable = ~np.isnan(y[:, cut - 8])
        kept += usable & (demand <= ahead.stock(SERVICE, ahead.mean[:, 0] * span, span))
        count += usable
    return np.asarray(np.divide(kept, count, out=np.full(len(y), np.nan), where=count > 0))
