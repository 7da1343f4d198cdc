"""Payments that go wrong: not made by somebody who normally pays, of the wrong amount, made twice, beyond the credit limit."""

import numpy as np
import pandas as pd

from data.sample.faults.picking import free_orders, one_per_order, quota, split
from data.sample.money import exposure
from data.sample.timeline import DAY, NOW
from data.sample.world import World

VARIANTS = {"unpaid": 3.5, "amount_mismatch": 2.5, "part_unpaid": 1.0, "paid_twice": 1.5}
OVER_CREDIT_SHARE = 0.2


def plant_payments(world: World) -> None:
    """Spoil the payments of some orders that were shipped."""
    rng = world.rng("payment faults")
    total = quota(world, "payment_problem")
    count = total - round(total * OVER_CREDIT_SHARE)
    for variant, number in pd.Series(split(rng, count, VARIANTS)).value_counts().items():
        rows = _suited(world, str(variant))
        chosen = one_per_order(rng, rows, int(number))
        if len(chosen):
            _spoil(world, rng, chosen, str(variant))


def _suited(world: World, variant: str) -> pd.DataFrame:
    """Return orders paid in one piece by customers who pay in full, long enough ago to be sure."""
    rows = free_orders(world)
    habits = world.clientele.habits.iloc[rows["customer"].to_numpy(np.int64)].reset_index(drop=True)
    full = (
        (habits["pay_style"] == "full").to_numpy()
        & (habits["terms"] > 0).to_numpy()
        & ~habits["is_marketplace"].to_numpy(bool)
    )
    patience = (
        np.maximum(habits["late_days"].to_numpy(float), 0) + 3 * habits["late_spread"].to_numpy(float) + 12
    ) * DAY
    overdue = rows["due"].to_numpy(float) + patience < NOW
    served = (rows["owed"] >= rows["total"] - 0.01).to_numpy() & (rows["total"] > 60).to_numpy()
    known = ~np.isfinite(rows["t_returned"].to_numpy(float)) & ~rows["refuses"].to_numpy(bool)
    prompt = habits["late_days"].to_numpy(float) < 14
    if variant in ("unpaid", "part_unpaid"):
        return rows[full & overdue & served & known & prompt]
    return rows[full & overdue & served & known]


def _spoil(world: World, rng: np.random.Generator, chosen: pd.DataFrame, variant: str) -> None:
    payments = world.payments
    hit = payments["uid"].isin(chosen["uid"])
    amount = payments.loc[hit, "amount"].to_numpy(float)
    if variant == "unpaid":
        world.payments = payments[~hit].reset_index(drop=True)
        world.truth.plant(chosen["uid"], "payment_problem", "customer_default", "easy", variant)
    elif variant == "part_unpaid":
        payments.loc[hit, "amount"] = np.round(amount * rng.choice([0.3, 0.5, 0.6], len(amount)), 2)
        world.truth.plant(chosen["uid"], "payment_problem", "customer_default", "medium", variant, also_ok="data_entry")
    elif variant == "amount_mismatch":
        wrong = np.array([_mistyped(rng, value) for value in amount])
        payments.loc[hit, "amount"] = wrong
        off = np.abs(wrong / amount - 1)
        level = pd.Series(
            np.select([off > 0.3, off > 0.08], ["easy", "medium"], "hard"), index=payments.loc[hit, "uid"]
        )
        world.truth.plant(
            chosen["uid"],
            "payment_problem",
            "data_entry",
            level.reindex(chosen["uid"]).to_numpy(),
            variant,
            also_ok="customer_default",
        )
    else:
        again = payments[hit].copy()
        again["at"] = np.minimum(
            again["at"] + np.exp(rng.uniform(np.log(3600), np.log(12 * DAY), len(again))), NOW - 3600
        )
        world.payments = pd.concat([payments, again], ignore_index=True)
        cause_ok = "resubmission|customer_default"
        world.truth.plant(chosen["uid"], "payment_problem", "data_entry", "medium", variant, also_ok=cause_ok)


def _mistyped(rng: np.random.Generator, amount: float) -> float:
    """Return the amount with digits exchanged, a digit lost or a round sum missing."""
    text = f"{amount:.2f}"
    whole = text.split(".")[0]
    sort = rng.integers(3)
    places = [k for k in range(len(whole) - 1) if whole[k] != whole[k + 1] and not (k == 0 and whole[1] == "0")]
    if sort == 0 and places:
        k = places[rng.integers(len(places))]
        wrong = float(text[:k] + text[k + 1] + text[k] + text[k + 2 :])
    elif sort == 1:
        wrong = float(whole[:-1] + text[len(whole) :]) if len(whole) > 1 else amount * 0.5
    else:
        wrong = amount * rng.choice([0.85, 0.9, 1.1, 0.93])
    return round(wrong if abs(wrong / amount - 1) > 0.03 else amount * 0.9, 2)


def plant_over_credit(world: World) -> None:
    """Give some customers a limit that only their heaviest orders broke, and that nobody looked at."""
    rng = world.rng("credit faults")
    count = round(quota(world, "payment_problem") * OVER_CREDIT_SHARE)
    orders, customers = world.orders, world.clientele.customers
    book = orders[["uid", "customer", "total"]].assign(
        owing=exposure(world), free=world.truth.free(orders["uid"].to_numpy())
    )
    book = book[~orders["is_cancelled"].to_numpy(bool)].sort_values("owing", ascending=False, kind="stable")
    rows = []
    for customer, owing in book.groupby("customer"):
        top = owing.head(4)
        if (
            len(owing) < 12
            or top["owing"].iloc[0] < 1500
            or world.clientele.habits["is_marketplace"].iloc[int(customer)]
        ):
            continue
        for broken in (1, 2):
            high, low = top["owing"].iloc[broken - 1], top["owing"].iloc[broken]
            if high > 1.3 * low and top["free"].iloc[:broken].all():
                rows.append((int(customer), broken, high, low))
                break
    for place in rng.permutation(len(rows))[:count]:
        customer, broken, high, low = rows[place]
        limit = round(float(np.sqrt(high * low)) / 50) * 50
        if not low * 1.08 < limit < high / 1.08:
            continue
        customers.loc[customer, "credit_limit"] = float(limit)
        hit = book[book["customer"] == customer].head(broken)
        excess = (hit["owing"] / limit).to_numpy()
        level = np.where(excess > 1.5, "easy", np.where(excess > 1.2, "medium", "hard"))
        world.truth.plant(
            hit["uid"],
            "payment_problem",
            "process_delay",
            level,
            "over_credit_limit",
            also_ok="customer_default|data_entry|unknown",
        )
