"""What each line should cost: list, contract, promotion, volume discount; and the price tables that say so."""

import numpy as np
import pandas as pd

from data.sample.catalogue import price_periods
from data.sample.timeline import DAY, DAYS, Floats, Ints, date_text, first_of_year_day
from data.sample.world import World

RATES = {"USD": 1.0, "GBP": 0.79, "EUR": 0.92, "CNY": 7.2}
TIERS = ((6.0, 0.05), (12.0, 0.10))  # so many times the base quantity of a product earns this discount


def price_lines(world: World, lines: pd.DataFrame) -> None:
    """Fill in ``unit_price``, ``discount`` and ``why`` (what explains the price) of every line."""
    catalogue, clientele = world.catalogue, world.clientele
    header = world.orders.set_index("uid").loc[lines["uid"]]
    customer = header["customer"].to_numpy(np.int64)
    day = header["at"].to_numpy(np.int64) // DAY
    product = lines["product"].to_numpy(np.int64)
    contract = contract_discount(world, customer, product)
    rate = clientele.habits["currency"].map(RATES).to_numpy(float)[customer]
    listed = catalogue.list_price[product, day]
    agreed = contract_price(world, product, day, contract)
    lines["unit_price"] = np.round(np.where(contract > 0, agreed, listed) * rate, 2)
    promotion = np.where(contract > 0, 0.0, catalogue.promotion[product, day])
    volume = np.where(contract > 0, 0.0, volume_discount(world, product, lines["quantity"].to_numpy(float)))
    personal = np.where(contract > 0, 0.0, clientele.habits["agreed_discount"].to_numpy(float)[customer])
    lines["discount"] = np.maximum.reduce([promotion, volume, personal])
    lines["why"] = np.select(
        [
            listed == 0,
            contract > 0,
            catalogue.is_clearance[product, day],
            (promotion > 0) & (promotion >= volume) & (promotion >= personal),
            (volume > 0) & (volume >= personal),
            personal > 0,
            recent_rise(world, product, day),
        ],
        [
            "free_sample",
            "contract_price",
            "clearance",
            "promotion",
            "volume_discount",
            "agreed_discount",
            "announced_price_rise",
        ],
        "",
    )


def contract_discount(world: World, customer: Ints, product: Ints) -> Floats:
    """Return the discount each customer's contract grants on a product, 0 if it has none."""
    clientele = world.clientele
    count = len(world.catalogue.products)
    buyer, slot = np.nonzero(clientele.contract > 0)
    if not len(buyer):
        return np.zeros(len(customer))
    keys = buyer * count + clientele.repertoire[buyer, slot]
    order = np.argsort(keys, kind="stable")
    wanted = customer * count + product
    place = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
    found = keys[order][place] == wanted
    return np.where(found, clientele.contract[buyer, slot][order][place], 0.0)


def contract_price(world: World, product: Ints, day: Ints, discount: Floats) -> Floats:
    """Return contract prices: list price at the start of the year (or of the history) less the discount."""
    new_year, _ = first_of_year_day()
    base = np.where(day >= new_year, new_year, 0)
    fair = world.catalogue.products["start_price"].to_numpy(float)[product]
    price = world.catalogue.list_price[product, base]
    price = np.where(world.catalogue.is_clearance[product, base], fair, price)
    return np.asarray(np.round(price * (1 - discount), 2))


def volume_discount(world: World, product: Ints, quantity: Floats) -> Floats:
    """Return the discount that the quantity earns by the published tiers."""
    base = world.catalogue.products["base_quantity"].to_numpy(float)[product]
    out = np.zeros(len(product))
    for times, discount in TIERS:
        out = np.where(quantity >= times * base, discount, out)
    return out


def recent_rise(world: World, product: Ints, day: Ints) -> "np.ndarray":
    """Return whether the list price rose within the last two weeks."""
    price = world.catalogue.list_price
    return np.asarray(price[product, day] > price[product, np.maximum(day - 14, 0)])


def price_table(world: World) -> pd.DataFrame:
    """Return the canonical price table: list prices over time, and contract prices per customer."""
    catalogue, clientele = world.catalogue, world.clientele
    listed = price_periods(catalogue.listed_price)
    listed["customer_id"] = None
    customer, slot = np.nonzero(clientele.contract > 0)
    new_year, _ = first_of_year_day()
    rate = clientele.habits["currency"].map(RATES).to_numpy(float)[customer]
    product = clientele.repertoire[customer, slot]
    parts = [listed]
    for first, end in ((0, new_year), (new_year, DAYS)):
        price = contract_price(world, product, np.full(len(product), first), clientele.contract[customer, slot]) * rate
        parts.append(
            pd.DataFrame(
                {
                    "product": product,
                    "first": first,
                    "end": end,
                    "unit_price": np.round(price, 2),
                    "customer_id": clientele.customers["customer_id"].to_numpy()[customer],
                }
            )
        )
    frame = pd.concat(parts, ignore_index=True)
    frame["product_id"] = catalogue.products["product_id"].to_numpy()[frame["product"].to_numpy(np.int64)]
    dates = np.array([date_text(day) for day in range(-1, DAYS + 1)], dtype=object)
    frame["valid_from"] = dates[frame["first"].to_numpy(np.int64) + 1] + " 00:00:00"
    ends = dates[frame["end"].to_numpy(np.int64)] + " 23:59:59"
    frame["valid_to"] = pd.Series(ends, index=frame.index).where(frame["end"] < DAYS, None)
    return frame[["product_id", "customer_id", "valid_from", "valid_to", "unit_price"]]
