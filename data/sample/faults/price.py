"""Wrong prices: slips at the keyboard, prices out of date, the wrong unit or currency, discounts nobody granted."""

import numpy as np
import pandas as pd

from data.sample.faults.picking import one_per_order, quota, some_lines, split
from data.sample.frames import counted
from data.sample.pricing import RATES, contract_discount
from data.sample.timeline import DAY, Bools
from data.sample.world import EMAIL, PHONE, World

VARIANTS = {
    "decimal_slip": 3.0,
    "transposed_digits": 2.0,
    "stale_list_price": 2.5,
    "wrong_currency": 1.2,
    "unit_of_measure": 1.8,
    "unauthorised_discount": 3.0,
    "contract_ignored": 1.2,
    "price_of_another_customer": 0.8,
    "zero_price": 0.5,
}
CAUSES = {
    "stale_list_price": "stale_master_data",
    "contract_ignored": "stale_master_data",
    "unit_of_measure": "unit_of_measure",
    "unauthorised_discount": "unauthorised_discount",
    "price_of_another_customer": "unauthorised_discount",
}
MEMORY_DAYS = 100  # so old are the price lists that some still use
CARELESS = "jack.sun"  # grants discounts more freely than he may


def plant_prices(world: World) -> None:
    """Put wrong prices on some lines."""
    rng = world.rng("price faults")
    for variant, count in counted(split(rng, quota(world, "price_error"), VARIANTS)):
        rows = some_lines(world, rng, from_day=60)
        rows = rows[(rows["product"] >= 0) & (rows["unit_price"] > 1.5) & (rows["origin"] != "project")]
        rows = _suited(world, rows, variant)
        typed = rows["channel"].isin([PHONE, EMAIL]).to_numpy()
        weight = np.where(typed, 4.0, 1.0)
        if variant == "unit_of_measure":
            category = world.catalogue.products["category"].to_numpy(object)[rows["product"].to_numpy(np.int64)]
            weight = np.where((category == "Packaging") & (rows["channel"] == PHONE), 12.0, 0.6)
        if variant == "unauthorised_discount":
            weight = np.where(rows["entered_by"] == CARELESS, 12.0, np.where(typed, 3.0, 0.05))
        _put(world, rng, one_per_order(rng, rows, count, weight), variant)
    where = {"category": "Packaging", "channel": "phone"}
    world.truth.trend("concentrations", kind="price_error", variant="unit_of_measure", where=where)
    where = {"entered_by": CARELESS}
    world.truth.trend("concentrations", kind="price_error", variant="unauthorised_discount", where=where)


def _suited(world: World, rows: pd.DataFrame, variant: str) -> pd.DataFrame:
    """Return the lines on which a fault can happen and be seen, with what it needs beside them."""
    catalogue, clientele = world.catalogue, world.clientele
    product, day = rows["product"].to_numpy(np.int64), rows["at"].to_numpy(np.int64) // DAY
    customer = rows["customer"].to_numpy(np.int64)
    contract = contract_discount(world, customer, product)
    price = rows["unit_price"].to_numpy(np.float64)
    before = catalogue.list_price[product, np.maximum(day - MEMORY_DAYS, 0)]
    suited: Bools = (rows["discount"] == 0).to_numpy() & (contract == 0) & ~catalogue.is_clearance[product, day]
    if variant == "stale_list_price":
        suited &= ~catalogue.is_clearance[product, np.maximum(day - MEMORY_DAYS, 0)] & (before < 0.972 * price)
    elif variant == "contract_ignored":
        currency = clientele.habits["currency"].to_numpy(object)[customer]
        suited = (contract >= 0.08) & (currency == "USD") & (price < 0.95 * catalogue.list_price[product, day])
    elif variant == "transposed_digits":
        suited = np.array([_has_two_digits(value) for value in price], dtype=bool)
    elif variant not in ("unauthorised_discount", "price_of_another_customer"):
        suited = np.ones(len(rows), dtype=bool)
    return rows.assign(contract=contract, day=day, before=before).loc[suited]


def _has_two_digits(price: float) -> bool:
    whole = f"{price:.2f}".split(".")[0]
    return len(whole) >= 2 and whole[0] != whole[1]


def _put(world: World, rng: np.random.Generator, rows: pd.DataFrame, variant: str) -> None:
    """Change the price or the discount of the lines, and tell the truth about it."""
    if rows.empty:
        return
    price, discount = rows["unit_price"].to_numpy(float), rows["discount"].to_numpy(float).copy()
    list_price = world.catalogue.list_price[rows["product"].to_numpy(np.int64), rows["day"].to_numpy(np.int64)]
    count, new = len(rows), price.copy()
    if variant == "decimal_slip":
        new = price * rng.choice([10.0, 0.1, 100.0, 0.01], count, p=[0.45, 0.35, 0.12, 0.08])
    elif variant == "transposed_digits":
        new = np.array([_swapped(rng, value) for value in price])
    elif variant == "stale_list_price":
        new = rows["before"].to_numpy(float)
    elif variant == "wrong_currency":
        currency = world.clientele.habits["currency"].to_numpy(object)[rows["customer"].to_numpy(np.int64)]
        own = pd.Series(currency).map(RATES).to_numpy(float)
        other = np.where(
            currency == "USD", rng.choice([RATES["CNY"], RATES["GBP"], RATES["EUR"]], count, p=[0.6, 0.25, 0.15]), 1.0
        )
        new = price / own * other
    elif variant == "unit_of_measure":
        cased = world.catalogue.products["unit"].to_numpy(object)[rows["product"].to_numpy(np.int64)] == "case"
        new = np.where(cased, price / 12, price * 12)
    elif variant == "unauthorised_discount":
        granted = rng.choice([0.12, 0.18, 0.25, 0.3, 0.4], count, p=[0.15, 0.2, 0.3, 0.2, 0.15])
        hidden = rng.random(count) < 0.25
        new = np.where(hidden, price * (1 - granted), price)
        discount = np.where(hidden, discount, granted)
    elif variant == "contract_ignored":
        new = list_price
    elif variant == "price_of_another_customer":
        new = price * (1 - rng.choice([0.12, 0.15, 0.18], count))
    elif variant == "zero_price":
        new = np.zeros(count)
    new = np.round(new, 2)
    world.lines.loc[rows["row"], "unit_price"] = new
    world.lines.loc[rows["row"], "discount"] = discount
    world.lines.loc[rows["row"], "why"] = "fault"
    off = np.abs(np.log(np.maximum(new * (1 - discount), 1e-3) / (price * (1 - rows["discount"].to_numpy(float)))))
    level = np.select([off > np.log(4), off > np.log(1.22)], ["easy", "medium"], "hard")
    cause = CAUSES.get(variant, "data_entry")
    also_ok = {"price_of_another_customer": "data_entry|stale_master_data", "contract_ignored": "data_entry"}.get(
        variant, ""
    )
    world.truth.plant(rows["uid"], "price_error", cause, level, variant, rows["line_no"].to_numpy(), also_ok)


def _swapped(rng: np.random.Generator, price: float) -> float:
    """Return the price with two neighbouring digits exchanged."""
    text = f"{price:.2f}"
    whole = text.split(".")[0]
    places = [k for k in range(len(whole) - 1) if whole[k] != whole[k + 1]]
    place = places[rng.integers(len(places))]
    swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return float(swapped)
