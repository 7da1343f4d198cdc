"""Orders for a reason: projects, seasonal stock, top-ups, reorders, split and re-entered orders, campaigns.

They are legitimate, and each looks like one of the faults: a repeated order, a wrong quantity, somebody else's order.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.sample.baskets import draw_lines
from data.sample.demand import time_of_day
from data.sample.faults.copies import copy_orders
from data.sample.tastes import nice
from data.sample.timeline import DAY, DAYS, NOW, Floats, Ints, add_working_days, day_of
from data.sample.world import EMAIL, MARKETPLACE, OPERATORS, World

HOUR = 3600


def add_occasions(world: World) -> None:
    """Append the orders, and change those of promotion weeks, with the reasons they look wrong for."""
    rng = world.rng("occasions")
    top_ups(world, rng)
    reorders(world, rng)
    split_orders(world, rng)
    reentered(world, rng)
    projects(world, rng)
    seasonal_stock(world, rng)
    campaigns(world, rng)
    stock_up_in_promotions(world, rng)
    free_samples(world, rng)


def _some(world: World, rng: np.random.Generator, share: float, keep: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Return everyday orders that ``keep`` allows and that have no reason yet, in number a ``share`` of all orders."""
    orders = world.orders
    spoken_for = {uid for frame in world.truth.innocent for uid in frame["uid"]}
    rows = orders[keep & (orders["origin"] == "plain").to_numpy() & ~orders["uid"].isin(spoken_for).to_numpy()]
    rows = rows[(rows["channel"] != MARKETPLACE) & (rows["at"] < NOW - 20 * DAY)]
    count = min(len(rows), round(share * world.size))
    return rows.iloc[np.sort(rng.choice(len(rows), count, replace=False))]


def _again_at(world: World, rng: np.random.Generator, rows: pd.DataFrame, days: Ints) -> Ints:
    """Return times some days later, at the customers' hours."""
    habits = world.clientele.habits.iloc[rows["customer"].to_numpy(np.int64)].reset_index(drop=True)
    return time_of_day(rng, habits, rows["channel"].to_numpy(np.int64), rows["at"].to_numpy(np.int64) // DAY + days)


def _next_po(rng: np.random.Generator, purchase_orders: pd.Series) -> npt.NDArray[np.object_]:
    """Return the number a few further on for customers who count theirs, the same for blanket numbers."""
    out = purchase_orders.to_numpy(object).copy()
    for place, text in enumerate(out):
        if isinstance(text, str) and text.startswith("PO-"):
            out[place] = f"PO-{int(text[3:]) + int(rng.integers(1, 9)):08d}"
        elif isinstance(text, str) and "/" in text:
            out[place] = f"{text}-{int(rng.integers(2, 9))}"
    return out


def top_ups(world: World, rng: np.random.Generator) -> None:
    """Some of the same goods again within days, because the first order was too small."""
    size = world.lines.groupby("uid").size().reindex(world.orders["uid"]).to_numpy()
    rows = _some(world, rng, 0.012, size >= 2)
    at = _again_at(world, rng, rows, rng.integers(1, 5, len(rows)))
    fresh = copy_orders(
        world, rows["uid"].to_numpy(), at=at, customer_po=_next_po(rng, rows["customer_po"]), origin="top_up"
    )
    lines = world.lines
    mine = lines[lines["uid"].isin(fresh)]
    kept = mine[mine.groupby("uid").cumcount() < 1 + (mine["uid"] % 2)]
    world.lines = lines.drop(index=mine.index.difference(kept.index)).reset_index(drop=True)
    part = world.lines["uid"].isin(fresh)
    factor = rng.choice([0.3, 0.5, 1.0], int(part.sum()))
    world.lines.loc[part, "quantity"] = nice(np.maximum(world.lines.loc[part, "quantity"].to_numpy(float) * factor, 1))
    world.truth.excuse(fresh, "top_up", "duplicate_order")


def reorders(world: World, rng: np.random.Generator) -> None:
    """The same basket again after some days, under the customer's next number."""
    counted = world.orders["customer_po"].astype(str).str.startswith("PO-").to_numpy()
    rows = _some(world, rng, 0.014, counted)
    at = _again_at(world, rng, rows, rng.integers(2, 15, len(rows)))
    fresh = copy_orders(
        world, rows["uid"].to_numpy(), at=at, customer_po=_next_po(rng, rows["customer_po"]), origin="reorder"
    )
    world.truth.excuse(fresh, "legitimate_reorder", "duplicate_order")


def split_orders(world: World, rng: np.random.Generator) -> None:
    """A second order the same day with other goods."""
    rows = _some(world, rng, 0.012, np.ones(len(world.orders), dtype=bool))
    at = np.minimum(rows["at"].to_numpy(np.int64) + rng.integers(120, 5 * HOUR, len(rows)), NOW - 700)
    at = np.where(at // DAY == rows["at"] // DAY, at, rows["at"] + 90)
    fresh = copy_orders(
        world, rows["uid"].to_numpy(), at=at, customer_po=_next_po(rng, rows["customer_po"]), origin="split"
    )
    world.lines = world.lines[~world.lines["uid"].isin(fresh)]
    drawn = draw_lines(rng, world.clientele, world.orders[world.orders["uid"].isin(fresh)])
    before = world.lines.merge(pd.DataFrame({"uid": rows["uid"].to_numpy(), "fresh": fresh}), on="uid")
    taken = pd.MultiIndex.from_frame(before[["fresh", "product"]])
    drawn = drawn[~pd.MultiIndex.from_frame(drawn[["uid", "product"]]).isin(taken)]
    empty = ~world.orders["uid"].isin(world.lines["uid"]) & ~world.orders["uid"].isin(drawn["uid"])
    world.orders = world.orders[~empty].reset_index(drop=True)
    drawn["line_no"] = drawn.groupby("uid").cumcount() + 1
    world.lines = pd.concat([world.lines, drawn], ignore_index=True)
    world.truth.excuse(drawn["uid"].unique(), "split_order", "duplicate_order")


def reentered(world: World, rng: np.random.Generator) -> None:
    """An order is cancelled by the customer and entered anew, corrected."""
    rows = _some(world, rng, 0.004, np.ones(len(world.orders), dtype=bool))
    cancelled = rows["at"].to_numpy(np.int64) + rng.integers(15 * 60, 3 * HOUR, len(rows))
    world.orders.loc[rows.index, "cancel_at"] = cancelled
    at = cancelled + rng.integers(120, 1800, len(rows))
    fresh = copy_orders(world, rows["uid"].to_numpy(), at=at, origin="reentered", cancel_at=np.nan)
    world.truth.excuse(fresh, "reentered_after_cancelling", "duplicate_order")


def projects(world: World, rng: np.random.Generator) -> None:
    """A contractor or distributor orders for a project: much of everything, weeks ahead."""
    segment = world.clientele.customers["segment"].isin(["contractor", "distributor", "office"]).to_numpy()
    customer = world.orders["customer"].to_numpy(np.int64)
    rows = _some(world, rng, 0.004, segment[customer])
    number = [f"PROJ-{k}" for k in rng.integers(1000, 9999, len(rows))]
    orders = world.orders
    staffed = add_working_days(rows["at"].to_numpy(np.int64) // DAY, 0) * DAY + rng.integers(
        9 * HOUR, 17 * HOUR, len(rows)
    )
    orders.loc[rows.index, "at"] = staffed
    orders.loc[rows.index, "customer_po"] = number
    orders.loc[rows.index, "channel"] = EMAIL
    orders.loc[rows.index, "entered_by"] = np.array(OPERATORS, dtype=object)[rng.integers(0, len(OPERATORS), len(rows))]
    orders.loc[rows.index, "origin"] = "project"
    orders.loc[rows.index, "ask_days"] = rng.integers(28, 60, len(rows))
    _multiply(world, rows["uid"].to_numpy(), rng.uniform(5, 18, len(rows)))
    world.truth.excuse(rows["uid"].to_numpy(), "project_order", "quantity_outlier|unusual_order|delivery_delay")


def _multiply(world: World, uids: Ints, factor: Floats) -> None:
    """Multiply the quantities of whole orders."""
    by = pd.Series(factor, index=uids)
    part = world.lines["uid"].isin(uids)
    lines = world.lines[part]
    quantity: Floats = lines["quantity"].to_numpy(np.float64) * by.reindex(lines["uid"]).to_numpy(np.float64)
    world.lines.loc[lines.index, "quantity"] = nice(quantity)


def seasonal_stock(world: World, rng: np.random.Generator) -> None:
    """Restaurants and shops lay in stock before the autumn and the spring festival, the same ones every year."""
    clientele = world.clientele
    shops = clientele.customers["segment"].isin(["restaurant", "retail"]).to_numpy()
    keen = shops & (rng.random(len(shops)) < 0.35)
    chinese = (clientele.customers["country"] == "CN").to_numpy()
    uids, factor = [], []
    for text, who in (("2025-09-08", keen), ("2026-01-19", keen & chinese), ("2026-09-07", keen)):
        first = day_of(text)
        orders = world.orders
        inside = (orders["at"] >= first * DAY) & (orders["at"] < (first + 18) * DAY) & (orders["origin"] == "plain")
        rows = orders[inside & who[orders["customer"].to_numpy(np.int64)]].drop_duplicates("customer")
        uids.append(rows["uid"].to_numpy())
        factor.append(np.full(len(rows), 0.0) + rng.uniform(3.0, 6.5, len(rows)))
    chosen = np.concatenate(uids)
    world.orders.loc[world.orders["uid"].isin(chosen), "origin"] = "seasonal"
    late = world.orders["uid"].isin(chosen)
    world.orders.loc[late, "ask_days"] = rng.integers(14, 24, int(late.sum()))
    _multiply(world, chosen, np.concatenate(factor))
    world.truth.excuse(chosen, "seasonal_bulk", "quantity_outlier|unusual_order")


def campaigns(world: World, rng: np.random.Generator) -> None:
    """A mailing offers one bundle; many customers order exactly that within days."""
    products = len(world.catalogue.products) - 1  # the last is the free sample
    for first in rng.choice(np.arange(40, DAYS - 30), 3, replace=False):
        orders = world.orders
        inside = (orders["at"] >= first * DAY) & (orders["at"] < (first + 5) * DAY) & (orders["origin"] == "plain")
        rows = orders[inside & (orders["channel"] != MARKETPLACE)].drop_duplicates("customer")
        rows = rows[rng.random(len(rows)) < 0.35]
        bundle = rng.choice(products, 3, replace=False)
        quantity = nice(np.maximum(world.catalogue.products["base_quantity"].to_numpy(float)[bundle] * 0.6, 1))
        world.lines = world.lines[~world.lines["uid"].isin(rows["uid"])]
        content = pd.DataFrame({"product": bundle, "slot": -1, "quantity": quantity, "line_no": np.arange(1, 4)})
        fresh = rows[["uid"]].merge(content, how="cross")
        world.lines = pd.concat([world.lines, fresh], ignore_index=True)
        world.orders.loc[world.orders["uid"].isin(rows["uid"]), "origin"] = "campaign"
        world.truth.excuse(rows["uid"].to_numpy(), "campaign_bundle", "duplicate_order|unusual_order")


def stock_up_in_promotions(world: World, rng: np.random.Generator) -> None:
    """While a product is on promotion some take two or three times as much."""
    lines, orders = world.lines, world.orders.set_index("uid")
    day = orders["at"].reindex(lines["uid"]).to_numpy(np.int64) // DAY
    everyday = (orders["origin"].reindex(lines["uid"]) == "plain").to_numpy()
    running = world.catalogue.promotion[lines["product"].to_numpy(np.int64), day] >= 0.15
    hit = np.flatnonzero(everyday & running & (lines["slot"] >= 0).to_numpy() & (rng.random(len(lines)) < 0.35))
    factor = rng.uniform(1.8, 3.0, len(hit))
    lines.loc[lines.index[hit], "quantity"] = nice(lines["quantity"].to_numpy(np.float64)[hit] * factor)
    world.truth.excuse(
        lines["uid"].to_numpy()[hit], "promotion_stock_up", "quantity_outlier", lines["line_no"].to_numpy()[hit]
    )


def free_samples(world: World, rng: np.random.Generator) -> None:
    """New customers, and now and then others, get a sample set at no charge."""
    orders, lines = world.orders, world.lines
    is_first = ~orders.duplicated("customer").to_numpy()
    is_new = world.clientele.habits["is_new"].to_numpy(bool)[orders["customer"].to_numpy(np.int64)]
    chosen = orders.loc[(is_first & is_new) | (rng.random(len(orders)) < 0.004), "uid"]
    last = lines.groupby("uid")["line_no"].max().reindex(chosen).to_numpy()
    sample = {"product": len(world.catalogue.products) - 1, "slot": -1, "quantity": 1.0}
    fresh = pd.DataFrame({"uid": chosen.to_numpy(), "line_no": last + 1, **sample})
    world.lines = pd.concat([lines, fresh], ignore_index=True)
