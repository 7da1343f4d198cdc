"""Order ids, numbers, and the ship-to texts of each order."""

import numpy as np

from data.sample.spelling import abbreviated, pasted_address, pasted_name, pasted_number, pasted_phone, respaced
from data.sample.timeline import DAY, START, Ints
from data.sample.world import EMAIL, PHONE, World

SHIP_TO = ("name", "phone", "address", "city", "region", "postal_code", "country")


def number_orders(world: World) -> None:
    """Sort orders by time and number them; drafts that were never entered leave small gaps."""
    rng = world.rng("numbers")
    world.orders = world.orders.sort_values(["at", "uid"], kind="stable", ignore_index=True)
    orders = world.orders
    step = (
        1
        + (rng.random(len(orders)) < 0.012) * rng.integers(1, 3, len(orders))
        + orders["skipped_before"].to_numpy(np.int64)
    )
    serial = 100_000 + np.cumsum(step)
    year = START.year + (orders["at"].to_numpy(np.int64) // DAY >= 245)
    orders["order_id"] = [f"SO{number}" for number in serial]
    orders["order_number"] = [f"{y}-{number}" for y, number in zip(year, serial, strict=True)]
    copied = orders["number_suffix"] != ""
    numbers = orders.set_index("uid")["order_number"]
    first = numbers.reindex(orders.loc[copied, "original"]).to_numpy(object)
    orders.loc[copied, "order_number"] = first + orders.loc[copied, "number_suffix"].to_numpy(object)


def fill_headers(world: World) -> None:
    """Fill in customer id, currency and the ship-to texts as the address book has them."""
    rng = world.rng("headers")
    orders, clientele = world.orders, world.clientele
    customer = orders["customer"].to_numpy(np.int64)
    orders["customer_id"] = clientele.customers["customer_id"].to_numpy(object)[customer]
    orders["currency"] = clientele.habits["currency"].to_numpy(object)[customer]
    book = clientele.ship_tos
    ship_to = orders["ship_to"].to_numpy(np.int64)
    for column in SHIP_TO:
        orders[f"ship_to_{column}"] = book[column].to_numpy(object)[ship_to]
    shy = ~clientele.habits["gives_phone"].to_numpy(bool)[customer]
    orders.loc[shy, "ship_to_phone"] = None
    typed = orders["channel"].isin([PHONE, EMAIL]).to_numpy() & (rng.random(len(orders)) < 0.10)
    typed |= ((orders["variant"] == "cross_channel") & (rng.random(len(orders)) < 0.6)).to_numpy()
    _respell(world, np.flatnonzero(typed))
    _paste(world, rng, np.flatnonzero(orders["variant"] == "pasted"))


def _respell(world: World, places: Ints) -> None:
    """Let operators write some addresses and phones their own way; they still mean the same."""
    orders = world.orders
    changed = np.zeros(len(orders), dtype=bool)
    for column, way in (("ship_to_address", abbreviated), ("ship_to_phone", respaced)):
        before = orders[column].to_numpy(object)
        after = before.copy()
        after[places] = [way(text) if isinstance(text, str) else text for text in before[places]]
        changed |= after != before
        orders[column] = after
    world.truth.excuse(orders["uid"].to_numpy()[changed], "address_spelling", "customer_info")


def _paste(world: World, rng: np.random.Generator, places: Ints) -> None:
    """Let orders bear the texts as they come out of a mail or a chat."""
    orders = world.orders
    ways = {
        "ship_to_name": pasted_name,
        "ship_to_address": pasted_address,
        "ship_to_phone": pasted_phone,
        "customer_po": pasted_number,
    }
    for column, way in ways.items():
        texts = orders[column].to_numpy(object).copy()
        texts[places] = [way(rng, text) for text in texts[places]]
        orders[column] = texts
    world.truth.excuse(orders["uid"].to_numpy()[places], "pasted_spelling", "customer_info")
