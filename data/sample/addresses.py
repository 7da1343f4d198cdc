"""Where goods go: the customer's own address, branches, building sites, the old address, strangers of a marketplace."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from data.sample import names
from data.sample.places import CITIES, City, phone_number, postal_code, street_address
from data.sample.timeline import DAYS

SITE_DAYS = 110  # so long a contractor works at one site


class ShipTo(NamedTuple):
    """An address in the book, in use from one day to another."""

    customer: int
    name: str
    phone: str
    address: str
    city: str
    region: str
    postal_code: str | None
    country: str
    since: int
    until: int
    sort: str


def at_city(
    rng: np.random.Generator,
    city: City,
    customer: int,
    name: str,
    phone: str,
    sort: str,
    since: int = 0,
    until: int = DAYS,
) -> ShipTo:
    """Return a new address in a city."""
    street, code = street_address(rng, city), postal_code(rng, city)
    return ShipTo(customer, name, phone, street, city.name, city.region, code, city.country, since, until, sort)


def ship_to_book(
    rng: np.random.Generator, customers: pd.DataFrame, habits: pd.DataFrame, strangers: int
) -> pd.DataFrame:
    """Return all addresses, each customer's own first.

    Parameters
    ----------
    rng : numpy.random.Generator
        Where chance comes from.
    customers, habits : pandas.DataFrame
        One row per customer each.
    strangers : int
        How many people order through each marketplace.
    """
    rows: list[ShipTo] = []
    home = habits["city"].tolist()
    for place, master in enumerate(customers.to_dict("records")):
        own = ShipTo(
            place, master["name"], master["phone"], master["address"], master["city"], master["region"],
            master["postal_code"], master["country"], 0, DAYS, "own",
        )  # fmt: skip
        if habits["is_marketplace"].iat[place]:
            rows += [own, *(_stranger(rng, own) for _ in range(strangers))]
        elif habits["is_chain"].iat[place]:
            rows += [own, *(_branch(rng, own, k) for k in range(int(rng.integers(4, 8))))]
        elif habits["has_sites"].iat[place]:
            rows += [own, *(_site(rng, own, k) for k in range(DAYS // SITE_DAYS + 1))]
        elif rng.random() < 0.04:
            moved = int(rng.integers(60, DAYS - 60))
            old = at_city(rng, CITIES[home[place]], place, own.name, own.phone, "old", 0, moved)
            rows += [own._replace(since=moved), old]
        elif rng.random() < 0.08:
            since = int(rng.integers(0, DAYS - 30)) if rng.random() < 0.4 else 0
            rows += [own, _branch(rng, own, 0)._replace(since=since)]
        else:
            rows.append(own)
    return pd.DataFrame(rows, columns=list(ShipTo._fields))


def _some_city(rng: np.random.Generator, country: str) -> City:
    """Return a city of the country."""
    same = [city for city in CITIES if city.country == country]
    return same[int(rng.integers(len(same)))]


def _branch(rng: np.random.Generator, own: ShipTo, number: int) -> ShipTo:
    city = _some_city(rng, own.country)
    label = f"{own.name}, {city.name} {number + 1}"
    if city.country in ("CN", "HK"):
        label = f"{own.name} {city.name.removesuffix('市')}{number + 1}店"
    return at_city(rng, city, own.customer, label, own.phone, "branch")


def _site(rng: np.random.Generator, own: ShipTo, number: int) -> ShipTo:
    city = _some_city(rng, own.country)
    label = f"{own.name} c/o site {rng.integers(100, 999)}"
    if city.country in ("CN", "HK"):
        label = f"{own.name}({names.person(rng, True)}工地)"
    begin = number * SITE_DAYS
    return at_city(rng, city, own.customer, label, own.phone, "site", begin, begin + SITE_DAYS)


def _stranger(rng: np.random.Generator, own: ShipTo) -> ShipTo:
    city = _some_city(rng, own.country)
    name = names.person(rng, own.country == "CN")
    return at_city(rng, city, own.customer, name, phone_number(rng, city), "stranger")
