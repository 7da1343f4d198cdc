"""What is told of companies of another shape than the samples, in which nothing is wrong.

Run ``python tests/benchmarks/other_shapes.py [--orders 3000] [--seed 1] [--shape web_shop ...]``. Every finding above
0.5 is a false alarm. The shapes differ in what the tables have, how often customers come back, how prices and amounts
are made, and what is normal there: returns as negative lines, gifts at zero, coupons, prices with tax, currencies.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from data.casebook import Casebook
from data.ingestion.ingest import ingest
from data.settings import Settings
from data.warehouse import Warehouse
from models.detect import all_finders, data_clock, find_all, present_tables
from models.findings import Context
from models.ranking import publish_exceptions

Tables = dict[str, pd.DataFrame]
Chance = np.random.Generator

CITIES = [
    ("Lyon", "69002", "FR"),
    ("Bordeaux", "33000", "FR"),
    ("Porto", "4000-123", "PT"),
    ("Krakow", "30-001", "PL"),
    ("Tokyo", "100-0001", "JP"),
    ("Austin", "78701", "US"),
    ("Graz", "8010", "AT"),
    ("Sao Paulo", "01310-100", "BR"),
]


def moments(chance: Chance, count: int, days: int = 540) -> pd.DatetimeIndex:
    """Return order times, growing slowly over the days, more by day than by night, in order."""
    day = np.sort(days * chance.random(count) ** 0.8).astype(int)
    hour = np.clip(chance.normal(14, 4, count), 0, 23.99)
    at = pd.Timestamp("2024-01-01") + pd.to_timedelta(day, "D") + pd.to_timedelta((hour * 3600).astype(int), "s")
    return pd.DatetimeIndex(np.sort(at.to_numpy()))


def basket_lines(chance: Chance, orders: int, products: int, mean_lines: float) -> pd.DataFrame:
    """Return order and product numbers of lines; few products sell most."""
    count = 1 + chance.poisson(mean_lines - 1, orders)
    order = np.repeat(np.arange(orders), count)
    product = np.minimum((products * chance.random(len(order)) ** 2.5).astype(int), products - 1)
    lines = pd.DataFrame({"order": order, "product": product}).drop_duplicates(ignore_index=True)
    return lines.assign(line_no=lines.groupby("order").cumcount() + 1)


def named(prefix: str, numbers: "pd.Series[int] | np.ndarray[tuple[int], np.dtype[np.int64]]") -> list[str]:
    """Return identifiers."""
    return [f"{prefix}{number:06d}" for number in numbers]


def web_shop(chance: Chance, count: int) -> Tables:
    """One-time customers; totals with tax and postage; coupons on whole orders; prices change weekly."""
    at, lines = moments(chance, count), basket_lines(chance, count, 300, 2.2)
    base, week = chance.lognormal(3, 0.8, 300), (at.dayofyear // 7).to_numpy()
    sale = chance.choice([1, 1, 1, 0.9, 0.8, 0.7], (300, 60))
    lines["unit_price"] = np.floor(base[lines["product"]] * sale[lines["product"], week[lines["order"]]]) + 0.99
    lines["quantity"] = chance.choice([1, 1, 1, 1, 1, 2, 2, 3], len(lines))
    coupon = chance.choice([0, 0, 0, 0, 0, 0.05, 0.1, 0.15, 0.2], count)
    lines["discount"] = coupon[lines["order"]]
    goods = (lines["unit_price"] * lines["quantity"] * (1 - lines["discount"])).groupby(lines["order"]).sum().to_numpy()
    place = [CITIES[k] for k in chance.integers(0, len(CITIES), count)]
    customer = np.where(chance.random(count) < 0.9, np.arange(count), chance.integers(0, count, count))
    orders = pd.DataFrame(
        {
            "customer_id": named("K", customer),
            "ordered_at": at,
            "channel": "shop",
            "currency": "EUR",
            "status": "delivered",
            "total_amount": (goods * 1.19 + np.where(goods < 50, 4.9, 0)).round(2),
            "ship_to_name": [f"Person {k}" for k in customer],
            "ship_to_address": [f"{k % 190 + 1} Rue {k % 37}" for k in customer],
            "ship_to_city": [p[0] for p in place],
            "ship_to_postal_code": [p[1] for p in place],
            "ship_to_country": [p[2] for p in place],
        }
    )
    return {"orders": orders, "order_lines": lines}


def heavy_tails(chance: Chance, count: int) -> Tables:
    """A wholesaler whose quantities spread over four powers of ten at one customer, prices negotiated each time."""
    at, lines = moments(chance, count), basket_lines(chance, count, 400, 5)
    base = chance.lognormal(2, 1, 400)
    lines["unit_price"] = (base[lines["product"]] * chance.lognormal(0, 0.15, len(lines))).round(3)
    lines["quantity"] = np.ceil(chance.lognormal(3, 1.6, len(lines)))
    orders = pd.DataFrame(
        {
            "customer_id": named("W", chance.integers(0, 120, count)),
            "ordered_at": at,
            "channel": chance.choice(["phone", "mail", "visit"], count),
            "entered_by": named("u", chance.integers(0, 9, count)),
            "status": "invoiced",
        }
    )
    return {"orders": orders, "order_lines": lines}


def counter_sales(chance: Chance, count: int) -> Tables:
    """A shop's till: one account for all, returns as negative lines, gifts and bags at zero, deposits below zero."""
    at, lines = moments(chance, count, 200), basket_lines(chance, count, 150, 3)
    base = chance.lognormal(1.5, 0.7, 150).round(2)
    base[:3] = [0, -0.25, 0.1]
    lines["unit_price"] = base[lines["product"]]
    lines["quantity"] = chance.choice([1, 1, 1, 1, 2, 3, -1], len(lines), p=[0.3, 0.2, 0.2, 0.1, 0.1, 0.06, 0.04])
    goods = (lines["unit_price"] * lines["quantity"]).groupby(lines["order"]).sum()
    orders = pd.DataFrame(
        {
            "customer_id": "CASH",
            "ordered_at": at,
            "channel": "till",
            "status": "closed",
            "total_amount": goods.round(2).to_numpy(),
        }
    )
    return {"orders": orders, "order_lines": lines}


def many_currencies(chance: Chance, count: int) -> Tables:
    """An exporter: customers in eight countries, prices converted at the day's rate, payment in two parts."""
    at, lines = moments(chance, count), basket_lines(chance, count, 200, 3)
    rate_of = {"EUR": 1.0, "USD": 1.08, "JPY": 161.0, "PLN": 4.3, "BRL": 5.9}
    home = chance.integers(0, len(CITIES), 150)
    money = [
        "EUR"
        if CITIES[k][2] in ("FR", "PT", "AT")
        else {"PL": "PLN", "JP": "JPY", "US": "USD", "BR": "BRL"}[CITIES[k][2]]
        for k in home
    ]
    customer = chance.integers(0, 150, count)
    drift = np.exp(np.cumsum(chance.normal(0, 0.003, 600)))
    day = ((at - at[0]).days).to_numpy()
    currency = np.array(money)[customer]
    rate = np.array([rate_of[name] for name in currency]) * np.where(currency == "EUR", 1, drift[day])
    base = chance.lognormal(4, 0.7, 200)
    lines["unit_price"] = (base[lines["product"]] * rate[lines["order"]]).round(2)
    usual = np.ceil(chance.lognormal(2.5, 0.8, (150, 200)))
    lines["quantity"] = np.maximum(
        1, (usual[customer[lines["order"]], lines["product"]] * chance.lognormal(0, 0.3, len(lines))).round()
    )
    total = (lines["unit_price"] * lines["quantity"]).groupby(lines["order"]).sum().round(2).to_numpy()
    promised = at.normalize() + pd.to_timedelta(14 + (6 - at.weekday), "D")
    done = pd.DatetimeIndex(np.minimum(at + pd.to_timedelta(chance.gamma(9, 1, count), "D"), promised))
    is_open = done > at[-1]
    place = [CITIES[k] for k in home[customer]]
    orders = pd.DataFrame(
        {
            "customer_id": named("X", customer),
            "ordered_at": at,
            "currency": currency,
            "channel": "mail",
            "status": np.where(is_open, "confirmed", "delivered"),
            "total_amount": total,
            "promised_at": promised,
            "delivered_at": pd.Series(done).mask(is_open),
            "ship_to_city": [p[0] for p in place],
            "ship_to_postal_code": [p[1] for p in place],
            "ship_to_country": [p[2] for p in place],
            "payment_due_at": at + pd.Timedelta(days=30),
        }
    )
    paid = at + pd.to_timedelta(30 + chance.normal(8, 6, count), "D")
    payments = pd.concat(
        [
            pd.DataFrame({"order": range(count), "paid_at": paid, "amount": (total * 0.4).round(2), "part": 1}),
            pd.DataFrame(
                {
                    "order": range(count),
                    "paid_at": paid + pd.Timedelta(days=20),
                    "amount": (total - (total * 0.4).round(2)).round(2),
                    "part": 2,
                }
            ),
        ]
    )
    payments = payments[payments["paid_at"].le(at[-1])]
    payments["payment_id"] = payments["order"].astype(str) + "-" + payments["part"].astype(str)
    return {
        "orders": orders,
        "order_lines": lines,
        "payments": payments.assign(currency=None).drop(columns=["part", "currency"]),
    }


def spare_parts(chance: Chance, count: int) -> Tables:
    """Thousands of parts and customers who order twice a year; a price list with yearly rises; sizes of packs vary."""
    at, lines = moments(chance, count, 900), basket_lines(chance, count, 2500, 1.8)
    base = chance.lognormal(3, 1.3, 2500)
    year = at.year.to_numpy() - 2024
    price = (base[None, :] * np.array([1, 1.04, 1.09])[:, None]).round(2)
    lines["unit_price"] = price[year[lines["order"]], lines["product"]]
    lines["quantity"] = chance.choice([1, 1, 1, 2, 4, 6, 10, 12, 50, 100], len(lines))
    goods = (lines["unit_price"] * lines["quantity"]).groupby(lines["order"]).sum().to_numpy()
    orders = pd.DataFrame(
        {
            "customer_id": named("S", (900 * chance.random(count)).astype(int)),
            "ordered_at": at,
            "channel": chance.choice(["portal", "fax"], count, p=[0.8, 0.2]),
            "status": "closed",
            "total_amount": (goods + chance.choice([0, 6.5, 12], count)).round(2),
            "customer_po": [f"PO {k}" if k % 3 else None for k in range(count)],
        }
    )
    rows = [
        (f"P{k:06d}", f"{2024 + y}-01-01", None if y == 2 else f"{2025 + y}-01-01", price[y, k])
        for k in range(2500)
        for y in range(3)
    ]
    prices = pd.DataFrame(rows, columns=["product_id", "valid_from", "valid_to", "unit_price"])
    return {"orders": orders, "order_lines": lines, "prices": prices}


def grocer(chance: Chance, count: int) -> Tables:
    """Fresh food by weight: dates without a time, standing orders much the same each day, prices by season."""
    days, outlets = 180, max(2, count // 180)
    day, outlet = (values.ravel() for values in np.meshgrid(np.arange(days), np.arange(outlets), indexing="ij"))
    usual = chance.lognormal(1.5, 0.8, (outlets, 60)).round(1)
    wanted = chance.random((outlets, 60)) < 0.1
    wanted[:, 0] = True
    order, product = np.nonzero(wanted[outlet] & (chance.random((len(day), 60)) < 0.95))
    season = 1 + 0.4 * np.sin(np.arange(days)[:, None] / 30 + chance.random(60) * 6)
    price = (chance.lognormal(1, 0.4, 60) * season).round(2)
    lines = pd.DataFrame({"order": order, "product": product})
    lines["line_no"] = lines.groupby("order").cumcount() + 1
    lines["unit_price"] = price[day[order], product]
    lines["quantity"] = np.maximum(
        0.1, (usual[outlet[order], product] * chance.choice([0.8, 1, 1, 1, 1.2], len(lines))).round(1)
    )
    at = pd.Timestamp("2024-03-01") + pd.to_timedelta(day, "D")
    orders = pd.DataFrame(
        {
            "customer_id": named("G", outlet),
            "ordered_at": at,
            "channel": "standing",
            "status": "delivered",
            "requested_at": at + pd.Timedelta(days=1),
        }
    )
    return {"orders": orders[orders.index.isin(lines["order"])], "order_lines": lines}


def night_batch(chance: Chance, count: int) -> Tables:
    """Orders are loaded at two in the night, three branches number theirs, one stops sending telephones."""
    at, lines = moments(chance, count), basket_lines(chance, count, 250, 3)
    branch = chance.choice(["N", "S", "W"], count, p=[0.6, 0.3, 0.1])
    number = pd.Series(branch).groupby(branch).cumcount() + 1
    base = chance.lognormal(3, 0.6, 250).round(2)
    lines["unit_price"], lines["quantity"] = base[lines["product"]], chance.choice([1, 2, 5, 10, 20], len(lines))
    customer = chance.integers(0, 300, count)
    orders = pd.DataFrame(
        {
            "customer_id": named("B", customer),
            "ordered_at": at.normalize() + pd.Timedelta(hours=26),
            "order_number": [f"{b}/{m.year}/{n:05d}" for b, m, n in zip(branch, at, number, strict=True)],
            "channel": branch,
            "entered_by": "import",
            "status": "closed",
            "ship_to_phone": [
                None if b == "S" and k > count // 2 else f"+43 316 {100000 + 7 * c}"
                for k, (b, c) in enumerate(zip(branch, customer, strict=True))
            ],
            "ship_to_city": "Graz",
            "ship_to_postal_code": "8010",
            "ship_to_country": "AT",
            "total_amount": ((lines["unit_price"] * lines["quantity"]).groupby(lines["order"]).sum() * 1.2)
            .round(2)
            .to_numpy(),
        }
    )
    return {"orders": orders, "order_lines": lines}


SHAPES: dict[str, Callable[[Chance, int], Tables]] = {
    made.__name__: made
    for made in (web_shop, heavy_tails, counter_sales, many_currencies, spare_parts, grocer, night_batch)
}


def write(tables: Tables, folder: Path) -> None:
    """Write the tables as a source, orders and lines with their identifiers."""
    for name, table in tables.items():
        frame = table.copy()
        if name == "orders":
            frame.insert(0, "order_id", named("A", frame.index.to_numpy()))
        if "order" in frame:
            frame.insert(0, "order_id", named("A", frame.pop("order")))
        if "product" in frame:
            frame.insert(1, "product_id", named("P", frame.pop("product")))
        frame.to_csv(folder / f"{name}.csv", index=False)


def told(source: Path, home: Path) -> pd.DataFrame:
    """Return what is told of a source."""
    settings = Settings()
    warehouse, casebook = Warehouse(home, settings), Casebook.open(home, settings)
    ingest(warehouse, settings, str(source))
    labels = casebook.labels.current()
    with warehouse.build() as build:
        present = present_tables(build.connection)
        now = data_clock(build.connection, present)
        finders = {name: finder for name, finder in all_finders().items() if finder.kind != "stockout_risk"}
        find_all(Context(build.connection, now, settings, labels), present, finders)
        publish_exceptions(build.connection, all_finders(), labels, pd.Timestamp(now))
        return build.connection.execute("select * from exceptions order by rank").df()


def main() -> None:
    """Print what is told above 0.5 for each shape."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shape", nargs="+", default=list(SHAPES), choices=list(SHAPES))
    parser.add_argument("--examples", type=int, default=3)
    options = parser.parse_args()
    for shape in options.shape:
        with tempfile.TemporaryDirectory() as scratch:
            source, home = Path(scratch) / "source", Path(scratch) / "home"
            source.mkdir()
            home.mkdir()
            write(SHAPES[shape](np.random.default_rng(options.seed), options.orders), source)
            found = told(source, home)
        likely = found[found["score"].ge(0.5)]
        print(f"{shape}: {1000 * likely['order_id'].nunique() / options.orders:.1f} of 1,000 orders told", flush=True)
        for (check, variant), group in likely.groupby(["source", "variant"]):
            print(f"  {len(group):5d} {check} {variant}")
            for reason in group["reason"].head(options.examples):
                print(f"        {reason}")


if __name__ == "__main__":
    main()
