"""The warehouse, day by day: receipts, allocation first come first served, replenishment by reorder point."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from data.sample.timeline import BEYOND, DAYS, IS_WORKED, Bools, Floats, Ints

WAIT_DAYS = 24  # a backordered line ships what it has after so many days
FAR = DAYS + BEYOND


@dataclass
class Plan:
    """What the stock simulation is given, by product and, where two-dimensional, by day.

    Attributes
    ----------
    lead_days : numpy.ndarray
        What the supplier quotes, calendar days.
    trigger, lot : numpy.ndarray
        The position at which to order, shape ``(n_products, n_days)``, and how much.
    lateness, received_share : numpy.ndarray
        Days late of a purchase order placed that day, and the share of it that arrives.
    may_order : numpy.ndarray
        Whether anybody places orders that day.
    loss : numpy.ndarray
        Units that vanish from the shelf but not from the books, from that day on.
    blocked : numpy.ndarray
        Share of the stock set aside for others.
    count_days : numpy.ndarray
        Whether the product is counted that evening.
    start : numpy.ndarray
        Stock on the first morning.
    bespoke : numpy.ndarray
        Units bought for one order alone, that arrive that morning.
    """

    lead_days: Ints
    trigger: Floats
    lot: Floats
    lateness: Ints
    received_share: Floats
    may_order: Bools
    loss: Floats
    blocked: Floats
    count_days: Bools
    start: Floats
    bespoke: Floats


@dataclass
class Outcome:
    """What happened in the warehouse.

    Attributes
    ----------
    short, shipped : numpy.ndarray
        One per line: units that were not there when it was to be allocated; units that go out in the end.
    ready_day : numpy.ndarray
        The day on which all that goes out was allocated, one per line.
    receipts, error, blocked, adjusted : numpy.ndarray
        Shape ``(n_products, n_days)``: units received; books above shelf and units set aside, both in the evening;
        what a count corrected the books by.
    start : numpy.ndarray
        Stock on the first morning.
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
    start: Floats
    purchase_orders: pd.DataFrame
    counts: pd.DataFrame


def served(free: Floats, product: Ints, wanted: Floats) -> Floats:
    """Return what each line gets from the free stock, first come first served within a product.

    ``product`` must be sorted; ``free`` is reduced in place.
    """
    if not len(product):
        return wanted
    before = np.cumsum(wanted) - wanted
    first = np.flatnonzero(np.r_[True, product[1:] != product[:-1]])
    before -= np.repeat(before[first], np.diff(np.r_[first, len(product)]))
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
        ``product, wanted, day`` (on which it is allocated), ``waits`` (whether it waits for the rest), sorted by day,
        product and time.

    Returns
    -------
    Outcome
        One entry per line, and the books.
    """
    run = _Run(plan, lines)
    for day in range(DAYS):
        run.receive(day)
        run.lose(day)
        run.set_aside(day)
        run.serve(day)
        run.count(day)
        run.replenish(day)
    made = _frame(run.orders, ["product", "day", "quantity", "promised", "arrival", "received"])
    counts = _frame(run.counts, ["product", "day", "error"])
    return Outcome(
        run.short, run.got, run.ready, run.receipts, run.errors, run.aside, run.adjusted, plan.start, made, counts
    )  # fmt: skip


def _frame(parts: list[Floats], columns: list[str]) -> pd.DataFrame:
    """Return what was gathered day by day as one frame; all but quantities are whole numbers."""
    frame = pd.DataFrame(np.concatenate(parts, axis=1).T, columns=columns)
    whole = [name for name in columns if name not in ("quantity", "received", "error")]
    frame[whole] = frame[whole].astype(np.int64)
    return frame


@dataclass
class _Run:
    """The state of the warehouse while the days go by."""

    plan: Plan
    lines: pd.DataFrame
    orders: list[Floats] = field(default_factory=list)
    counts: list[Floats] = field(default_factory=list)

    def __post_init__(self) -> None:
        products, lines = len(self.plan.lot), self.lines
        self.product, self.wanted = lines["product"].to_numpy(np.int64), lines["wanted"].to_numpy(float)
        self.waits, self.day = lines["waits"].to_numpy(bool), lines["day"].to_numpy(np.int64)
        self.first_of_day = np.searchsorted(self.day, np.arange(DAYS + 1))
        self.got, self.short, self.ready = np.zeros(len(lines)), np.zeros(len(lines)), self.day.copy()
        self.free, self.error, self.on_order = self.plan.start.copy(), np.zeros(products), np.zeros(products)
        self.block, self.vanishing = np.zeros(products), np.zeros(products)
        self.arriving, self.expected = np.zeros((products, FAR)), np.zeros((products, FAR))
        self.receipts, self.errors = np.zeros((products, DAYS)), np.zeros((products, DAYS))
        self.aside, self.adjusted = np.zeros((products, DAYS)), np.zeros((products, DAYS))
        self.pending = np.empty(0, dtype=np.int64)
        self.recount = np.full(products, FAR)

    def receive(self, day: int) -> None:
        """Put what arrives this morning on the shelf."""
        self.receipts[:, day] = self.arriving[:, day] + self.plan.bespoke[:, day]
        self.free += self.receipts[:, day]
        self.on_order -= self.expected[:, day]

    def lose(self, day: int) -> None:
        """Let goods vanish that the books still show."""
        self.vanishing += self.plan.loss[:, day]
        lost = np.floor(np.minimum(self.vanishing, 0.6 * np.maximum(self.free, 0)))
        self.vanishing -= lost
        self.free -= lost
        self.error += lost

    def set_aside(self, day: int) -> None:
        """Keep stock back for others, for as long as the plan says."""
        share = self.plan.blocked[:, day]
        begins = (share > 0) & (self.plan.blocked[:, max(day - 1, 0)] == 0)
        self.block = np.where(begins, np.floor(np.maximum(self.free, 0) * share), self.block)
        self.block = np.where(share > 0, np.minimum(self.block, self.free), 0.0)
        self.aside[:, day] = self.block

    def serve(self, day: int) -> None:
        """Allocate to the lines that wait, then to those of today."""
        available = self.free - self.block
        waiting = self.pending[np.argsort(self.product[self.pending], kind="stable")]
        more = served(available, self.product[waiting], self.wanted[waiting] - self.got[waiting])
        self.got[waiting] += more
        given_up = day - self.day[waiting] >= WAIT_DAYS
        self.ready[waiting[(more > 0) | given_up]] = day
        waiting = waiting[(self.got[waiting] < self.wanted[waiting]) & ~given_up]
        today = np.arange(self.first_of_day[day], self.first_of_day[day + 1])
        self.got[today] = served(available, self.product[today], self.wanted[today])
        self.short[today] = self.wanted[today] - self.got[today]
        lacking = today[self.short[today] > 0]
        self.pending = np.r_[waiting, lacking[self.waits[lacking]]]
        self.free = available + self.block
        suspicious = np.unique(self.product[lacking[self.error[self.product[lacking]] > 0]])
        self.recount[suspicious] = np.minimum(self.recount[suspicious], day + 3 + suspicious % 7)

    def count(self, day: int) -> None:
        """Count some products this evening, those first that should have had stock but did not."""
        where = np.flatnonzero((self.plan.count_days[:, day] | (self.recount <= day)) & bool(IS_WORKED[day]))
        self.counts.append(np.stack([where, np.full(len(where), day), self.error[where]]))
        self.adjusted[where, day] = -self.error[where]
        self.error[where] = 0.0
        self.recount[where] = FAR
        self.errors[:, day] = self.error

    def replenish(self, day: int) -> None:
        """Order what has fallen to its trigger."""
        plan, waiting = self.plan, self.pending
        owed = np.bincount(self.product[waiting], self.wanted[waiting] - self.got[waiting], minlength=len(plan.lot))
        position = self.free + self.error + self.on_order - owed
        where = np.flatnonzero((position <= plan.trigger[:, day]) & plan.may_order[:, day] & bool(IS_WORKED[day]))
        lots = np.ceil((plan.trigger[where, day] - position[where]) / plan.lot[where])
        quantity = plan.lot[where] * np.maximum(lots, 1)
        promised = day + plan.lead_days[where]
        arrival = np.minimum(np.maximum(promised + plan.lateness[where, day], day + 1), FAR - 1)
        received = np.round(quantity * plan.received_share[where, day])
        self.arriving[where, arrival] += received
        self.expected[where, arrival] += quantity
        self.on_order[where] += quantity
        self.orders.append(np.stack([where, np.full(len(where), day), quantity, promised, arrival, received]))
