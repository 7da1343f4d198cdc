"""Customers with their addresses, and the habits that make each of them predictable."""

import numpy as np
import pandas as pd

from data.sample import names
from data.sample.places import CITIES, City, phone_number, postal_code, street_address
from data.sample.timeline import DAYS, Floats, Ints, date_text
from data.sample.world import EDI, EMAIL, MARKETPLACE, OPERATORS, PHONE, WEB, Catalogue, Clientele, World

SEGMENTS = ("restaurant", "retail", "office", "contractor", "distributor", "chain", "online")
SLOTS = 16
SITE_DAYS = 110
TERMS = np.array([0, 14, 30, 45, 60])


def make_clientele(world: World, catalogue: Catalogue) -> Clientele:
    """Return the customers, where they live, what they buy and how they behave."""
    rng = world.rng("customers")
    count = max(40, world.size // 30)
    city = rng.choice(len(CITIES), count, p=_city_shares())
    segment = rng.choice(len(SEGMENTS), count, p=[0.27, 0.24, 0.17, 0.12, 0.12, 0.04, 0.04])
    segment[:2] = SEGMENTS.index("online")
    habits = _habits(rng, count, segment)
    habits["city"] = city
    habits["is_marketplace"] = False
    habits.loc[:1, ["is_marketplace", "channel", "second_channel"]] = [True, MARKETPLACE, MARKETPLACE]
    customers = _masters(rng, city, segment, habits)
    _share_chain_phones(rng, customers, habits)
    second_record = _second_records(rng, customers, habits)
    ship_tos = _ship_tos(rng, customers, habits, world.size)
    repertoire, usual, weight = _repertoires(rng, catalogue, habits)
    contract = _contracts(rng, habits, repertoire.shape)
    start = ship_tos.groupby("customer").size()
    counts = start.reindex(range(count)).to_numpy(np.int64)
    first = np.cumsum(counts) - counts
    for original, second in second_record.items():
        for table in (repertoire, usual, weight, contract):
            table[second] = table[original]
    return Clientele(customers, habits, ship_tos, repertoire, usual, weight, contract, first, counts, second_record)


def _city_shares() -> Floats:
    weight = np.array([city.weight for city in CITIES])
    return weight / weight.sum()


def _habits(rng: np.random.Generator, count: int, segment: Ints) -> pd.DataFrame:
    """Return one row per customer: rhythm, channel, hours, payment."""
    channel = rng.choice([WEB, PHONE, EDI, EMAIL], count, p=[0.42, 0.18, 0.16, 0.24])
    channel = np.where(np.isin(segment, [4, 5]) & (rng.random(count) < 0.6), EDI, channel)
    hour = np.where(channel == WEB, rng.normal(13, 3.0, count), rng.normal(11.5, 2.0, count)).clip(8, 18)
    is_night = (channel == WEB) & (rng.random(count) < 0.07)
    hour = np.where(is_night, rng.choice([22.3, 23.2, 24.4, 25.6], count), hour)
    is_new = rng.random(count) < 0.14
    moves = (rng.random(count) < 0.05) & ~is_night
    late = rng.choice(4, count, p=[0.66, 0.17, 0.11, 0.06])
    terms = np.where(segment == 6, 0, rng.choice(TERMS, count, p=[0.06, 0.22, 0.46, 0.18, 0.08]))
    style = rng.choice(["full", "instalments", "skonto", "fees"], count, p=[0.84, 0.06, 0.06, 0.04])
    return pd.DataFrame(
        {
            "rate": np.exp(rng.normal(0, 0.8, count)) * np.where(is_new, 0.8, 1.0),
            "channel": channel,
            "second_channel": rng.choice([WEB, PHONE, EMAIL], count),
            "second_share": np.where(channel == EDI, 0.03, rng.beta(1.2, 14, count)),
            "hour": hour,
            "hour_spread": np.where(channel == WEB, 1.8, 1.2) * rng.uniform(0.5, 1.0, count),
            "is_night": is_night,
            "weekday": np.where(rng.random(count) < 0.3, rng.integers(0, 5, count), -1),
            "operator": rng.integers(0, len(OPERATORS), count),
            "size": np.exp(rng.normal(0, 0.45, count)) * np.where(segment == 4, 2.0, 1.0),
            "spread": rng.choice([0.0, 0.1, 0.2, 0.3], count, p=[0.3, 0.25, 0.25, 0.2]),
            "line_rate": rng.gamma(3.0, 0.7, count),
            "repeats": np.where(rng.random(count) < 0.15, 0.5, 0.0),
            "from_day": np.where(is_new, rng.integers(20, DAYS - 40, count), 0),
            "to_day": np.where(rng.random(count) < 0.06, rng.integers(200, DAYS, count), DAYS),
            "is_new": is_new,
            "po_style": rng.choice(["none", "sequence", "blanket", "date"], count, p=[0.33, 0.47, 0.08, 0.12]),
            "po_base": rng.integers(10_000, 9_000_000, count),
            "standing_days": np.where(rng.random(count) < 0.12, rng.choice([7, 7, 14, 28], count), 0),
            "is_chain": segment == 5,
            "backorders": rng.random(count) < 0.4,
            "agreed_discount": np.where(rng.random(count) < 0.08, rng.choice([0.03, 0.05, 0.07], count), 0.0),
            "has_contract": rng.random(count) < 0.25,
            "currency": "USD",
            "terms": terms,
            "late_days": np.choose(
                late,
                [
                    rng.normal(-2, 1.5, count),
                    rng.uniform(1, 5, count),
                    rng.uniform(6, 14, count),
                    rng.uniform(15, 35, count),
                ],
            ),
            "late_spread": rng.uniform(0.6, 2.5, count),
            "pay_style": np.where(terms == 0, "full", style),
            "moves_channel_on": np.where(moves, rng.integers(60, DAYS - 60, count), -1),
            "new_channel": np.where(channel == WEB, EDI, WEB),
            "has_sites": (segment == SEGMENTS.index("contractor")) & (rng.random(count) < 0.6),
            "gives_phone": rng.random(count) > 0.08,
        }
    )


def _masters(rng: np.random.Generator, city: Ints, segment: Ints, habits: pd.DataFrame) -> pd.DataFrame:
    """Return the customer master."""
    rows = []
    for place, (home, kind) in enumerate(zip(city, segment, strict=True)):
        town = CITIES[home]
        is_chinese = town.country in ("CN", "HK")
        contact = names.person(rng, is_chinese)
        domain = "example.cn" if is_chinese else "example.com"
        first = int(habits["from_day"][place])
        created = date_text(first) if habits["is_new"][place] else date_text(-int(rng.integers(30, 2500)))
        rows.append(
            (
                f"C{20001 + place}",
                names.company(rng, is_chinese, town.name),
                contact,
                phone_number(rng, town),
                f"order{place + 1}@{domain}",
                street_address(rng, town),
                town.name,
                town.region,
                postal_code(rng, town),
                town.country,
                np.nan,
                ("A", "A", "B", "B", "C")[rng.integers(5)],
                int(habits["terms"][place]),
                SEGMENTS[kind],
                f"{created} 09:00:00",
            )
        )
    columns = (
        "customer_id name contact_name phone email address city region postal_code country credit_limit credit_rating "
        "payment_terms_days segment created_at"
    ).split()
    frame = pd.DataFrame(rows, columns=columns)
    frame.loc[:1, "name"] = ["Amazon Marketplace", "天猫旗舰店"]
    repeated = frame["name"].duplicated(keep=False) & (frame.index > 1)
    frame.loc[repeated, "name"] += " (" + frame.loc[repeated, "city"] + ")"
    foreign = frame["country"].isin(["GB", "DE", "IE"]) & (rng.random(len(frame)) < 0.12)
    habits.loc[foreign, "currency"] = np.where(frame.loc[foreign, "country"] == "GB", "GBP", "EUR")
    habits.loc[foreign, "has_contract"] = True
    return frame


def _share_chain_phones(rng: np.random.Generator, customers: pd.DataFrame, habits: pd.DataFrame) -> None:
    """Let some groups of customers be branches of one firm: one name with the city behind it, one head-office phone."""
    plain = np.flatnonzero(~habits["is_marketplace"] & ~habits["is_chain"])
    members = rng.permutation(plain)[: len(plain) // 25]
    country = customers["country"].to_numpy(object)
    members = members[np.argsort(country[members].astype(str), kind="stable")]
    habits["group"] = -1
    for first in range(0, len(members) - 3, 4):
        group = members[first : first + 4]
        group = group[country[group] == country[group[0]]]
        brand = customers["name"][group[0]].split(" (")[0]
        customers.loc[group, "name"] = [f"{brand} ({city})" for city in customers["city"][group]]
        customers.loc[group, "phone"] = customers["phone"][group[0]]
        habits.loc[group, "group"] = int(group[0])


def _second_records(rng: np.random.Generator, customers: pd.DataFrame, habits: pd.DataFrame) -> dict[int, int]:
    """Let some customers be registered twice, under a slightly different name; return first record to second."""
    plain = np.flatnonzero(
        ~habits["is_marketplace"] & ~habits["is_chain"] & (habits["group"] < 0) & (habits["standing_days"] == 0)
    )
    chosen = rng.permutation(plain)[: max(6, len(customers) // 40) * 2]
    pairs = dict(zip(chosen[::2].tolist(), chosen[1::2].tolist(), strict=False))
    since = rng.integers(30, 140, len(pairs))
    for (original, second), day in zip(pairs.items(), since, strict=True):
        own = customers.loc[original]
        shared = [
            "contact_name",
            "phone",
            "address",
            "city",
            "region",
            "postal_code",
            "country",
            "segment",
            "payment_terms_days",
        ]
        customers.loc[second, shared] = own[shared]
        customers.loc[second, "name"] = _renamed(rng, str(own["name"]), str(own["city"]))
        customers.loc[second, "created_at"] = f"{date_text(int(day))} 10:00:00"
        habits.loc[second] = habits.loc[original]
        habits.loc[second, ["rate", "from_day", "is_new", "po_base"]] = [
            0.12 * float(habits["rate"][original]),
            int(day),
            False,
            int(rng.integers(10_000, 9_000_000)),
        ]
    return pairs


def _renamed(rng: np.random.Generator, name: str, city: str) -> str:
    """Return a company's name as somebody else would register it."""
    if not name.isascii():
        place = city.removesuffix("市")
        core = name.removeprefix(place)
        return (
            core,
            f"{core.removesuffix('有限公司')}({place})有限公司",
            name.replace("有限责任公司", "有限公司") + " ",
        )[rng.integers(3)].strip()
    return (name.upper(), name.replace("Ltd", "Limited") + ".", name.replace(" & ", " and "), f"The {name}")[
        rng.integers(4)
    ]


def _ship_tos(rng: np.random.Generator, customers: pd.DataFrame, habits: pd.DataFrame, size: int) -> pd.DataFrame:
    """Return the addresses goods go to, the customer's own first."""
    rows = []
    for place in range(len(customers)):
        own = customers.iloc[place]
        rows.append(
            (
                place,
                own["name"],
                own["phone"],
                own["address"],
                own["city"],
                own["region"],
                own["postal_code"],
                own["country"],
                0,
                DAYS,
                "own",
            )
        )
        home = CITIES[habits["city"][place]]
        if habits["is_marketplace"][place]:
            rows.extend(_stranger(rng, place) for _ in range(max(20, size // 40)))
        elif habits["is_chain"][place]:
            rows.extend(_branch(rng, place, own, k) for k in range(int(rng.integers(4, 8))))
        elif habits["has_sites"][place]:
            rows.extend(_site(rng, place, own, k) for k in range(DAYS // SITE_DAYS + 1))
        elif rng.random() < 0.04:
            moved = int(rng.integers(60, DAYS - 60))
            old = street_address(rng, home)
            rows[-1] = (*rows[-1][:8], moved, DAYS, "own")
            rows.append(
                (
                    place,
                    own["name"],
                    own["phone"],
                    old,
                    home.name,
                    home.region,
                    postal_code(rng, home),
                    home.country,
                    0,
                    moved,
                    "old",
                )
            )
        elif rng.random() < 0.08:
            since = int(rng.integers(0, DAYS - 30)) if rng.random() < 0.4 else 0
            rows.append((*_branch(rng, place, own, 0)[:8], since, DAYS, "branch"))
    columns = "customer name phone address city region postal_code country since until sort".split()
    return pd.DataFrame(rows, columns=columns)


def _branch(rng: np.random.Generator, place: int, own: "pd.Series[str]", number: int) -> tuple[object, ...]:
    same = [k for k, city in enumerate(CITIES) if city.country == own["country"]]
    city = CITIES[same[rng.integers(len(same))]]
    label = (
        f"{own['name']} {city.name.removesuffix('市')}{number + 1}店"
        if city.country in ("CN", "HK")
        else f"{own['name']}, {city.name} {number + 1}"
    )
    return (
        place,
        label,
        own["phone"],
        street_address(rng, city),
        city.name,
        city.region,
        postal_code(rng, city),
        city.country,
        0,
        DAYS,
        "branch",
    )


def _site(rng: np.random.Generator, place: int, own: "pd.Series[str]", number: int) -> tuple[object, ...]:
    """Return a building site that goods go to for some months."""
    row = _branch(rng, place, own, number)
    is_chinese = own["country"] in ("CN", "HK")
    name = (
        f"{own['name']}（{names.person(rng, True)}工地）"
        if is_chinese
        else f"{own['name']} c/o site {rng.integers(100, 999)}"
    )
    return (place, name, *row[2:8], number * SITE_DAYS, (number + 1) * SITE_DAYS, "site")


def _stranger(rng: np.random.Generator, place: int) -> tuple[object, ...]:
    country = "CN" if place else "GB"
    same = [k for k, city in enumerate(CITIES) if city.country == country]
    city: City = CITIES[same[rng.integers(len(same))]]
    name = names.person(rng, country == "CN")
    return (
        place,
        name,
        phone_number(rng, city),
        street_address(rng, city),
        city.name,
        city.region,
        postal_code(rng, city),
        city.country,
        0,
        DAYS,
        "stranger",
    )


def _repertoires(rng: np.random.Generator, catalogue: Catalogue, habits: pd.DataFrame) -> tuple[Ints, Floats, Floats]:
    """Return what each customer buys, how much of it at a time, and the cumulative chance of each."""
    products, count = catalogue.products, len(habits)
    slots = min(SLOTS, len(products) // 2)
    repertoire = np.empty((count, slots), dtype=np.int64)
    codes = pd.factorize(products["category"])[0]
    taste = rng.gumbel(size=(count, codes.max() + 1)) * 0.9
    popularity = np.log(products["popularity"].to_numpy(float))
    for first in range(0, count, 2000):
        part = slice(first, min(first + 2000, count))
        score = popularity + taste[part][:, codes] + rng.gumbel(size=(part.stop - part.start, len(products)))
        repertoire[part] = np.argsort(-score, axis=1)[:, :slots]
    share = 1.0 / np.arange(1, slots + 1) ** 0.8
    share = share * (np.arange(slots) < rng.integers(6, slots + 1, count)[:, None])
    weight = np.cumsum(share, axis=1) / share.sum(axis=1, keepdims=True)
    base = products["base_quantity"].to_numpy(float)[repertoire]
    usual = base * habits["size"].to_numpy(float)[:, None] * np.exp(rng.normal(0, 0.35, base.shape))
    return repertoire, nice(usual), weight


def nice(quantity: Floats) -> Floats:
    """Return quantities as people order them: whole, above 12 by fives, above 100 by tens."""
    step = np.select([quantity >= 100, quantity >= 12], [10.0, 5.0], 1.0)
    return np.maximum(np.round(quantity / step) * step, 1.0)


def _contracts(rng: np.random.Generator, habits: pd.DataFrame, shape: tuple[int, ...]) -> Floats:
    """Return contract discounts by customer and slot; customers who pay in another currency have one on everything."""
    discount = rng.choice([0.04, 0.06, 0.08, 0.1, 0.12, 0.15], shape)
    covered = habits["has_contract"].to_numpy(bool)[:, None] & (rng.random(shape) < 0.75)
    covered |= (habits["currency"] != "USD").to_numpy(bool)[:, None]
    return np.where(covered, discount, 0.0)
