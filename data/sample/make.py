"""Make the company's history, step by step."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from data.sample.baskets import make_lines
from data.sample.catalogue import make_catalogue
from data.sample.customers import make_clientele
from data.sample.demand import make_orders
from data.sample.faults import plant_at_entry, plant_in_headers, plant_in_the_books, plant_on_the_way
from data.sample.headers import fill_headers, number_orders
from data.sample.innocent import excuse_the_innocent
from data.sample.lifecycle import plan_orders, run_orders
from data.sample.mishaps import add_demand, choose_mishaps
from data.sample.money import close_orders, credit_limits, exposure, make_payments, order_totals
from data.sample.natural import tell_the_natural
from data.sample.occasions import add_occasions
from data.sample.pricing import price_lines
from data.sample.references import add_references
from data.sample.supply import make_supply
from data.sample.system_log import write_system_events
from data.sample.timeline import NOW_DAY
from data.sample.warehouse_run import run_warehouse, stock_books
from data.sample.world import World
from data.sample.write import finish_tables


def make_world(size: int, seed: int, has_faults: bool, progress: Callable[[str], None]) -> World:
    """Return the finished company: tables and truth in memory."""
    world = World(seed, size, has_faults)
    progress("founding the company")
    world.catalogue = make_catalogue(world)
    world.clientele = make_clientele(world, world.catalogue)
    progress("taking orders")
    world.orders = make_orders(world)
    add_references(world)
    world.lines = make_lines(world)
    world.orders["cancel_at"] = np.nan
    add_occasions(world)
    trim(world)
    supply = make_supply(world)
    mishaps = choose_mishaps(world, supply)
    add_demand(world, supply, mishaps)
    price_lines(world, world.lines)
    _ready_for_planting(world)
    progress("keying them in")
    if has_faults:
        plant_at_entry(world)
        trim(world)
    progress("running the warehouse")
    number_orders(world)
    plan_orders(world)
    if has_faults:
        plant_on_the_way(world)
    run_warehouse(world, supply, mishaps)
    run_orders(world)
    stock_books(world, _left_day(world))
    progress("sending invoices")
    order_totals(world)
    make_payments(world)
    credit_limits(world)
    if has_faults:
        plant_in_the_books(world)
    close_orders(world)
    fill_headers(world)
    if has_faults:
        plant_in_headers(world)
    world.orders["owing"] = exposure(world)
    excuse_the_innocent(world)
    tell_the_natural(world)
    write_system_events(world, world.harmful_events)
    finish_tables(world)
    return world


def trim(world: World) -> None:
    """Leave out everyday orders, about which there is nothing to tell, until there are as many as asked for."""
    surplus = len(world.orders) - world.size
    if surplus <= 0:
        return
    spoken_for = {uid for frame in world.truth.innocent for uid in frame["uid"]}
    spoken_for |= world.truth.taken
    everyday = world.orders["uid"][(world.orders["origin"] == "plain") & ~world.orders["uid"].isin(spoken_for)]
    gone = world.rng("trim").choice(everyday.to_numpy(), surplus, replace=False)
    world.orders = world.orders[~world.orders["uid"].isin(gone)].reset_index(drop=True)
    world.lines = world.lines[~world.lines["uid"].isin(gone)].reset_index(drop=True)


def _ready_for_planting(world: World) -> None:
    """Add the columns that planting changes, as they are when nothing is wrong."""
    lines, orders = world.lines, world.orders
    lines["physical"] = lines["quantity"]
    lines["plausible"] = lines["quantity"]
    lines["product_id"] = world.catalogue.products["product_id"].to_numpy(object)[lines["product"].to_numpy(np.int64)]
    orders["late_days"] = 0
    orders["stuck_step"] = ""
    orders["skipped_before"] = 0
    orders["is_cancelled"] = False
    orders["original"] = -1
    orders["number_suffix"] = ""
    orders["variant"] = ""
    orders["refuses"] = False
    orders["shown_shipped"] = np.nan
    orders["shown_delivered"] = np.nan


def _left_day(world: World) -> "np.ndarray":
    """Return the day each line left the warehouse; a day past now if it has not."""
    orders = world.orders.set_index("uid")
    shipped = pd.Series(np.where(np.isfinite(orders["t_shipped"]), orders["ship_day"], NOW_DAY + 1), index=orders.index)
    return np.asarray(shipped.reindex(world.lines["uid"]).to_numpy(np.int64))
