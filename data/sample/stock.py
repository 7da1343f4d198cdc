"""The warehouse, day by day: receipts, allocation first come first served, replenishment by forecast and reorder point."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.sample.timeline import BEYOND, DAYS, IS_WORKED, Floats, Ints

WAIT_DAYS = 24  # a backordered line ships what it has after so many days


@dataclass
class Plan:
    """What the stock simulation is given, one entry per product; windows are day numbers.

    Parameters
    ----------
    lead_days : numpy.ndarray
        What the supplier quotes, calendar days.
    trigger : numpy.ndarray
        Shape ``(n_products, n_days)``: the position at which to order.
    lot : numpy.ndarray
        How much to order.
    lateness : numpy.ndarray
        Shape ``(n_products, n_days)``: days late of a purchase order placed that day.
    received_share : numpy.ndarray
        Shape ``(n_products, n_days)``: the share of it that arrives.
    may_order : numpy.ndarray
        Shape ``(n_products, n_days)``: whether anybody places orders that day.
    loss : numpy.ndarray
        Shape ``(n_products, n_days)``: units that vanish from the shelf but not from the books.
    blocked : numpy.ndarray
        Shape ``(n_products, n_days)``: share of the stock set aside for others.
    count_days : numpy.ndarray
        Shape ``(n_products, n_days)``: whether the product is counted that evening.
    start : numpy.ndarray
        Stock on the first morning.
    """

    lead_days: Ints
    trigger: Floats
    lot: Floats
    lateness: Ints
    received_share: Floats
    may_order: "np.ndarray"
    loss: Floats
    blocked: Floats
    count_days: "np.ndarray"
    start: Floats


@dataclass
class Outcome:
    """What happened in the warehouse.

    Parameters
    ----------
    short : numpy.ndarray
        Units that were not there when a line was to be allocated, one per line.
    shipped : numpy.ndarray
        Units that go out in the end, one per line.
    ready_day : numpy.ndarray
        The day on which all that goes out was allocated, one per line.
    receipts, error, blocked : numpy.ndarray
        Shape ``(n_products, n_days)``: units received, books above shelf (evening), units set aside (evening).
    purchase_orders, counts : pandas.DataFrame
        With ``product`` and day numbers.
    """

    short: Floats
    shipped: Floats
    ready_day: Ints
    receipts: Floats
    error: Floats
    blocked: Floats
    adjusted: Floats
    purchase_orders: pd.DataFrame
    counts: pd.DataFrame


def served(free: Floats, product: Ints, wanted: Floats) -> Floats:
    """Return what each of the lines gets from the free stock, first come first served within a product.

    ``product`` must be sorted; ``free`` is reduced in place.
    """
    if not len(product):
        return wanted
    total = np.cumsum(wanted)
    first = np.flatnonzero(np.r_[True, product[1:] != product[:-1]])
    before = total - wanted - np.repeat((total - wanted)[first], np.diff(np.r_[first, len(product)]))
    got = np.clip(free[product] - before, 0, wanted)
    np.subtract.at(free, product, got)
    return np.asarray(got)


def simulate(plan: Plan, lines: pd.DataFrame) -> Outcome:
    """Run the warehouse over the whole history.

    Parameters
    ----------
    plan : Plan
        How stock is replenished, and what goes wrong.
    lines : pandas.DataFrame
        ``product, wanted, day`` (on which it is allocated), ``waits`` (whether it waits for the rest).
        Sorted by day, product and time.

    Returns
    -------
    Outcome
        One entry per line, and the books.
    """
    products = len(plan.lot)
    product, wanted = lines["product"].to_numpy(np.int64), lines["wanted"].to_numpy(float)
    waits = lines["waits"].to_numpy(bool)
    first_of_day = np.searchsorted(lines["day"].to_numpy(np.int64), np.arange(DAYS + 1))
    got, short = np.zeros(len(lines)), np.zeros(len(lines))
    ready = lines["day"].to_numpy(np.int64).copy()
    free, error, on_order = plan.start.copy(), np.zeros(products), np.zeros(products)
    arriving, arriving_ordered = np.zeros((products, DAYS + BEYOND)), np.zeros((products, DAYS + BEYOND))
    receipts, errors, set_aside = np.zeros((products, DAYS)), np.zeros((products, DAYS)), np.zeros((products, DAYS))
    adjusted = np.zeros((products, DAYS))
    pending = np.empty(0, dtype=np.int64)
    recount = np.full(products, DAYS + BEYOND)
    orders, counts = [], []
    block = np.zeros(products)
    for day in range(DAYS):
        free += arriving[:, day]
        receipts[:, day] = arriving[:, day]
        on_order -= arriving_ordered[:, day]
        lost = np.minimum(plan.loss[:, day], np.maximum(free, 0))
        free -= lost
        error += lost
        if day and (plan.blocked[:, day] > 0).any():
            newly = (plan.blocked[:, day] > 0) & (plan.blocked[:, day - 1] == 0)
            block = np.where(newly, np.floor(free * plan.blocked[:, day]), block)
        block = np.where(plan.blocked[:, day] > 0, np.minimum(block, free), 0.0)
        available = free - block
        if len(pending):
            pending = pending[np.argsort(product[pending], kind="stable")]
            more = served(available, product[pending], wanted[pending] - got[pending])
            got[pending] += more
            ready[pending[more > 0]] = day
            late = day - lines["day"].to_numpy()[pending] >= WAIT_DAYS
            ready[pending[late]] = day
            pending = pending[(got[pending] < wanted[pending]) & ~late]
        today = np.arange(first_of_day[day], first_of_day[day + 1])
        got[today] = served(available, product[today], wanted[today])
        short[today] = wanted[today] - got[today]
        lacking = today[short[today] > 0]
        pending = np.r_[pending, lacking[waits[lacking]]]
        free = available + block
        found = (short[lacking] > 0) & (error[product[lacking]] > 0)
        if found.any():
            seen = np.unique(product[lacking][found])
            recount[seen] = np.minimum(recount[seen], day + 3 + seen % 7)
        counted = (plan.count_days[:, day] | (recount <= day)) & bool(IS_WORKED[day])
        if counted.any():
            where = np.flatnonzero(counted)
            counts.append(pd.DataFrame({"product": where, "day": day, "error": error[where]}))
            adjusted[where, day] = -error[where]
            error[where] = 0.0
            recount[where] = DAYS + BEYOND
        errors[:, day], set_aside[:, day] = error, block
        owed = np.bincount(product[pending], wanted[pending] - got[pending], minlength=products)
        position = free + error + on_order - owed
        due = (position <= plan.trigger[:, day]) & plan.may_order[:, day] & bool(IS_WORKED[day])
        if due.any():
            where = np.flatnonzero(due)
            lots = np.maximum(np.ceil((plan.trigger[where, day] - position[where]) / plan.lot[where]), 1)
            quantity = plan.lot[where] * np.where(lots > 1, lots, 1)
            promised = day + plan.lead_days[where]
            arrival = np.minimum(np.maximum(promised + plan.lateness[where, day], day + 1), DAYS + BEYOND - 1)
            received = np.round(quantity * plan.received_share[where, day])
            arriving[where, arrival] += received
            arriving_ordered[where, arrival] += quantity
            on_order[where] += quantity
            orders.append(
                pd.DataFrame(
                    {
                        "product": where,
                        "quantity": quantity,
                        "day": day,
                        "promised": promised,
                        "arrival": arrival,
                        "received": received,
                    }
                )
            )
    return Outcome(
        short, got, ready, receipts, errors, set_aside, adjusted,
        pd.concat(orders, ignore_index=True), pd.concat(counts, ignore_index=True),
    )  # fmt: skip
