"""What business brings by itself: shortages, late deliveries, and the many things that only look wrong."""

import numpy as np
import pandas as pd

from data.sample.timeline import DAY, NOW
from data.sample.world import World


def tell_the_natural(world: World) -> None:
    """Put what arose in the simulation into the truth: lines not served, promises missed."""
    _shortages(world)
    _delays(world)


def _shortages(world: World) -> None:
    lines, truth = world.lines, world.truth
    short = lines[lines["short"] > 1e-9]
    orders = world.orders.set_index("uid").loc[short["uid"]]
    seen = (orders["alloc_day"].to_numpy() * DAY + 10 * 3600 <= NOW) & ~orders["is_cancelled"].to_numpy()
    short = short[seen]
    if short.empty:
        return
    share = (short["short"] / short["quantity"]).to_numpy()
    level = np.select([share > 0.6, share > 0.2], ["easy", "medium"], "hard")
    waited = np.where(short["shipped"] >= short["wanted"], "backordered", "shipped_short")
    truth.plant(short["uid"], "stock_shortage", short["cause"].to_numpy(), level, waited, short["line_no"].to_numpy())
    truth.shortages.append(
        pd.DataFrame(
            {
                "uid": short["uid"],
                "line_no": short["line_no"],
                "product_id": short["product_id"],
                "cause": short["cause"],
                "short_quantity": short["short"].round(2),
            }
        )
    )


def _delays(world: World) -> None:
    """Deliveries more than a day after the promise: planted already, following from a shortage, or by the carrier."""
    orders, truth = world.orders, world.truth
    arrived = np.minimum(orders["t_delivered"].to_numpy(float), NOW)
    late_days = (arrived - orders["promised_at"].to_numpy(float)) / DAY
    open_or_done = ~orders["is_cancelled"].to_numpy(bool)
    late = open_or_done & (late_days > 1)
    planted = {uid for frame in truth.exceptions for uid in frame.loc[frame["kind"] == "delivery_delay", "uid"]}
    new = late & ~orders["uid"].isin(planted).to_numpy()
    waiting = orders["uid"].isin(world.lines.loc[world.lines["short"] > 0, "uid"]).to_numpy()
    truth.note(orders.loc[new & waiting, "uid"], "delivery_delay", "consequence")
    alone = new & ~waiting
    if alone.any():
        level = np.where(late_days[alone] > 4, "easy", "medium")
        truth.plant(orders.loc[alone, "uid"], "delivery_delay", "process_delay", level, "carrier_late")
    nearly = open_or_done & (late_days > 0.15) & (late_days <= 1) & (orders["t_delivered"].to_numpy(float) <= NOW)
    truth.excuse(orders.loc[nearly, "uid"], "a_few_hours_late", "delivery_delay")


def excuse_the_innocent(world: World) -> None:
    """List what is legitimate and looks wrong, as far as it follows from the company's ways."""
    orders, lines, truth = world.orders, world.lines, world.truth
    customer = orders["customer"].to_numpy(np.int64)
    habits = world.clientele.habits.iloc[customer].reset_index(drop=True)
    for why in (
        "contract_price",
        "clearance",
        "promotion",
        "volume_discount",
        "agreed_discount",
        "announced_price_rise",
    ):
        rows = lines[lines["why"] == why]
        if why == "contract_price":
            rows = rows[rows["line_no"] == 1]
        truth.excuse(rows["uid"], why, "price_error", rows["line_no"])
    for origin, why in (("standing", "standing_order"), ("branch", "branch_round")):
        truth.excuse(orders.loc[orders["origin"] == origin, "uid"], why, "duplicate_order")
    truth.excuse(
        orders.loc[(habits["group"] >= 0).to_numpy(), "uid"], "chain_with_one_phone", "duplicate_order|customer_info"
    )
    blanket = (habits["po_style"] == "blanket").to_numpy() & orders["customer_po"].notna().to_numpy()
    truth.excuse(orders.loc[blanket, "uid"], "blanket_po", "duplicate_order")
    sort = world.clientele.ship_tos["sort"].to_numpy(object)[orders["ship_to"].to_numpy(np.int64)]
    for name, why in (
        ("branch", "branch_address"),
        ("old", "address_before_the_move"),
        ("stranger", "marketplace_address"),
    ):
        truth.excuse(orders.loc[sort == name, "uid"], why, "customer_info|unusual_order")
    foreign = orders["ship_to_country"].isin(["HK", "DE", "IE", "US", "SG"]).to_numpy() & (sort == "own")
    truth.excuse(orders.loc[foreign, "uid"], "foreign_address", "customer_info")
    truth.excuse(orders.loc[habits["is_night"].to_numpy(bool), "uid"], "night_owl", "unusual_order")
    first = ~orders.duplicated("customer").to_numpy() & habits["is_new"].to_numpy(bool)
    truth.excuse(orders.loc[first, "uid"], "first_order", "unusual_order|quantity_outlier|customer_info")
    slow = (orders["transit_days"] >= 6).to_numpy()
    truth.excuse(orders.loc[slow, "uid"], "slow_region", "delivery_delay")
    truth.excuse(orders.loc[orders["hold_days"] > 0, "uid"], "short_hold", "delivery_delay")
    shipped = (orders["t_shipped"].to_numpy(float) <= NOW) & ~orders["is_cancelled"].to_numpy(bool)
    tardy = shipped & (habits["late_days"] > 5).to_numpy()
    truth.excuse(orders.loc[tardy, "uid"], "habitual_late_payer", "payment_problem")
    for style, why in (
        ("instalments", "instalments_as_agreed"),
        ("skonto", "early_payment_discount"),
        ("fees", "bank_fees"),
    ):
        truth.excuse(orders.loc[shipped & (habits["pay_style"] == style).to_numpy(), "uid"], why, "payment_problem")
