"""Order ids, numbers, and the ship-to texts of each order."""

import numpy as np
from pypinyin import lazy_pinyin

from data.sample.timeline import DAY, START
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
    for place in np.flatnonzero(orders["variant"] == "pasted"):
        _paste(world, rng, int(place))


def _respell(world: World, places: "np.ndarray") -> None:
    """Let operators write some addresses and phones their own way; they still mean the same."""
    orders = world.orders
    address = orders["ship_to_address"].to_numpy(object)
    phone = orders["ship_to_phone"].to_numpy(object)
    changed = []
    for place in places:
        before = (address[place], phone[place])
        text = str(address[place])
        for long, brief in (
            (" Street", " St"),
            (" Road", " Rd"),
            (" Avenue", " Ave"),
            ("straße", "str."),
            ("号", "號"),
        ):
            text = text.replace(long, brief)
        address[place] = text
        if phone[place] is not None:
            phone[place] = (
                str(phone[place]).replace("-", " ") if "-" in str(phone[place]) else str(phone[place]).replace(" ", "")
            )
        if (address[place], phone[place]) != before:
            changed.append(place)
    orders["ship_to_address"], orders["ship_to_phone"] = address, phone
    world.truth.excuse(orders["uid"].to_numpy()[changed], "address_spelling", "customer_info")


FULL_WIDTH = str.maketrans({chr(sign): chr(sign + 0xFEE0) for sign in range(ord("0"), ord("9") + 1)})
TRADITIONAL = str.maketrans("号区东龙华阳门广长发兴丰楼国润诚贸实", "號區東龍華陽門廣長發興豐樓國潤誠貿實")


def _paste(world: World, rng: np.random.Generator, place: int) -> None:
    """Let an order bear the texts as they come out of a mail or a chat: the same, in other signs."""
    orders = world.orders
    name, address = str(orders.loc[place, "ship_to_name"]), str(orders.loc[place, "ship_to_address"])
    phone, number = orders.loc[place, "ship_to_phone"], orders.loc[place, "customer_po"]
    if name.isascii():
        name = (name.upper(), f" {name} ", name.replace("Ltd", "Ltd."), name.lower())[rng.integers(4)]
        address = (address.upper(), address.replace(" ", "  "), address.replace(" Street", " St."), address)[
            rng.integers(4)
        ]
    else:
        latin = " ".join(lazy_pinyin(name)).title()
        name = (name.translate(TRADITIONAL), f"{name} ", latin, name)[rng.integers(4)]
        address = (address.translate(FULL_WIDTH), address.translate(TRADITIONAL), f" {address}")[rng.integers(3)]
    orders.loc[place, ["ship_to_name", "ship_to_address"]] = [name, address]
    if isinstance(phone, str):
        orders.loc[place, "ship_to_phone"] = (
            phone.translate(FULL_WIDTH) if rng.random() < 0.3 else phone.replace(" ", "")
        )
    if isinstance(number, str):
        orders.loc[place, "customer_po"] = (
            number.lower(),
            number.replace("-", " "),
            number.replace("PO-0", "PO-"),
            number,
        )[rng.integers(4)]
