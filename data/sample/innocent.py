"""What is legitimate and looks wrong, as far as it follows from how the company and its customers work."""

import numpy as np
import pandas as pd

from data.sample.frames import records
from data.sample.system_log import quiet_events
from data.sample.timeline import DAY, IS_HOLIDAY, NOW, Bools, Ints
from data.sample.world import EDI, World

PRICES = (
    "contract_price",
    "clearance",
    "promotion",
    "volume_discount",
    "agreed_discount",
    "announced_price_rise",
    "free_sample",
)


def excuse_the_innocent(world: World) -> None:
    """Tell of every order and line that has a good reason to look wrong."""
    _prices(world)
    _references(world)
    _addresses(world)
    _manners(world)
    _deliveries(world)
    _payments(world)
    _systems(world)


def _habits(world: World) -> pd.DataFrame:
    """Return the habits of each order's customer."""
    return world.clientele.habits.iloc[world.orders["customer"].to_numpy(np.int64)].reset_index(drop=True)


def _excuse(world: World, which: Bools, why: str, tempts: str) -> None:
    world.truth.excuse(world.orders["uid"].to_numpy()[which], why, tempts)


def _prices(world: World) -> None:
    lines = world.lines
    for why in PRICES:
        rows = lines[lines["why"] == why]
        world.truth.excuse(rows["uid"], why, "price_error", rows["line_no"].to_numpy())
    currency = (world.orders["currency"] != "USD").to_numpy()
    _excuse(world, currency, "other_currency", "price_error")


def _references(world: World) -> None:
    """Orders that resemble others: regular ones, those of branches, those under one number for all."""
    orders, habits = world.orders, _habits(world)
    _excuse(world, (orders["origin"] == "standing").to_numpy(), "standing_order", "duplicate_order")
    branch = (orders["origin"] == "branch").to_numpy()
    _excuse(world, branch, "branch_round", "duplicate_order")
    _excuse(world, branch & (orders["channel"] == EDI).to_numpy(), "edi_batch", "system_fault")
    _excuse(world, (habits["group"] >= 0).to_numpy(), "chain_with_one_phone", "duplicate_order|customer_info")
    blanket = orders["customer_po"].astype(str).str.startswith("BPO").to_numpy()
    _excuse(world, blanket, "blanket_po", "duplicate_order")


def _addresses(world: World) -> None:
    orders, habits = world.orders, _habits(world)
    day = orders["at"].to_numpy(np.int64) // DAY
    book = world.clientele.ship_tos
    place = orders["ship_to"].to_numpy(np.int64)
    sort, since = book["sort"].to_numpy(object)[place], book["since"].to_numpy()[place]
    _excuse(world, sort == "branch", "branch_address", "customer_info|unusual_order")
    _excuse(world, sort == "site", "building_site", "customer_info|unusual_order")
    _excuse(world, sort == "old", "address_before_the_move", "customer_info")
    _excuse(
        world,
        (sort == "own") & (since > 0) & (day < since + 60),
        "new_address_announced",
        "customer_info|unusual_order",
    )
    _excuse(world, (sort == "branch") & (since > 0) & (day < since + 60), "new_branch", "customer_info|unusual_order")
    _excuse(world, sort == "stranger", "marketplace_address", "customer_info|unusual_order")
    foreign = orders["ship_to_country"].isin(["HK", "DE", "IE", "US", "SG"]).to_numpy() & (sort == "own")
    _excuse(world, foreign, "foreign_address", "customer_info")
    shy = ~habits["gives_phone"].to_numpy(bool)
    _excuse(world, shy, "never_gives_phone", "customer_info")


def _manners(world: World) -> None:
    orders, habits = world.orders, _habits(world)
    _excuse(world, habits["is_night"].to_numpy(bool), "night_owl", "unusual_order")
    number = orders.groupby("customer").cumcount().to_numpy()
    first = (number == 0) & habits["is_new"].to_numpy(bool)
    _excuse(world, first, "first_order", "unusual_order|quantity_outlier|customer_info")
    day = orders["at"].to_numpy(np.int64) // DAY
    moved = habits["moves_channel_on"].to_numpy(np.int64)
    _excuse(world, (moved >= 0) & (day >= moved) & (day < moved + 45), "new_channel", "unusual_order|duplicate_order")


def _deliveries(world: World) -> None:
    orders = world.orders
    done = (orders["t_delivered"].to_numpy(float) <= NOW) & ~orders["is_cancelled"].to_numpy(bool)
    late_days = (orders["t_delivered"].to_numpy(float) - orders["promised_at"].to_numpy(float)) / DAY
    _excuse(world, done & (late_days > 0.15) & (late_days <= 1), "a_few_hours_late", "delivery_delay")
    _excuse(world, (orders["transit_days"] >= 6).to_numpy(), "slow_region", "delivery_delay")
    _excuse(world, (orders["hold_days"] > 0).to_numpy(), "short_hold", "delivery_delay")
    _excuse(world, (orders["ask_days"] >= 8).to_numpy(), "asked_for_later", "delivery_delay")


def _payments(world: World) -> None:
    orders, habits = world.orders, _habits(world)
    shipped = (orders["t_shipped"].to_numpy(float) <= NOW) & ~orders["is_cancelled"].to_numpy(bool)
    _excuse(world, shipped & (habits["late_days"] > 5).to_numpy(), "habitual_late_payer", "payment_problem")
    for style, why in (
        ("instalments", "instalments_as_agreed"),
        ("skonto", "early_payment_discount"),
        ("fees", "bank_fees"),
    ):
        _excuse(world, shipped & (habits["pay_style"] == style).to_numpy(), why, "payment_problem")
    less = shipped & (orders["owed"] < orders["total"] - 0.01).to_numpy() & (orders["total"] > 0).to_numpy()
    _excuse(world, less, "paid_what_was_shipped", "payment_problem")
    due = orders["due"].to_numpy(float)
    unpaid = ~orders["uid"].isin(world.payments.loc[world.payments["at"] <= NOW, "uid"]).to_numpy()
    _excuse(world, shipped & unpaid & (due < NOW), "not_late_for_this_payer", "payment_problem")
    failed = world.payments.loc[world.payments["status"] == "failed", "uid"]
    world.truth.excuse(failed.unique(), "card_tried_again", "payment_problem")
    back = shipped & (orders["t_returned"].to_numpy(float) <= NOW)
    _excuse(world, back, "refunded_return", "payment_problem")
    limit = world.clientele.customers["credit_limit"].to_numpy(float)[orders["customer"].to_numpy(np.int64)]
    _excuse(
        world,
        (orders["owing"] > 0.8 * limit).to_numpy() & (orders["owing"] <= limit).to_numpy(),
        "near_the_limit",
        "payment_problem",
    )


def _systems(world: World) -> None:
    at: Ints = world.orders["at"].to_numpy(np.int64)
    _excuse(world, IS_HOLIDAY[at // DAY], "quiet_holiday", "system_fault")
    inside = np.zeros(len(at), dtype=bool)
    for event in records(quiet_events(world)):
        if event["kind"] != "price_list_change":
            inside |= (at >= event["at"] - 900) & (at <= event["ended"] + 900)
    _excuse(world, inside, "harmless_event", "system_fault")
