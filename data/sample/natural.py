"""What business brings by itself, told as truth: shortages, late deliveries, and what follows from planted faults."""

import numpy as np
import pandas as pd

from data.sample.timeline import DAY, NOW
from data.sample.truth import gathered
from data.sample.world import MARKETPLACE, World


def tell_the_natural(world: World) -> None:
    """Put what arose in the simulation into the truth: lines not served, promises missed, and what follows."""
    _shortages(world)
    _delays(world)
    _unpaid(world)
    _over_the_limit(world)
    _look_alikes(world)


def _planted(world: World, kind: str) -> pd.DataFrame:
    """Return the planted faults of one kind."""
    frame = gathered(world.truth.exceptions, ("uid", "line_no", "kind"))
    return frame[frame["kind"] == kind]


def _shortages(world: World) -> None:
    """Lines that could not be served in time: a consequence of wrong quantities, else truths of their own."""
    lines, truth = world.lines, world.truth
    orders = world.orders.set_index("uid").loc[lines["uid"]]
    live = ~orders["is_cancelled"].to_numpy(bool) & (orders["alloc_day"].to_numpy() * DAY + 10 * 3600 <= NOW)
    wrong = pd.MultiIndex.from_frame(_planted(world, "quantity_outlier")[["uid", "line_no"]])
    is_wrong = pd.MultiIndex.from_frame(lines[["uid", "line_no"]]).isin(wrong)
    gone = orders["t_shipped"].to_numpy(float) <= NOW
    less = gone & (lines["shipped"] < lines["quantity"]).to_numpy()
    affected = lines[is_wrong & live & ((lines["short"] > 0).to_numpy() | less)]
    truth.note(affected["uid"], "stock_shortage", "consequence", affected["line_no"].to_numpy())
    short = lines[live & ~is_wrong & (lines["short"] > 1e-9).to_numpy()]
    if short.empty:
        return
    share = (short["short"] / short["quantity"]).to_numpy()
    level = np.select([share > 0.6, share > 0.2], ["easy", "medium"], "hard")
    waited = np.where(short["shipped"] >= short["wanted"], "backordered", "shipped_short")
    also_ok = np.where(short["cause"] == "demand_spike", "unknown", "")
    line_no = short["line_no"].to_numpy()
    truth.plant(short["uid"], "stock_shortage", short["cause"].to_numpy(), level, waited, line_no, also_ok)
    columns = short[["uid", "line_no", "product_id", "cause"]]
    truth.shortages.append(columns.assign(short_quantity=short["short"].round(2)))


def _delays(world: World) -> None:
    """Deliveries more than a day after the promise: planted already, following from a shortage, or by the carrier."""
    orders, truth = world.orders, world.truth
    arrived = np.minimum(orders["t_delivered"].to_numpy(float), NOW)
    late_days = (arrived - orders["promised_at"].to_numpy(float)) / DAY
    late = ~orders["is_cancelled"].to_numpy(bool) & (late_days > 1)
    new = late & ~orders["uid"].isin(_planted(world, "delivery_delay")["uid"]).to_numpy()
    waiting = orders["uid"].isin(world.lines.loc[world.lines["short"] > 0, "uid"]).to_numpy()
    misdated = orders["uid"].isin(_planted(world, "order_info")["uid"]).to_numpy()
    truth.note(orders.loc[new & (waiting | misdated), "uid"], "delivery_delay", "consequence")
    alone = new & ~waiting & ~misdated
    if alone.any():
        level = np.where(late_days[alone] > 4, "easy", "medium")
        truth.plant(
            orders.loc[alone, "uid"], "delivery_delay", "process_delay", level, "carrier_late", also_ok="unknown"
        )


def _unpaid(world: World) -> None:
    """Repeated orders whose bill the customer refuses; wrong prices and quantities are paid as billed."""
    orders = world.orders
    overdue = (orders["due"].to_numpy(float) < NOW) & ~orders["is_cancelled"].to_numpy(bool)
    refused = orders["refuses"].to_numpy(bool) & overdue & (orders["t_shipped"].to_numpy(float) <= NOW)
    refused &= ~orders["uid"].isin(world.payments["uid"]).to_numpy()
    world.truth.note(orders.loc[refused, "uid"], "payment_problem", "consequence")
    wrong = _planted(world, "order_info")
    if len(wrong):
        totals = wrong["variant"].astype(str).str.startswith("total")
        world.truth.note(wrong.loc[totals, "uid"], "payment_problem", "consequence")


def _over_the_limit(world: World) -> None:
    """Orders beyond the credit limit because of something else that is wrong with them or before them."""
    orders = world.orders
    limit = world.clientele.customers["credit_limit"].to_numpy(float)[orders["customer"].to_numpy(np.int64)]
    beyond = (orders["owing"].to_numpy(float) > limit) & ~orders["is_cancelled"].to_numpy(bool)
    planted = orders["uid"].isin(_planted(world, "payment_problem")["uid"]).to_numpy()
    world.truth.note(orders.loc[beyond & ~planted, "uid"], "payment_problem", "consequence")


def _look_alikes(world: World) -> None:
    """Pairs of one customer with the same basket within three days that nothing tells apart: reviewers may differ."""
    orders = world.orders[~world.orders["is_cancelled"].to_numpy(bool) & (world.orders["channel"] != MARKETPLACE)]
    lines = world.lines[["product", "quantity"]]
    content = pd.util.hash_pandas_object(lines, index=False).groupby(world.lines["uid"]).sum()
    basket = content.reindex(orders["uid"]).to_numpy()
    rows = orders[["uid", "customer", "at", "ship_to", "customer_po", "origin"]].assign(basket=basket)
    rows = rows.sort_values(["customer", "basket", "ship_to", "at"], kind="stable")
    same = (rows[["customer", "basket", "ship_to"]] == rows[["customer", "basket", "ship_to"]].shift()).all(axis=1)
    close = same & (rows["at"] - rows["at"].shift() <= 3 * DAY)
    before = rows.shift()
    known = rows["origin"].isin(["duplicate", "branch"]) | before["origin"].isin(["duplicate", "branch"])
    numbered = rows["customer_po"].notna() & before["customer_po"].notna()
    apart = numbered & (rows["customer_po"] != before["customer_po"])
    world.truth.excuse(rows.loc[close & apart & ~known, "uid"], "legitimate_reorder", "duplicate_order")
    doubtful = close & ~apart & ~known
    world.truth.note(
        rows.loc[doubtful, "uid"], "duplicate_order", "gray", other=before.loc[doubtful, "uid"].to_numpy(np.int64)
    )
