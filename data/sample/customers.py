"""Customers: the master records, firms with several of them, and firms registered twice by mistake."""

from typing import Any

import numpy as np
import pandas as pd

from data.sample import names
from data.sample.addresses import ship_to_book
from data.sample.frames import records
from data.sample.habits import MARKETPLACES, ONLINE, SEGMENT_SHARES, SEGMENTS, make_habits
from data.sample.places import CITIES, phone_number, postal_code, street_address
from data.sample.tastes import make_contracts, make_repertoires
from data.sample.timeline import Ints, date_text
from data.sample.world import Catalogue, Clientele, World

GROUP = 4  # so many customers make up a firm with several master records
HOME_OF_MARKETPLACES = ("London", "上海市")
SHARED_BY_RECORDS = ["contact_name", "phone", "address", "city", "region", "postal_code", "country", "segment"]


def make_clientele(world: World, catalogue: Catalogue) -> Clientele:
    """Return the customers, where they live, what they buy and how they behave."""
    rng = world.rng("customers")
    count = max(40, world.size // 30)
    weight = np.array([city.weight for city in CITIES])
    city = rng.choice(len(CITIES), count, p=weight / weight.sum())
    city[:MARKETPLACES] = [place for place, town in enumerate(CITIES) if town.name in HOME_OF_MARKETPLACES][::-1]
    segment = rng.choice(len(SEGMENTS), count, p=SEGMENT_SHARES)
    segment[:MARKETPLACES] = ONLINE
    habits = make_habits(rng, segment).assign(city=city)
    customers = _masters(rng, city, segment, habits)
    _share_currencies(rng, customers, habits)
    _share_phones(rng, customers, habits)
    second_record = _second_records(rng, customers, habits)
    ship_tos = ship_to_book(rng, customers, habits, max(20, world.size // 40))
    repertoire, usual, chance = make_repertoires(rng, catalogue, habits)
    contract = make_contracts(rng, habits, repertoire.shape)
    for original, second in second_record.items():
        for table in (repertoire, usual, chance, contract):
            table[second] = table[original]
    addresses: Ints = np.bincount(ship_tos["customer"], minlength=count).astype(np.int64)
    first: Ints = np.r_[np.int64(0), np.cumsum(addresses, dtype=np.int64)[:-1]]
    tables = (customers, habits, ship_tos, repertoire, usual, chance, contract)
    return Clientele(*tables, first_ship_to=first, ship_to_count=addresses, second_record=second_record)


def _masters(rng: np.random.Generator, city: Ints, segment: Ints, habits: pd.DataFrame) -> pd.DataFrame:
    """Return the customer master; credit limits come later."""
    rows = []
    terms, begin, is_new = habits["terms"].tolist(), habits["from_day"].tolist(), habits["is_new"].tolist()
    for place, (home, kind) in enumerate(zip(city.tolist(), segment.tolist(), strict=True)):
        town = CITIES[home]
        is_chinese = town.country in ("CN", "HK")
        since = begin[place] - 1 if is_new[place] else -int(rng.integers(30, 2500))
        rows.append(
            {
                "customer_id": f"C{20001 + place}",
                "name": names.company(rng, is_chinese, town.name),
                "contact_name": names.person(rng, is_chinese),
                "phone": phone_number(rng, town),
                "email": f"order{place + 1}@example.{'cn' if is_chinese else 'com'}",
                "address": street_address(rng, town),
                "city": town.name,
                "region": town.region,
                "postal_code": postal_code(rng, town),
                "country": town.country,
                "credit_limit": np.nan,
                "credit_rating": ("A", "A", "B", "B", "C")[int(rng.integers(5))],
                "payment_terms_days": terms[place],
                "segment": SEGMENTS[kind],
                "created_at": f"{date_text(since)} 09:00:00",
            }
        )
    frame = pd.DataFrame(rows)
    frame.loc[: MARKETPLACES - 1, "name"] = ["Amazon Marketplace", "天猫旗舰店"]
    repeated = (frame["name"].duplicated(keep=False) & (frame.index >= MARKETPLACES)).to_numpy()
    frame["name"] = np.where(repeated, frame["name"] + " (" + frame["city"] + ")", frame["name"])
    return frame


def _share_currencies(rng: np.random.Generator, customers: pd.DataFrame, habits: pd.DataFrame) -> None:
    """Let some European customers have contracts in their own currency."""
    country = customers["country"]
    foreign = (country.isin(["GB", "DE", "IE"]) & (rng.random(len(customers)) < 0.12)).to_numpy()
    own = np.where(country == "GB", "GBP", "EUR")
    habits["currency"] = np.where(foreign, own, habits["currency"])
    habits["has_contract"] |= foreign


def _share_phones(rng: np.random.Generator, customers: pd.DataFrame, habits: pd.DataFrame) -> None:
    """Let some groups of customers be one firm: one name with the city behind it, one head-office phone."""
    plain = np.flatnonzero(~habits["is_marketplace"] & ~habits["is_chain"])
    country = customers["country"].to_numpy(object)
    members = rng.permutation(plain)[: len(plain) // 25]
    members = members[np.argsort(country[members].astype(str), kind="stable")]
    habits["group"] = -1
    masters = records(customers)
    for first in range(0, len(members) - GROUP + 1, GROUP):
        group = members[first : first + GROUP]
        group = group[country[group] == country[group[0]]]
        office = masters[int(group[0])]
        brand = office["name"].split(" (")[0]
        customers.loc[group, "name"] = [f"{brand} ({masters[k]['city']})" for k in group.tolist()]
        customers.loc[group, "phone"] = office["phone"]
        habits.loc[group, "group"] = int(group[0])


def _second_records(rng: np.random.Generator, customers: pd.DataFrame, habits: pd.DataFrame) -> dict[int, int]:
    """Let some customers be registered twice, under slightly different names; return first record to second."""
    alone = ~habits["is_marketplace"] & ~habits["is_chain"] & (habits["group"] < 0) & (habits["standing_days"] == 0)
    chosen = rng.permutation(np.flatnonzero(alone))[: max(6, len(customers) // 40) * 2]
    pairs = dict(zip(chosen[::2].tolist(), chosen[1::2].tolist(), strict=False))
    first, second = (np.array(side, dtype=np.int64) for side in (list(pairs.keys()), list(pairs.values())))
    day = rng.integers(30, 140, len(pairs))
    for column in (*SHARED_BY_RECORDS, "payment_terms_days"):
        _copy(customers, column, second, customers[column].to_numpy()[first])
    names_and_cities = zip(customers["name"].iloc[first], customers["city"].iloc[first], strict=True)
    _copy(customers, "name", second, [_renamed(rng, str(name), str(city)) for name, city in names_and_cities])
    _copy(customers, "created_at", second, [f"{date_text(each)} 10:00:00" for each in day.tolist()])
    changed = {
        "rate": 0.12 * habits["rate"].to_numpy(float)[first],
        "from_day": day + 1,
        "is_new": False,
        "po_base": rng.integers(10_000, 9_000_000, len(pairs)),
    }
    for column in habits.columns:
        _copy(habits, str(column), second, changed.get(str(column), habits[column].to_numpy()[first]))
    return pairs


def _copy(frame: pd.DataFrame, column: str, rows: Ints, values: Any) -> None:
    """Set some rows of a column."""
    whole = frame[column].to_numpy().copy()
    whole[rows] = values
    frame[column] = whole


def _renamed(rng: np.random.Generator, name: str, city: str) -> str:
    """Return a company's name as somebody else would register it."""
    spelt_out = name.replace("Ltd", "Limited") + "."
    ways = [name.upper(), spelt_out, name.replace(" & ", " and "), f"The {name}"]
    if not name.isascii():
        place = city.removesuffix("市")
        core = name.removeprefix(place)
        bare = core.removesuffix("公司").removesuffix("有限责任").removesuffix("股份有限").removesuffix("有限")
        ways = [core, f"{bare}({place})有限公司", f"{place}市{bare}公司"]
    return ways[int(rng.integers(len(ways)))]
