"""Orders that are odd as a whole: at night, to a new far address, unfamiliar and dear goods, by an unusual channel."""

import numpy as np
import pandas as pd

from data.sample import names
from data.sample.addresses import ShipTo, at_city
from data.sample.faults.copies import add_ship_tos
from data.sample.faults.picking import earlier_orders, one_per_order, quota, some_orders
from data.sample.places import CITIES, phone_number
from data.sample.pricing import price_lines
from data.sample.tastes import nice
from data.sample.timeline import DAY, NOW
from data.sample.world import MARKETPLACE, PHONE, WEB, World

TRAITS = ("night", "far_address", "unfamiliar_goods", "unusual_channel", "high_value")


def plant_unusual(world: World) -> None:
    """Turn some everyday orders of well-known customers into what a fraudster would send in their name."""
    rng = world.rng("unusual orders")
    world.orders["earlier"] = earlier_orders(world)
    habits = world.clientele.habits
    rows = some_orders(world, rng, from_day=90)
    daytime = ~(habits["is_night"] | habits["is_marketplace"] | habits["is_chain"]).to_numpy(bool)[
        rows["customer"].to_numpy(np.int64)
    ]
    rows = rows[daytime & (rows["origin"] == "plain").to_numpy() & (rows["earlier"] >= 12).to_numpy()]
    chosen = one_per_order(rng, rows, quota(world, "unusual_order"))
    if chosen.empty:
        return
    missing = rng.choice([0, 1, 2], len(chosen), p=[0.4, 0.4, 0.2])
    traits = pd.DataFrame(True, index=chosen.index, columns=list(TRAITS))
    for row, count in zip(traits.index, missing, strict=True):
        traits.loc[
            row, rng.choice(["night", "far_address", "unfamiliar_goods", "unusual_channel"], count, replace=False)
        ] = False
    _dress(world, rng, chosen, traits)
    _fill(world, rng, chosen, traits)
    level = np.array(["easy", "medium", "hard"])[missing]
    variant = np.where(missing == 0, "everything_odd", np.where(missing == 1, "four_odd_things", "three_odd_things"))
    world.truth.plant(chosen["uid"], "unusual_order", "unknown", level, variant)
    for kind in ("customer_info", "quantity_outlier"):
        world.truth.note(chosen["uid"].to_numpy(), kind, "gray")


def _dress(world: World, rng: np.random.Generator, chosen: pd.DataFrame, traits: pd.DataFrame) -> None:
    """Change hour, channel and address."""
    orders = world.orders
    where = chosen.index
    night = traits["night"].to_numpy()
    day = chosen["at"].to_numpy(np.int64) // DAY
    at = day * DAY + rng.integers(int(0.7 * 3600), int(4.6 * 3600), len(chosen))
    orders.loc[where, "at"] = np.where(night & (at < NOW), at, chosen["at"])
    usual = world.clientele.habits["channel"].to_numpy(np.int64)[chosen["customer"].to_numpy(np.int64)]
    odd = np.where(usual == WEB, np.where(night, MARKETPLACE, PHONE), WEB)
    channel = np.where(traits["unusual_channel"], odd, np.where(night, WEB, chosen["channel"]))
    orders.loc[where, "channel"] = channel
    machine = np.select(
        [channel == WEB, channel == MARKETPLACE],
        ["web-shop", "marketplace-connector"],
        chosen["entered_by"].astype(str),
    )
    orders.loc[where, "entered_by"] = machine
    orders.loc[where, "customer_po"] = None
    far = chosen[traits["far_address"].to_numpy()]
    if len(far):
        orders.loc[far.index, "ship_to"] = add_ship_tos(
            world, pd.DataFrame([_stranger(rng, world, c) for c in far["customer"]])
        )


def _stranger(rng: np.random.Generator, world: World, customer: int) -> ShipTo:
    """Return an address in another region of the customer's country, under a private name."""
    masters = world.clientele.customers
    country, region = str(masters["country"].iat[customer]), str(masters["region"].iat[customer])
    far = [city for city in CITIES if city.country == country and city.region != region] or list(CITIES[:4])
    city = far[int(rng.integers(len(far)))]
    name = names.person(rng, city.country in ("CN", "HK"))
    return at_city(rng, city, customer, name, phone_number(rng, city), "fraud", until=0)


def _fill(world: World, rng: np.random.Generator, chosen: pd.DataFrame, traits: pd.DataFrame) -> None:
    """Replace the baskets: costly goods, in quantities that others take, mostly ones the customer never bought."""
    lines, products = world.lines, world.catalogue.products
    much = lines.groupby("product")["quantity"].quantile(0.85).reindex(range(len(products))).fillna(1).to_numpy(float)
    worth = much * products["start_price"].to_numpy(float)
    costly = np.flatnonzero(worth >= np.quantile(worth, 0.6))
    parts = []
    for customer, uid, is_strange in zip(chosen["customer"], chosen["uid"], traits["unfamiliar_goods"], strict=True):
        known = world.clientele.repertoire[customer]
        count = int(rng.integers(4, 8))
        if is_strange:
            strange = rng.permutation(np.setdiff1d(costly, known))
            goods = strange[:count] if len(strange) else known[:1]
        else:
            goods = known[np.argsort(-worth[known], kind="stable")[:count]]
        quantity = nice(np.maximum(much[goods] * rng.uniform(0.8, 1.2, len(goods)), 1))
        columns = {"product": goods, "slot": -1, "quantity": quantity, "line_no": np.arange(1, len(goods) + 1)}
        parts.append(pd.DataFrame({"uid": uid, **columns}))
    fresh = pd.concat(parts, ignore_index=True)
    fresh["injected"], fresh["plausible"] = "", 0.0
    fresh["physical"] = fresh["quantity"]
    fresh["product_id"] = products["product_id"].to_numpy(object)[fresh["product"].to_numpy(np.int64)]
    price_lines(world, fresh)
    kept = lines[~lines["uid"].isin(chosen["uid"])]
    world.lines = pd.concat([kept, fresh], ignore_index=True)
