"""Made-up companies to train the shipped weights on: each with its own habits, gaps in its data, and duplicates.

No single company is realistic. Their settings are drawn from wide ranges, so that weights fitted on many of them rely
on what holds everywhere: a standing order is not a duplicate, however alike its orders are.
"""

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import exp
from random import Random
from typing import Any

import pandas as pd

from models.duplicates.plant import DOUBLES, Line, Mixture, Order, repeat, retype, retype_phone

START = datetime(2025, 1, 6)
CHANNELS = ("web", "phone", "email", "edi", "sales_rep", "fax", "api", "shop", "portal", "import")
MACHINES = frozenset({"edi", "api", "import"})
HABITS = {
    "standing": 0.15,
    "varied": 0.1,
    "repertoire": 0.2,
    "random": 0.35,
    "single": 0.06,
    "bursty": 0.07,
    "chain": 0.05,
    "scheduled": 0.02,
    "assortment": 0.2,
}
"""How customers order, with the usual share of each: always the same, the same in other quantities, a few baskets in
turn, anything, one product, several orders at once, every branch at once, several deliveries entered at once, some of
the few products they sell, mostly in the usual quantity."""

PO_HABITS = {
    "none": 0.25,
    "sequence": 0.3,
    "scattered": 0.2,
    "blanket": 0.08,
    "project": 0.07,
    "dated": 0.05,
    "word": 0.05,
}
"""How customers number their orders, with the usual share of each."""
CITIES = ("上海市", "深圳市", "杭州市", "广州市", "成都市", "武汉市")
PROVINCES = ("", "广东省", "浙江省", "四川省", "湖北省")
ROADS = "科技 人民 中山 建设 解放 和平 新华 长江 黄河 工业 园区 创业".split()
TRADES = "电子 贸易 食品 机械 医药 化工 服装 建材 物流 五金 光电 环保".split()
STEMS = "宏达 华兴 鼎盛 恒通 嘉业 瑞丰 天成 金源 海纳 博远 新宇 万通 中科 卓越 明远 汇丰".split()
WORDS = (
    "Acme Globex Initech Umbra Stark Wayne Tyrell Hooli Vandel Norther Summit Cedar Harbor Delta Orion Pioneer".split()
)
STREETS = "High Mill Church Station Park Victoria Green Bridge King Queen Market Oak Elm River".split()
JOBS = ("Trading", "Foods", "Supply", "Industries", "Medical", "Retail", "Tools", "Logistics")


@dataclass
class Customer:
    """One customer: who they are and how they order."""

    customer_id: str
    name: str
    phone: str
    places: list[tuple[str, str, str]]
    habit: str
    po_habit: str
    period_days: float
    baskets: list[list[tuple[int, int]]]
    channel: str
    hour: float
    lead_days: int
    po_number: int
    operator: str
    hour_spread: float
    started: float = 0.0
    po_since: float = -1e9
    po_now: str = ""


@dataclass
class Company:
    """A company's settings, its customers, and the orders made so far."""

    random: Random
    order_target: int
    customers: list[Customer] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    lines: dict[str, list[Line]] = field(default_factory=dict)
    truth: list[dict[str, str]] = field(default_factory=list)
    lasts: dict[tuple[str, int], tuple[float, list[tuple[int, int]]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        random = self.random
        self.days = random.randint(90, 600)
        self.chinese_share = random.choice((0.0, 0.3, 1.0))
        self.product_count = random.randint(30, 1200)
        self.mean_lines = random.uniform(1.0, 6.0)
        self.prices = [round(random.lognormvariate(2.5, 1.2) + 0.5, 2) for _ in range(self.product_count)]
        self.channels = tuple(random.sample(CHANNELS, random.randint(2, 5)))
        self.operators = tuple(f"user{number:02d}" for number in range(random.randint(2, 12)))
        self.channel_loyalty = random.uniform(0.6, 1.0)
        self.concentration = random.choice((30, 60, 120, 250, 500))
        self.noise = random.choice((0.0, 0.02, 0.1))
        self.extra_share = random.choice((0.0, 0.004, 0.012))
        self.top_up_share = random.choice((0.0, 0.01, 0.04))
        self.batch_count = random.choice((0, 0, 1, 3))
        self.is_nightly = random.random() < 0.25
        self.neighbours = random.choice((0.0, 0.05, 0.15))
        self.forgets = random.choice((0.0, 0.02, 0.1))
        self.duplicate_share = 10 ** random.uniform(-2.7, -1.2)
        self.habits = [share * random.gammavariate(1, 1) for share in HABITS.values()]
        self.po_habits = [share * random.gammavariate(1, 1) for share in PO_HABITS.values()]
        self.has = {
            "time": random.random() < 0.9,
            "customer_po": random.random() < 0.85,
            "ship_to": random.random() < 0.85,
            "channel": random.random() < 0.9,
            "entered_by": random.random() < 0.8,
            "requested_at": random.random() < 0.75,
            "order_number": random.random() < 0.8,
            "customers": random.random() < 0.85,
        }
        self.mixture = Mixture(
            weights=tuple(random.gammavariate(1.2, 1) for _ in range(6)),
            keeps_po=random.uniform(0.4, 0.95),
            keeps_requested=random.uniform(0.3, 0.95),
            retypes=random.uniform(0.1, 0.7),
            slips=random.uniform(0.0, 0.2),
            stretch=random.uniform(0.4, 1.6),
            channels=self.channels,
            operators=self.operators,
        )


def _basket(company: Company, size: int | None = None) -> list[tuple[int, int]]:
    random = company.random
    count = size or min(1 + int(random.expovariate(1 / max(0.05, company.mean_lines - 1))), 25)
    chosen = {min(int(random.paretovariate(0.7)) - 1, company.product_count - 1) for _ in range(count * 3)}
    products = random.sample(sorted(chosen), min(count, len(chosen)))
    return [(product, random.choice((1, 2, 3, 4, 5, 6, 10, 10, 12, 20, 24, 50, 100))) for product in products]


def _identity(random: Random, is_chinese: bool) -> tuple[str, str, str]:
    """Return a name, an address and a phone number."""
    if is_chinese:
        name = random.choice(CITIES)[:2] + random.choice(STEMS) + random.choice(STEMS) + random.choice(TRADES)
        address = f"{random.choice(PROVINCES)}{random.choice(CITIES)}{random.choice(ROADS)}路{random.randint(1, 999)}号"
        return (
            name + random.choice(("有限公司", "股份有限公司", "")),
            address,
            f"1{random.randint(3 * 10**9, 99 * 10**8)}",
        )
    form = random.choice((" Ltd", " Inc", "", " GmbH"))
    name = f"{random.choice(WORDS)} {random.choice(WORDS)} {random.choice(JOBS)}{form}"
    address = f"{random.randint(1, 400)} {random.choice(STREETS)} {random.choice(('Street', 'Road', 'Avenue'))}"
    return name, address, f"0{random.randint(10**9, 10**10 - 1)}"


def _customer(company: Company, number: int) -> Customer:
    random = company.random
    is_chinese = random.random() < company.chinese_share
    name, address, phone = _identity(random, is_chinese)
    if company.customers and random.random() < company.neighbours:
        other = random.choice(company.customers).places[0]
        address, phone = (other[1], phone) if random.random() < 0.5 else (address, other[2])
    habit = random.choices(tuple(HABITS), company.habits)[0]
    if (habit == "chain" and not company.has["ship_to"]) or (habit == "scheduled" and not company.has["requested_at"]):
        habit = "standing"  # where the data cannot tell such orders apart, they are not entered that way
    places = [(name, address, phone)]
    if habit == "chain" or random.random() < 0.08:
        for branch in range(random.randint(2, 8)):
            label = f"{name} {branch + 1}号店" if is_chinese else f"{name} Branch {branch + 1}"
            places.append((label, _identity(random, is_chinese)[1], phone))
    size = {"single": 1, "assortment": random.randint(4, 20)}.get(habit)
    repertoire = 1 if habit in ("standing", "varied", "chain", "scheduled", "assortment") else random.randint(1, 6)
    return Customer(
        customer_id=f"C{number:05d}",
        name=name,
        phone=phone,
        places=places,
        habit=habit,
        po_habit=random.choices(tuple(PO_HABITS), company.po_habits)[0],
        period_days=random.choice((0.5, 1, 1, 2, 3.5, 7, 7, 7, 7, 14, 14, 14, 28, 30.4))
        if habit in ("standing", "varied", "chain")
        else 10 ** random.uniform(-0.4, 1.9),
        baskets=[_basket(company, size) for _ in range(repertoire)],
        channel=random.choice(company.channels),
        hour=random.uniform(7.5, 16.5),
        lead_days=random.randint(1, 14),
        po_number=random.randint(1000, 9_000_000),
        operator=random.choice(company.operators),
        hour_spread=random.choice((0.1, 0.5, 1.5, 3.0)),
        started=random.uniform(0, company.days * 0.6),
    )


def _po(company: Company, customer: Customer, day: float) -> str | None:
    random, habit = company.random, customer.po_habit
    if habit == "none" or random.random() < 0.03:
        return None
    if habit == "sequence":
        customer.po_number += random.choice((1, 1, 1, 2, 3, 7))
        return f"PO-{customer.po_number}"
    if habit == "scattered":
        return str(random.randint(10**5, 10**8))
    if habit in ("blanket", "project"):
        lasts = 150 if habit == "blanket" else 12
        if day - customer.po_since > lasts:
            customer.po_since, customer.po_now = day, f"45{random.randint(10**5, 10**7)}"
        return customer.po_now
    if habit == "dated":
        return (START + timedelta(days=day)).strftime("%Y%m%d")
    return random.choice(("VERBAL", "per Mr Wang", "TEL", "EMAIL"))


def _place(
    company: Company,
    customer: Customer,
    day: float,
    basket: list[tuple[int, int]],
    place: int = 0,
    po: str | None = None,
    requested_day: float | None = None,
) -> None:
    """Add one order of ``customer`` at ``day`` (a fraction of a day is the time)."""
    if not 0 <= day < company.days or not basket:
        return
    random = company.random
    last = company.lasts.get((customer.customer_id, place))
    if last and last[1] == basket and requested_day is None:
        is_one_load = company.is_nightly and int(last[0]) == int(day)
        if is_one_load or random.random() < exp(-abs(day - last[0]) * 24 / 6):
            return  # nobody means to order the same again a moment later; who does is making a duplicate
    company.lasts[customer.customer_id, place] = day, basket
    at = START + timedelta(seconds=int(day * 86400))
    name, address, phone = customer.places[place % len(customer.places)]
    requested = START + timedelta(days=int((day if requested_day is None else requested_day) + customer.lead_days))
    channel = customer.channel if random.random() < company.channel_loyalty else random.choice(company.channels)
    order_id = f"{len(company.orders) + 1}"
    lines: list[Line] = [
        {"order_id": order_id, "line_no": number + 1, "product_id": f"P{product:05d}", "quantity": float(quantity),
         "unit_price": company.prices[product], "discount": None}
        for number, (product, quantity) in enumerate(basket)
    ]  # fmt: skip
    noisy = random.random() < company.noise
    if company.is_nightly and channel in MACHINES:
        at = at.replace(hour=2, minute=int(order_id) % 20, second=0)
    order: Order = {
        "order_id": order_id,
        "order_number": None,
        "customer_id": customer.customer_id,
        "ordered_at": at,
        "channel": channel,
        "entered_by": channel if channel in ("edi", "web", "api", "shop", "portal") else customer.operator,
        "status": "returned" if random.random() < 0.01 else "delivered",
        "customer_po": po if po is not None else _po(company, customer, day),
        "ship_to_name": retype(name, random) if noisy else name,
        "ship_to_address": retype(address, random) if noisy else address,
        "ship_to_phone": retype_phone(phone, random) if noisy else phone,
        "requested_at": requested,
        "total_amount": round(sum(line["quantity"] * line["unit_price"] for line in lines), 2),
    }
    company.orders.append(order)
    company.lines[order_id] = lines


def _days(company: Company, customer: Customer) -> Iterator[float]:
    """Yield the days on which a customer orders, with their times."""
    random, day = company.random, customer.started
    is_regular = customer.habit in ("standing", "varied", "chain", "scheduled")
    while day < company.days:
        if not (is_regular and random.random() < 0.06):
            spread = customer.hour_spread if is_regular else max(customer.hour_spread, 2.5)
            hour = min(23.9, max(0.0, random.gauss(customer.hour, spread)))
            yield int(day) + (day % 1 if is_regular and customer.period_days < 1 else hour / 24)
        day += customer.period_days if is_regular else random.expovariate(1 / customer.period_days)
        if is_regular and random.random() < 0.1:
            day += random.choice((-1, 1)) if customer.period_days > 2 else 0


def _vary(company: Company, basket: list[tuple[int, int]]) -> list[tuple[int, int]]:
    random = company.random
    return [
        (product, max(1, round(quantity * random.choice((0.5, 0.8, 1, 1, 1.2, 1.5, 2)))))
        for product, quantity in basket
    ]


def _some_of(company: Company, basket: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return some lines of a basket, of every fourth another quantity."""
    random = company.random
    chosen = random.sample(basket, min(len(basket), 1 + int(random.expovariate(1 / company.mean_lines))))
    varied = _vary(company, chosen)
    return [new if random.random() < 0.25 else usual for usual, new in zip(chosen, varied, strict=True)]


def _order_once(company: Company, customer: Customer, day: float) -> None:
    """Let a customer order as is their habit."""
    random, habit = company.random, customer.habit
    basket = random.choice(customer.baskets)
    minutes = 1 / 1440
    if habit == "varied":
        _place(company, customer, day, _vary(company, basket))
    elif habit == "assortment":
        _place(company, customer, day, _some_of(company, customer.baskets[0]))
        if random.random() < company.forgets:
            _place(company, customer, day + random.uniform(0.01, 3), _some_of(company, customer.baskets[0]))
    elif habit == "random":
        _place(company, customer, day, _basket(company), random.randrange(len(customer.places)))
    elif habit == "bursty":
        po = _po(company, customer, day) if random.random() < 0.5 else None
        for number in range(random.randint(1, 4)):
            _place(company, customer, day + number * random.uniform(1, 90) * minutes, _basket(company), po=po)
    elif habit == "chain":
        for place in range(len(customer.places)):
            shared = basket if random.random() < 0.7 else _vary(company, basket)
            _place(company, customer, day + place * random.uniform(0.5, 30) * minutes, shared, place)
    elif habit == "scheduled":
        po = _po(company, customer, day)
        for number in range(random.randint(2, 4)):
            later = day + number * customer.period_days
            _place(
                company, customer, day + number * random.uniform(0.5, 5) * minutes, basket, po=po, requested_day=later
            )
    else:
        slightly = random.random() < 0.1
        _place(company, customer, day, _vary(company, basket) if slightly else basket)
    if random.random() < company.top_up_share:
        _place(company, customer, day + random.uniform(0.01, 0.3), _basket(company, 1))
    if random.random() < company.extra_share:
        _place(company, customer, day + 10 ** random.uniform(-0.5, 1.7), basket)


def _fill(company: Company) -> None:
    """Make customers and their orders until the target is reached, promotions last."""
    number = 0
    while len(company.orders) < company.order_target and number < 4 * company.order_target:
        customer = _customer(company, number)
        company.customers.append(customer)
        number += 1
        most = len(company.orders) + max(4, company.order_target // company.concentration)
        for day in _days(company, customer):
            _order_once(company, customer, day)
            if len(company.orders) > most:
                break
    for _ in range(company.random.randint(0, 4)):
        day, basket = company.random.uniform(10, company.days - 5), _basket(company, company.random.randint(1, 2))
        takers = company.random.sample(
            company.customers, max(1, len(company.customers) // company.random.randint(4, 20))
        )
        for customer in takers:
            _place(company, customer, int(day) + company.random.uniform(0, 5) + customer.hour / 24, basket)


def _repeat_some(company: Company, second: dict[str, str]) -> None:
    """Plant the duplicates, some of them twice."""
    random = company.random
    mixture = Mixture(**{**company.mixture.__dict__, "other_customers": second})
    for order in random.sample(company.orders, int(len(company.orders) * company.duplicate_share)):
        again = mixture
        for _ in range(2 if random.random() < 0.08 else 1):
            way, copy, lines = repeat(order, company.lines[order["order_id"]], random, again)
            again = replace(mixture, weights=tuple(float(name == way) for name in DOUBLES))
            copy["order_id"] = f"{len(company.orders) + 1}"
            copy["status"] = "returned" if random.random() < 0.06 else "delivered"
            company.orders.append(copy)
            company.lines[copy["order_id"]] = [{**line, "order_id": copy["order_id"]} for line in lines]
            company.truth.append({"order_id": copy["order_id"], "duplicate_of": order["order_id"], "variant": way})


def _resend_batches(company: Company) -> None:
    """Send all machine orders of some hours again at once, as a failed transmission is repeated."""
    random = company.random
    for _ in range(company.batch_count):
        since = START + timedelta(days=random.uniform(5, company.days - 5))
        until = since + timedelta(hours=random.uniform(6, 60))
        sent = [
            order for order in company.orders if order["channel"] in MACHINES and since <= order["ordered_at"] < until
        ]
        again = until + timedelta(hours=random.uniform(0.1, 60))
        for number, order in enumerate(sent[:40]):
            if random.random() < 0.9 and order["order_id"] not in {row["order_id"] for row in company.truth}:
                copy = {**order, "order_id": f"{len(company.orders) + 1}", "order_number": None}
                copy["ordered_at"] = again + timedelta(seconds=number * random.randint(1, 10))
                company.orders.append(copy)
                company.lines[copy["order_id"]] = [
                    {**line, "order_id": copy["order_id"]} for line in company.lines[order["order_id"]]
                ]
                company.truth.append(
                    {"order_id": copy["order_id"], "duplicate_of": order["order_id"], "variant": "batch"}
                )


def _customers(company: Company) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return the customer master and, for those registered twice, the second record."""
    random = company.random
    rows, second = [], {}
    for customer in company.customers:
        name, address, phone = customer.places[0]
        row: dict[str, Any] = {"customer_id": customer.customer_id, "name": name, "phone": phone, "address": address,
               "email": f"order@{customer.customer_id.lower()}.example"}  # fmt: skip
        rows.append(row)
        if random.random() < 0.15:
            other = f"D{customer.customer_id[1:]}"
            second[customer.customer_id] = other
            rows.append(
                {"customer_id": other, "name": retype(name, random), "phone": retype_phone(phone, random)
                 if random.random() < 0.8 else None, "address": retype(address, random) if random.random() < 0.9 else
                 None, "email": row["email"] if random.random() < 0.5 else None}
            )  # fmt: skip
    return rows, second


def make_company(seed: int, order_target: int = 3000) -> dict[str, pd.DataFrame]:
    """Return a made-up company's tables and its true duplicates.

    Parameters
    ----------
    seed : int
        The same seed gives the same company.
    order_target : int, default 3000
        Roughly how many orders it has.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``orders``, ``order_lines``, ``customers`` (absent in some companies) and ``truth`` (order_id, duplicate_of,
        variant).
    """
    company = Company(Random(seed), order_target)  # noqa: S311
    _fill(company)
    company.orders.sort(key=lambda order: (order["ordered_at"], int(order["order_id"])))
    for number, order in enumerate(company.orders):
        order["order_number"] = f"SO{100000 + 3 * number}"
    times = [order["ordered_at"] for order in company.orders]
    customers, second = _customers(company)
    _repeat_some(company, second)
    _resend_batches(company)
    company.orders.sort(key=lambda order: (order["ordered_at"], int(order["order_id"])))
    for order in company.orders:
        order["order_number"] = order["order_number"] or f"SO{100001 + 3 * bisect(times, order['ordered_at'])}"
    orders = pd.DataFrame(company.orders)
    for name in ("customer_po", "channel", "entered_by", "requested_at", "order_number"):
        if not company.has[name]:
            orders[name] = None
    if not company.has["ship_to"]:
        orders[["ship_to_name", "ship_to_address", "ship_to_phone"]] = None
    if not company.has["time"]:
        orders["ordered_at"] = orders["ordered_at"].dt.normalize()
    tables = {
        "orders": orders,
        "order_lines": pd.DataFrame([line for lines in company.lines.values() for line in lines]),
        "truth": pd.DataFrame(company.truth, columns=["order_id", "duplicate_of", "variant"]),
    }
    if company.has["customers"]:
        tables["customers"] = pd.DataFrame(customers)
    return tables
