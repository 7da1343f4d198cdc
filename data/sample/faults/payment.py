"""Payments that go wrong: not made by somebody who normally pays, of a wrong amount, made twice; credit overdrawn."""

import numpy as np
import pandas as pd

from data.sample.faults.picking import one_per_order, quota, some_orders, split
from data.sample.frames import counted
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
    for variant, number in counted(split(rng, count, VARIANTS)):
        chosen = one_per_order(rng, _suited(world, rng, variant), number)
        if len(chosen):
            _spoil(world, rng, chosen, variant)


def _suited(world: World, rng: np.random.Generator, variant: str) -> pd.DataFrame:
    """Return orders paid in one piece by customers who pay in full, long enough ago to be sure."""
    rows = some_orders(world, rng)
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
    suited = full & overdue & served & known
    if variant in ("unpaid", "part_unpaid"):
        suited &= prompt
    return rows.loc[np.asarray(suited, dtype=bool)]


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
    orders = world.orders
    book = orders[["uid", "customer"]].assign(owing=exposure(world), free=world.truth.free(orders["uid"].to_numpy()))
    book = book[~orders["is_cancelled"].to_numpy(bool)].sort_values("owing", ascending=False, kind="stable")
    place = book.groupby("customer").cumcount()
    top = [book[place == k].set_index("customer")["owing"] for k in range(3)]
    clear = book[place < 2].groupby("customer")["free"].all()
    customers = np.flatnonzero(~world.clientele.habits["is_marketplace"].to_numpy(bool))
    first, second, third = (series.reindex(customers).to_numpy(float) for series in top)
    steady = (place.groupby(book["customer"]).size().reindex(customers) >= 12).to_numpy() & (first > 1500)
    steady &= clear.reindex(customers).eq(True).to_numpy(bool)
    one, two = steady & (first > 1.3 * second), steady & (second > 1.3 * third)
    for k in rng.permutation(np.flatnonzero(one | two))[:count]:
        high, low = (first[k], second[k]) if one[k] else (second[k], third[k])
        _set_limit(world, book, int(customers[k]), 1 if one[k] else 2, round(float(np.sqrt(high * low)) / 50) * 50)


def _set_limit(world: World, book: pd.DataFrame, customer: int, broken: int, limit: float) -> None:
    """Set a customer's limit, and tell the truth about the orders beyond it."""
    world.clientele.customers.loc[customer, "credit_limit"] = float(limit)
    hit = book[book["customer"] == customer].head(broken)
    excess = hit["owing"].to_numpy(float) / limit
    level = np.select([excess > 1.5, excess > 1.2], ["easy", "medium"], "hard")
    also_ok = "customer_default|data_entry|unknown"
    world.truth.plant(hit["uid"], "payment_problem", "process_delay", level, "over_credit_limit", also_ok=also_ok)
