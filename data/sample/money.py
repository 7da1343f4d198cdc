"""Payments as each customer makes them, and credit limits that normally hold."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.sample.timeline import DAY, NOW, Floats
from data.sample.world import World


def order_totals(world: World) -> None:
    """Fill in ``total`` (what the lines add up to) and ``owed`` (what of it was or will be shipped)."""
    lines, orders = world.lines, world.orders
    net = lines["unit_price"] * (1 - lines["discount"])
    served = np.minimum(lines["shipped"], lines["quantity"])
    sums = pd.DataFrame({"total": net * lines["quantity"], "owed": net * served}).groupby(lines["uid"]).sum()
    orders["total"] = sums["total"].reindex(orders["uid"]).round(2).to_numpy()
    orders["owed"] = sums["owed"].reindex(orders["uid"]).round(2).to_numpy()
    far = orders["t_shipped"].to_numpy(float) > NOW
    orders["owed"] = np.where(far, orders["total"], orders["owed"])


def make_payments(world: World) -> None:
    """Write the payments that everybody makes by habit; fill in ``due`` of every order."""
    rng = world.rng("payments")
    orders = world.orders
    habits = world.clientele.habits.iloc[orders["customer"].to_numpy(np.int64)].reset_index(drop=True)
    count = len(orders)
    terms = habits["terms"].to_numpy(np.int64)
    prepaid = terms == 0
    invoice_day = np.where(np.isfinite(orders["t_shipped"]), orders["ship_day"], np.nan)
    due = np.where(prepaid, orders["at"] // DAY, invoice_day + terms) * DAY + 86_399
    orders["due"] = np.where(orders["is_cancelled"] & ~prepaid, np.nan, due)
    late = habits["late_days"].to_numpy(float) + rng.normal(0, 1, count).clip(-2, 2) * habits["late_spread"].to_numpy(
        float
    )
    on = np.maximum(due + late * DAY, (invoice_day + 1) * DAY)
    on = np.floor(on / DAY) * DAY + rng.uniform(9, 17, count) * 3600
    paid_at = np.where(prepaid, orders["at"] + rng.uniform(30, 900, count), on)
    style = habits["pay_style"].to_numpy(object)
    owed = orders["owed"].to_numpy(float)
    amount = np.select([style == "skonto", style == "fees"], [owed * 0.98, np.maximum(owed - 12, owed * 0.9)], owed)
    paid_at = np.where(style == "skonto", np.minimum(paid_at, (invoice_day + 9) * DAY + 40_000), paid_at)
    owes = ~orders["is_cancelled"].to_numpy(bool) & (owed > 0) & (prepaid | ~orders["refuses"].to_numpy(bool))
    base = pd.DataFrame({"uid": orders["uid"], "at": paid_at, "amount": amount, "prepaid": prepaid, "style": style})[
        owes
    ]
    thirds = base[base["style"] == "instalments"]
    parts = [base[base["style"] != "instalments"]]
    for number in range(3):
        part = (thirds["amount"] / 3).round(2)
        rest = thirds["amount"] - 2 * part
        parts.append(thirds.assign(at=thirds["at"] + number * 30 * DAY, amount=rest if number == 2 else part))
    payments = pd.concat(parts, ignore_index=True)
    payments["method"] = np.where(payments["prepaid"], "card", "transfer")
    payments["status"] = "completed"
    retried = payments["prepaid"] & (rng.random(len(payments)) < 0.04)
    failed = payments[retried].assign(status="failed")
    payments.loc[retried, "at"] += 200
    returned = np.isfinite(orders["t_returned"].to_numpy(float)) & owes & (style == "full")
    back = orders.loc[returned, "t_returned"].to_numpy(float) + 4 * DAY
    refunds = pd.DataFrame({"uid": orders.loc[returned, "uid"], "at": np.maximum(back, paid_at[returned] + DAY)})
    refunds = refunds.assign(amount=-amount[returned], method="transfer", status="completed")
    columns = ["uid", "at", "amount", "method", "status"]
    world.payments = pd.concat([payments, failed, refunds], ignore_index=True)[columns]
    world.payments["amount"] = world.payments["amount"].round(2)


def close_orders(world: World) -> None:
    """Fill in when each order was closed: when its last payment came."""
    orders = world.orders
    good = world.payments[world.payments["status"] == "completed"]
    last = good.groupby("uid")["at"].max().reindex(orders["uid"]).to_numpy(float)
    paid = good.groupby("uid")["amount"].sum().reindex(orders["uid"]).to_numpy(float)
    done = np.maximum(np.nan_to_num(last, nan=np.inf), orders["t_invoiced"].to_numpy(float)) + 1800
    done = np.maximum(done, orders["t_delivered"].to_numpy(float) + 600)
    settled = paid >= 0.9 * orders["owed"].to_numpy(float)
    orders["t_closed"] = np.where(settled & ~np.isfinite(orders["t_returned"]), done, np.inf)


def exposure(world: World, without: npt.NDArray[np.bool_] | None = None) -> Floats:
    """Return what each order's customer owes right after it is entered, this order included.

    Orders ``without`` count as if they had never been entered.
    """
    orders = world.orders
    out = orders["is_cancelled"].to_numpy(bool) | (False if without is None else without)
    good = world.payments[(world.payments["status"] == "completed") & (world.payments["at"] <= NOW)]
    good = good[~good["uid"].isin(orders.loc[out, "uid"])]
    paid_sum = good.groupby("uid")["amount"].sum().reindex(orders["uid"]).fillna(0).to_numpy(float)
    settled = good.groupby("uid")["at"].max().reindex(orders["uid"]).to_numpy(float)
    total = np.where(out, 0.0, orders["total"].to_numpy(float))
    customer = orders.set_index("uid")["customer"]
    # What a settled bill leaves open (not shipped, discounts, fees) is written off with its last payment.
    is_settled = paid_sum >= 0.9 * orders["owed"].to_numpy(float)
    rest = np.where(is_settled & np.isfinite(settled), paid_sum - total, 0.0)
    frames = (
        {"customer": orders["customer"], "at": orders["at"].astype(float), "change": total, "uid": orders["uid"]},
        {
            "customer": customer.reindex(good["uid"]).to_numpy(),
            "at": good["at"].to_numpy(),
            "change": -good["amount"].to_numpy(),
        },
        {"customer": orders["customer"], "at": np.nan_to_num(settled, nan=0.0) + 1, "change": rest},
    )
    book = pd.concat([pd.DataFrame(frame) for frame in frames], ignore_index=True)
    book = book.sort_values(["customer", "at"], kind="stable")
    book["owing"] = book.groupby("customer")["change"].cumsum()
    return book[book["uid"].notna()].set_index("uid")["owing"].reindex(orders["uid"]).to_numpy(float)


def credit_limits(world: World) -> None:
    """Give every customer a limit that its honest business never reached: some with much room, some with little."""
    rng = world.rng("credit")
    customers, orders = world.clientele.customers, world.orders
    faulty = ~world.truth.free(orders["uid"].to_numpy())
    owing = np.where(faulty, 0.0, exposure(world, faulty))
    highest = pd.Series(owing).groupby(orders["customer"].to_numpy()).max()
    peak = highest.reindex(range(len(customers))).fillna(0).to_numpy(float)
    limit = np.maximum(peak * rng.uniform(1.08, 2.2, len(customers)), 1000)
    step = np.where(limit > 20_000, 5000, 500)
    customers["credit_limit"] = np.ceil(limit / step) * step
