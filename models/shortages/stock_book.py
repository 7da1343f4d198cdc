"""The stock book: what was on hand, reserved, on order and owed for a product at any time."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.findings import Context
from models.forecasts.forecast import Forecast, forecast
from models.forecasts.issued import IssuedForecasts
from models.forecasts.places import forecast_places
from models.forecasts.weeks import Matrix
from models.shortages.ledger import DAY, Codes, Ledger, Snapshots, Times, Units, is_missing, seconds
from models.shortages.outsized import excess, is_rare
from models.shortages.scope import STALE_DAYS, Scope
from models.shortages.true_demand import repeated_orders, wrong_quantities

OPEN_DAYS = 90
"""An open order older than this no longer claims stock: nobody is waiting for it."""

DEAD_DAYS = 120
"""A purchase order overdue by more than this was never going to come."""

DEFAULT_LEAD_DAYS = 14

USED_WEEKDAY = 0.08
"""A weekday with at least this share of the purchase orders is one on which stock is reviewed."""


@dataclass
class StockBook:
    """Demand, supply and stock of all products as ledgers under integer product codes.

    Attributes
    ----------
    lines : pandas.DataFrame
        The relation ``demand_lines``, and whether each line is demand rather than a mistake.
    supply : pandas.DataFrame
        The relation ``supply_lines``.
    snapshots : pandas.DataFrame
        The relation ``stock_snapshots``.
    counts : pandas.DataFrame
        The relation ``stock_count_differences``.
    products : pandas.DataFrame
        The relation ``stock_products``.
    forecasts : pandas.DataFrame
        The canonical table; empty if there is none.
    now : datetime
        The data's clock.
    boosts : bool, default False
        Whether demand may be forecast by gradient boosting, too.
    """

    lines: pd.DataFrame
    supply: pd.DataFrame
    snapshots: pd.DataFrame
    counts: pd.DataFrame
    products: pd.DataFrame
    forecasts: pd.DataFrame
    now: datetime
    boosts: bool = False

    @classmethod
    def read(cls, connection: duckdb.DuckDBPyConnection, now: datetime) -> "StockBook":
        """Read the relations that features/sql built."""

        def frame(sql: str) -> pd.DataFrame:
            return connection.execute(sql).df()

        return cls(
            # Sorted as the ledgers want it: sorting what is sorted costs nothing.
            lines=frame(
                """select *, not is_known_wrong as is_demand from demand_lines
                order by product_id, ordered_at, order_id, line_no"""
            ),
            supply=frame(
                """select supply_lines.*, median_days as usual_late_days, spread_days as usual_late_spread
                from supply_lines left join supply_lateness using (supplier_id) order by po_id, product_id"""
            ),
            snapshots=frame("select * from stock_snapshots order by product_id, warehouse_id, as_of"),
            counts=frame("select * from stock_count_differences order by product_id, warehouse_id, counted_at"),
            products=frame("select * from stock_products order by product_id"),
            forecasts=frame("select * from maybe_forecasts order by product_id, period_start, made_at"),
            now=now,
        )

    @classmethod
    def of(cls, context: Context) -> "StockBook":
        """Return the book of a run, read once for all who ask."""
        if "stock_book" not in context.kept:
            read = cls.read(context.connection, context.now)
            read.boosts = context.settings.boosted_forecasts
            wrong = wrong_quantities(read.lines, context.labels)
            repeated = read.lines["order_id"].isin(repeated_orders(context)).to_numpy(bool)
            read.lines = read.lines.assign(is_known_wrong=wrong, is_demand=~wrong & ~repeated)
            context.kept["stock_book"] = read
        book: StockBook = context.kept["stock_book"]
        return book

    # -- codes -------------------------------------------------------------------------------------

    @cached_property
    def product_index(self) -> "pd.Index[str]":
        """All products in order; a product's place is its code."""
        index: pd.Index[str] = pd.Index(self.products["product_id"])
        return index

    @cached_property
    def warehouses(self) -> "pd.Index[str]":
        """The warehouses with snapshots; ``""`` where snapshots name none."""
        index: pd.Index[str] = pd.Index(sorted(self.snapshots["warehouse_id"].unique()))
        return index

    def product_codes(self, ids: "pd.Series[str]") -> Codes:
        """Return the code of each product, -1 if it is unknown."""
        return np.asarray(self.product_index.get_indexer(pd.Index(ids)), np.int64)

    def place_codes(self, products: Codes, warehouses: Codes) -> Codes:
        """Return one code per product and warehouse; -1 where either is unknown."""
        known = (products >= 0) & (warehouses >= 0)
        return np.where(known, products * max(len(self.warehouses), 1) + warehouses, -1)

    def warehouse_codes(self, ids: "pd.Series[str]") -> Codes:
        """Return the code of each warehouse, -1 if it has no snapshots."""
        return np.asarray(self.warehouses.get_indexer(pd.Index(ids.fillna(""))), np.int64)

    @cached_property
    def line_products(self) -> Codes:
        """The product code of each line."""
        return self.product_codes(self.lines["product_id"])

    @cached_property
    def line_places(self) -> Codes:
        """The product-and-warehouse code of each line, -1 where its warehouse has no snapshots."""
        return self.place_codes(self.line_products, self.warehouse_codes(self.lines["warehouse_id"]))

    @cached_property
    def clock(self) -> int:
        """Now, in seconds."""
        return int(pd.Timestamp(self.now).timestamp())

    @cached_property
    def began(self) -> int:
        """When the recorded history began, in seconds."""
        return int(self.ordered.min()) if len(self.lines) else self.clock

    # -- when things happened ----------------------------------------------------------------------

    @cached_property
    def ordered(self) -> Times:
        """When each line was ordered."""
        return seconds(self.lines["ordered_at"])

    @cached_property
    def shipped(self) -> Times:
        """When each finished line left; the order time where no date is known."""
        times = seconds(self.lines["shipped_at"])
        finished = self.lines["is_finished"].to_numpy(bool)
        times = np.where(finished & is_missing(times), self.ordered, times)
        return np.where(finished, np.maximum(times, self.ordered), np.iinfo(np.int64).min)

    @cached_property
    def left(self) -> Units:
        """Units of each line that have left the warehouse."""
        quantity = self.lines["quantity"].to_numpy(float)
        shipped = self.lines["shipped_quantity"].to_numpy(float)
        finished = self.lines["is_finished"].to_numpy(bool)
        return np.where(finished, np.where(np.isnan(shipped), quantity, np.minimum(shipped, quantity)), 0.0)

    @cached_property
    def stops_claiming(self) -> Times:
        """When each line stopped waiting for stock: it left, or it grew too old to wait."""
        too_old = self.ordered + OPEN_DAYS * DAY
        return np.where(is_missing(self.shipped), too_old, self.shipped)

    @cached_property
    def leaves_when_ordered(self) -> bool:
        """Whether book stock falls when an order is entered rather than when it ships, judged from daily snapshots."""
        frame = self.total_snapshots
        if len(frame) < 2:
            return False
        codes, days = frame["code"].to_numpy(np.int64), frame["time"].to_numpy(np.int64)
        near = (codes[1:] == codes[:-1]) & (days[1:] - days[:-1] <= 7 * DAY)
        code, start, end = codes[:-1][near], days[:-1][near], days[1:][near]
        change = np.diff(frame["on_hand"].to_numpy(float))[near] - self.received.between(code, start, end)
        by_order = Ledger(self.line_products, self.ordered, self.left).between(code, start, end)
        by_shipment = Ledger(self.line_products, self.shipped, self.left).between(code, start, end)
        return bool(np.abs(change + by_order).sum() < np.abs(change + by_shipment).sum())

    @cached_property
    def leaving(self) -> Times:
        """When each line's units left the book."""
        return (
            np.where(is_missing(self.shipped), self.shipped, self.ordered) if self.leaves_when_ordered else self.shipped
        )

    # -- ledgers by product ------------------------------------------------------------------------

    @cached_property
    def requested(self) -> Ledger:
        """Units requested, when ordered."""
        return Ledger(self.line_products, self.ordered, self.demanded)

    @cached_property
    def demanded(self) -> Units:
        """Units of each line that count as demand."""
        return np.where(self.lines["is_demand"].to_numpy(bool), self.quantity, 0.0)

    @cached_property
    def usually_demanded(self) -> Units:
        """Units of each line that count as demand, outsized lines cut to usual ones."""
        return self.demanded - excess(self.line_products, self.ordered, self.demanded, len(self.products))

    @cached_property
    def planned_for(self) -> Units:
        """Units of each line that a plan counts with: rare outsized lines are cut, recurring bulk is not."""
        beyond = self.demanded - self.usually_demanded
        return self.demanded - np.where(is_rare(self.line_products, self.ordered, beyond), beyond, 0.0)

    def weekly_demand(self, units: Units | None = None) -> pd.DataFrame:
        """Return demand line by line with the Monday of its week: ``product_id, week_start, quantity``.

        Other ``units`` of each line may be given, such as `planned_for`.
        """
        lines = self.lines[["product_id", "ordered_at"]].assign(quantity=self.demanded if units is None else units)
        lines = lines[self.lines["is_demand"].to_numpy(bool)]
        days = lines["ordered_at"].dt.normalize()
        return lines.assign(week_start=days - pd.to_timedelta(days.dt.weekday, unit="D"))

    def forecast(self, names: "pd.Index[str]", y: Matrix, weeks: int) -> Forecast:
        """Forecast the weekly demand ``y`` of the products ``names``; parts of a product lean on the whole of it."""
        if "whole_id" not in self.products:
            return forecast(y, weeks, self.boosts)
        wholes = self.products["whole_id"].to_numpy()[self.product_index.get_indexer(names)]
        return forecast_places(y, np.asarray(pd.factorize(wholes)[0], np.int64), weeks, self.boosts)

    @cached_property
    def departed(self) -> Ledger:
        """Units that left, when they left the book."""
        return Ledger(self.line_products, self.leaving, self.left)

    @cached_property
    def claimed(self) -> Ledger:
        """Units that began to wait for stock, when ordered."""
        return Ledger(self.line_products, self.ordered, self.lines["quantity"])

    @cached_property
    def released(self) -> Ledger:
        """Units that stopped waiting for stock."""
        return Ledger(self.line_products, self.claim_ends, self.lines["quantity"])

    @cached_property
    def claim_ends(self) -> Times:
        """When each line stopped claiming stock in the book."""
        return np.where(is_missing(self.leaving), self.stops_claiming, self.leaving)

    @cached_property
    def cut(self) -> Ledger:
        """Units that were asked for and never sent, when the rest of their line left."""
        return Ledger(self.line_products, self.leaving, self.lines["quantity"].to_numpy(float) - self.left)

    @cached_property
    def supply_products(self) -> Codes:
        """The product code of each purchase order line."""
        return self.product_codes(self.supply["product_id"])

    @cached_property
    def placed(self) -> Times:
        """When each purchase order line was placed; a month before it was due if unknown."""
        times = seconds(self.supply["ordered_at"])
        return np.where(is_missing(times), self.due - 30 * DAY, times)

    @cached_property
    def due(self) -> Times:
        """When each purchase order line was due."""
        return seconds(self.supply["due_at"])

    @cached_property
    def arrived(self) -> Times:
        """When each purchase order line was received."""
        return seconds(self.supply["received_at"])

    @cached_property
    def received(self) -> Ledger:
        """Units received, when received."""
        return Ledger(self.supply_products, self.arrived, self.supply["received_quantity"])

    @cached_property
    def settled(self) -> Times:
        """When each purchase order line stopped being on order: received, or overdue beyond hope."""
        return np.where(is_missing(self.arrived), self.due + DEAD_DAYS * DAY, self.arrived)

    def on_order(self, codes: Codes, times: Times) -> Units:
        """Return the units on order before each time."""
        quantity = self.supply["quantity"].to_numpy(float)
        placed = Ledger(self.supply_products, self.placed, quantity)
        settled = Ledger(self.supply_products, self.settled, quantity)
        return placed.before(codes, times) - settled.before(codes, times)

    def owed(self, codes: Codes, times: Times) -> Units:
        """Return the units ordered and not yet taken from the book before each time."""
        return np.maximum(self.claimed.before(codes, times) - self.released.before(codes, times), 0.0)

    # -- snapshots ---------------------------------------------------------------------------------

    @cached_property
    def place_snapshots(self) -> pd.DataFrame:
        """Snapshots with ``code`` (product and warehouse), ``time``, ``on_hand``, ``reserved``."""
        codes = self.place_codes(
            self.product_codes(self.snapshots["product_id"]), self.warehouse_codes(self.snapshots["warehouse_id"])
        )
        return pd.DataFrame(
            {
                "code": codes,
                "time": seconds(self.snapshots["as_of"]),
                "on_hand": self.snapshots["on_hand"].to_numpy(float),
                "reserved": self.snapshots["reserved"].to_numpy(float),
            }
        )

    @cached_property
    def total_snapshots(self) -> pd.DataFrame:
        """Snapshots summed over the warehouses, each warehouse at its latest by that day."""
        places = self.place_snapshots
        width = max(len(self.warehouses), 1)
        if width == 1:
            return places.assign(code=places["code"] // width)
        days = places.assign(code=places["code"] // width)[["code", "time"]].drop_duplicates()
        days = days.sort_values(["code", "time"], ignore_index=True)
        lookup = Snapshots(places["code"], places["time"].to_numpy(np.int64))
        on_hand, reserved = np.zeros(len(days)), np.full(len(days), np.nan)
        for warehouse in range(width):
            found = lookup.latest(days["code"].to_numpy(np.int64) * width + warehouse, days["time"].to_numpy(np.int64))
            on_hand += np.where(found >= 0, places["on_hand"].to_numpy()[found], 0.0)
            share = np.where(found >= 0, places["reserved"].to_numpy()[found], np.nan)
            reserved = np.where(np.isnan(share), reserved, np.nan_to_num(reserved) + share)
        return days.assign(on_hand=on_hand, reserved=reserved)

    def on_hand(self, codes: Codes, times: Times) -> Units:
        """Return each product's book stock just before each time, rolled on from its latest snapshot; nan without.

        Before its first snapshot the stock is rolled back from that.
        """
        frame = self.total_snapshots
        if not len(frame):
            return np.full(len(codes), np.nan)
        lookup = Snapshots(frame["code"], frame["time"].to_numpy(np.int64))
        found = lookup.latest(codes, times)
        found = np.where(found >= 0, found, lookup.next(codes, times))
        start = frame["time"].to_numpy(np.int64)[found]
        stock = frame["on_hand"].to_numpy()[found] + self.received.moved(codes, start, times)
        return np.where(found >= 0, stock - self.departed.moved(codes, start, times), np.nan)

    def reserved(self, codes: Codes, times: Times) -> Units:
        """Return each product's reserved units by its latest snapshot, less what has left since; nan where unknown."""
        frame = self.total_snapshots
        if not len(frame):
            return np.full(len(codes), np.nan)
        found = Snapshots(frame["code"], frame["time"].to_numpy(np.int64)).latest(codes, times)
        start = frame["time"].to_numpy(np.int64)[found]
        is_known = (found >= 0) & (times - start <= STALE_DAYS * DAY)
        held = frame["reserved"].to_numpy()[found] - self.departed.between(codes, start, times)
        return np.where(is_known, np.maximum(held, 0.0), np.nan)

    @cached_property
    def review_days(self) -> float:
        """Days between two looks at the stock, by the weekdays on which purchase orders are placed."""
        days = pd.to_datetime(self.supply["ordered_at"]).dt.weekday.value_counts(normalize=True)
        return 7.0 / max(int((days >= USED_WEEKDAY).sum()), 1) if len(self.supply) >= 30 else 1.0

    @cached_property
    def quantity(self) -> Units:
        """Units of each line."""
        return self.lines["quantity"].to_numpy(float)

    @cached_property
    def product_scope(self) -> Scope:
        """Stock of each line's product in all warehouses."""
        return self._scope(self.line_products, self.total_snapshots, np.ones(len(self.lines)))

    @cached_property
    def place_scope(self) -> Scope:
        """Stock of each line's product in its own warehouse."""
        by_place = np.bincount(self.line_places + 1, self.quantity, minlength=1)
        by_product = np.bincount(self.line_products + 1, self.quantity, minlength=1)
        share = by_place[self.line_places + 1] / np.maximum(by_product[self.line_products + 1], 1e-9)
        return self._scope(self.line_places, self.place_snapshots, share)

    def _scope(self, codes: Codes, snapshots: pd.DataFrame, share: Units) -> Scope:
        return Scope(
            codes,
            snapshots,
            self.received,
            self.line_products,
            share,
            self.ordered,
            self.leaving,
            self.claim_ends,
            self.quantity,
            self.left,
        )

    def decision_times(self, rows: NDArray[np.int64]) -> list[Times]:
        """Return the moments before shipping at which stock for each line was decided on: entry and allocation."""
        entered = self.ordered[rows]
        told = [seconds(self.lines[name])[rows] for name in ("backordered_at", "allocated_at", "picked_at")]
        return [entered, *(np.where(is_missing(times), entered, np.maximum(times, entered)) for times in told)]

    def purchases_of(self, codes: Codes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return every pair of a place in ``codes`` and a purchase order line of that product."""
        order = np.argsort(self.supply_products, kind="stable")
        known = self.supply_products[order]
        first = np.searchsorted(known, codes, "left")
        count = np.searchsorted(known, codes, "right") - first
        case = np.repeat(np.arange(len(codes)), count)
        place = np.repeat(first - (np.cumsum(count) - count), count) + np.arange(count.sum())
        return case, order[place]

    @cached_property
    def issued(self) -> IssuedForecasts:
        """The company's own forecasts."""
        return IssuedForecasts(self.product_codes(self.forecasts["product_id"]), self.forecasts)

    @cached_property
    def lead_days(self) -> NDArray[np.float64]:
        """Each product's planned lead time in days: the master's, else what suppliers quote, else a fortnight."""
        frame = self.products
        days = frame["lead_time_days"].astype(float).fillna(frame["quoted_lead_days"]).fillna(DEFAULT_LEAD_DAYS)
        return np.asarray(days.clip(1, 365).to_numpy(float))
