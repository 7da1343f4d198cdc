"""Products, their suppliers, list prices over time, promotions and clearances."""

import numpy as np
import pandas as pd

from data.sample import names
from data.sample.timeline import DAYS, Floats, date_text, day_of, first_of_year_day
from data.sample.world import Catalogue, World

SAMPLE = "Free sample set"


def make_catalogue(world: World) -> Catalogue:
    """Return what the company sells."""
    rng = world.rng("catalogue")
    count = int(np.clip(9 * np.sqrt(world.size / 100), 40, 1200))
    products = _products(rng, count)
    charged, listed, is_clearance = _list_prices(rng, products)
    promotions, promotion = _promotions(rng, count)
    products["list_price"] = listed[:, -1]
    return Catalogue(products, charged, listed, promotion, promotions, is_clearance)


def _products(rng: np.random.Generator, count: int) -> pd.DataFrame:
    categories = list(names.CATEGORIES)
    category = [categories[k] for k in rng.integers(0, len(categories), count)]
    suppliers = max(6, count // 12)
    supplier = rng.integers(0, suppliers, count)
    supplier_lead = rng.integers(5, 22, suppliers)
    supplier_noise = rng.choice([0.4, 0.8, 1.5], suppliers, p=[0.5, 0.35, 0.15])
    rows = []
    for place, name in enumerate(category):
        label, size = names.product(rng, name)
        _, unit, price, warehouse = names.CATEGORIES[name]
        rows.append((f"P{10001 + place}", label, size, name, unit, price, warehouse))
    frame = pd.DataFrame(
        rows, columns=["product_id", "name", "specification", "category", "unit", "base_price", "warehouse_id"]
    )
    factor = np.exp(rng.normal(0, 0.6, count))
    frame["start_price"] = (frame["base_price"] * factor).round(2).clip(lower=0.6)
    frame["unit_cost"] = (frame["start_price"] * rng.uniform(0.52, 0.75, count)).round(2)
    frame.loc[count - 1, "name"] = SAMPLE
    frame.loc[count - 1, "specification"] = "assorted"
    frame.loc[count - 1, "start_price"] = 0.0
    frame.loc[count - 1, "unit_cost"] = 1.1
    frame["supplier"] = supplier
    frame["supplier_id"] = [f"S{101 + s}" for s in supplier]
    frame["true_lead_days"] = supplier_lead[supplier]
    frame["lead_time_days"] = frame["true_lead_days"]
    frame["lead_noise_days"] = supplier_noise[supplier]
    spend = np.exp(rng.normal(4.9, 0.5, count))  # what a middling customer spends on a line of it
    frame["base_quantity"] = np.clip(spend / frame["start_price"].clip(lower=0.5), 1, 120)
    frame["popularity"] = 1.0 / np.sqrt(1 + rng.permutation(count))
    frame.loc[count - 1, "base_quantity"] = 1.0
    frame.loc[count - 1, "popularity"] = 1e-12
    return frame


def _list_prices(rng: np.random.Generator, products: pd.DataFrame) -> tuple[Floats, Floats, "np.ndarray"]:
    """Return prices as charged and as listed, by product and day, and where a clearance runs."""
    count = len(products)
    price = np.repeat(products["start_price"].to_numpy(float)[:, None], DAYS, axis=1)
    new_year, mid_year = first_of_year_day()
    steps = [
        (np.ones(count, bool), np.full(count, new_year), rng.uniform(1.03, 1.06, count)),
        (rng.random(count) < 0.5, np.full(count, mid_year), rng.uniform(1.02, 1.045, count)),
        (rng.random(count) < 0.10, rng.integers(90, DAYS - 45, count), rng.uniform(1.08, 1.18, count)),
    ]
    for chosen, day, factor in steps:
        for place in np.flatnonzero(chosen):
            price[place, day[place] :] *= factor[place]
    price = np.round(price, 2)
    listed = price.copy()
    is_clearance = np.zeros(price.shape, dtype=bool)
    for place in np.flatnonzero(rng.random(count) < 0.05):
        first = int(rng.integers(60, DAYS - 60))
        window = slice(first, first + int(rng.integers(25, 50)))
        price[place, window] = np.round(price[place, window] * rng.uniform(0.55, 0.7), 2)
        is_clearance[place, window] = True
        if rng.random() < 0.5:
            listed[place, window] = price[place, window]
    return price, listed, is_clearance


def _promotions(rng: np.random.Generator, count: int) -> tuple[pd.DataFrame, Floats]:
    """Return the promotions, and the discount running by product and day."""
    running = np.zeros((count, DAYS))
    rows = []
    for _ in range(max(6, count // 4)):
        product, first = int(rng.integers(count)), int(rng.integers(5, DAYS - 15))
        if running[product, first - 5 : first + 20].any():
            continue
        days, discount = int(rng.integers(7, 15)), float(rng.choice([0.1, 0.15, 0.2, 0.25, 0.3]))
        running[product, first : first + days] = discount
        rows.append((product, first, first + days, discount))
    for name, length, discount in (("2025-11-24", 7, 0.12), ("2026-06-15", 4, 0.08)):
        first = day_of(name)
        running[:, first : first + length] = np.maximum(running[:, first : first + length], discount)
        rows.append((-1, first, first + length, discount))
    frame = pd.DataFrame(rows, columns=["product", "first", "end", "discount"])
    frame["promotion_id"] = [f"PR{1001 + k}" for k in range(len(frame))]
    frame["product_id"] = [None if p < 0 else f"P{10001 + p}" for p in frame["product"]]
    frame["customer_id"] = None
    frame["valid_from"] = [f"{date_text(day)} 00:00:00" for day in frame["first"]]
    frame["valid_to"] = [f"{date_text(day - 1)} 23:59:59" for day in frame["end"]]
    return frame[["promotion_id", "product_id", "customer_id", "valid_from", "valid_to", "discount"]], running


def price_periods(listed: Floats) -> pd.DataFrame:
    """Return list prices as periods: ``product, first, end, unit_price``; an open period ends with the last day."""
    change = np.ones(listed.shape, dtype=bool)
    change[:, 1:] = listed[:, 1:] != listed[:, :-1]
    product, first = np.nonzero(change)
    end = np.full(len(first), listed.shape[1])
    same = product[1:] == product[:-1]
    end[:-1][same] = first[1:][same]
    return pd.DataFrame({"product": product, "first": first, "end": end, "unit_price": listed[product, first]})
