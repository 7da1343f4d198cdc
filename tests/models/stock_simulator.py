"""A small stock simulation with planted causes, for judging the attribution of shortages.

Each product is simulated twice with the same random numbers, with and without its cause. A line that is short only with
it is short because of it; a line that is short without it is ordinary variability (``unknown``).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations

import numpy as np
import pandas as pd

from models.shortages.attribution import shapley_weights

NOTHING: frozenset[str] = frozenset()

START = datetime(2025, 1, 6)
DAYS = 320
PLANTED_ON = 200
WINDOW = 70

STORIES = {
    "under_forecast": ("shift", "cut"),
    "demand_spike": ("line", "surge"),
    "late_supplier": ("late", "short"),
    "stock_record_error": ("loss",),
    "reorder_policy": ("low", "skipped", "lead_time"),
    "allocation": ("hold", "elsewhere"),
    "unknown": ("none",),
}


@dataclass(frozen=True)
class World:
    """How the simulated company works."""

    n_products: int = 120
    backorders: bool = False  # else what is missing at shipping is cut
    ship_delay: int = 1  # days from order to shipping; 0 books stock when ordered
    snapshot_every: int = 1
    forecast_versions: bool = True  # weekly re-issued for eight weeks ahead, else once, a week before
    plans_by_forecast: bool = True  # else by a fixed reorder point
    count_every: int = 45
    service: float = 1.65  # standard deviations of safety stock
    lateness: tuple[int, ...] = (-1, 0, 0, 0, 1, 2)  # days from promise to receipt, equally likely
    causes: tuple[str, ...] = tuple(STORIES)


@dataclass
class Product:
    """One product's nature, and the story that is planted into it."""

    product_id: str
    rate: float
    size: float
    lead_days: int
    cause: str
    variant: str
    planted_on: int
    severity: float
    seed: int

    def pace(self, day: int, planted: frozenset[str]) -> float:
        """Return the factor on the product's demand on a day."""
        if "shift" in planted and day >= self.planted_on:
            return 1.6 + self.severity
        return 4.0 + 2 * self.severity if "surge" in planted and 0 <= day - self.planted_on < 8 else 1.0


@dataclass
class Trace:
    """What one simulated run of a product left behind."""

    lines: list[dict] = field(default_factory=list)
    purchases: list[dict] = field(default_factory=list)
    inventory: list[dict] = field(default_factory=list)
    counts: list[dict] = field(default_factory=list)
    forecasts: list[dict] = field(default_factory=list)
    reorder_point: float = 0.0


def _date(day: int, hour: float = 0.0) -> datetime:
    return START + timedelta(days=int(day), hours=float(hour))


def _demand(product: Product, planted: frozenset[str]) -> list[tuple[int, float, int]]:
    """Return (day, hour, quantity) of every line, in order."""
    chance = np.random.default_rng(product.seed)
    lines = []
    for day in range(DAYS):
        factor = product.pace(day, planted)
        uniform = chance.random()  # one draw a day whatever the factor, so that both runs share their luck
        count = int(np.searchsorted(np.cumsum(_poisson(product.rate * factor)), uniform))
        sizes = chance.geometric(1 / product.size, size=40)
        hours = np.sort(chance.uniform(8, 18, size=40)[:count])
        lines += [(day, hour, int(size)) for hour, size in zip(hours, sizes, strict=False)]
        if "line" in planted and day == product.planted_on:
            need = product.rate * product.size * (product.lead_days + 14) * (1 + product.severity)
            lines.append((day, 18.5, int(need) + 1))
    return lines


def _poisson(mean: float) -> np.ndarray:
    terms = np.arange(1, 40)
    return np.exp(-mean) * np.concatenate([[1.0], np.cumprod(mean / terms)])


def run(product: Product, world: World, planted: frozenset[str]) -> Trace:
    """Simulate one product day by day, with the variants in ``planted`` at work."""
    chance = np.random.default_rng(product.seed + 1)
    lateness = chance.choice(world.lateness, size=400)
    noise = chance.random(4000)
    lines = _demand(product, planted)
    trace = Trace()
    daily = product.rate * product.size
    spread = np.sqrt(product.rate * (2 * product.size**2))
    cover = product.lead_days + 1
    safety = world.service * spread * np.sqrt(cover)
    trace.reorder_point = round(daily * cover + safety)
    level = daily * 7
    stock = error = 0.0
    stock = trace.reorder_point + daily * 14
    waiting: list[dict] = []
    position_orders: list[dict] = []
    on = product.planted_on if planted else 10**9
    next_line, week_demand, lost_on = 0, 0.0, None
    for day in range(DAYS):
        since = day - on
        if day % world.count_every == product.seed % world.count_every:
            trace.counts.append({"counted_at": _date(day, 6), "recorded": stock, "counted": stock - error})
            stock, error = stock - error, 0.0
        held = elsewhere = 0.0
        if 0 <= since < 12:
            held = np.ceil(stock * 0.95) if "hold" in planted else 0.0
            elsewhere = np.ceil(stock * 0.95) if "elsewhere" in planted else 0.0
        if day % world.snapshot_every == 0:
            trace.inventory.append(
                {"as_of": _date(day), "warehouse_id": "W1", "on_hand": stock - elsewhere, "reserved": held}
            )
            trace.inventory.append({"as_of": _date(day), "warehouse_id": "W2", "on_hand": elsewhere, "reserved": 0.0})
        for order in position_orders:
            if order["arrives"] == day:
                stock += order["received_quantity"]
        if "loss" in planted and since >= 0 and lost_on is None and stock > 0.6 * trace.reorder_point:
            error, lost_on = min(stock, trace.reorder_point * (0.7 + 0.3 * product.severity)), day
        # orders of the day, then shipping in order of entry
        while next_line < len(lines) and lines[next_line][0] == day:
            _, hour, quantity = lines[next_line]
            line = {"n": next_line, "day": day, "hour": hour, "quantity": quantity, "ship_day": day + world.ship_delay}
            waiting.append(line)
            trace.lines.append(line)
            week_demand += quantity
            next_line += 1
        still = []
        for line in waiting:
            if line["ship_day"] > day:
                still.append(line)
                continue
            reach = max(stock - error - held - elsewhere, 0.0)
            given = min(line["quantity"] - line.get("given", 0), np.floor(reach))
            stock -= given
            line["given"] = line.get("given", 0) + given
            line.setdefault("first_short", line["quantity"] - line["given"])
            if line["given"] >= line["quantity"] or not world.backorders:
                line["left_on"] = day
            else:
                still.append(line)
        waiting = still
        # the weekly forecast, eight weeks ahead
        if day % 7 == 6:
            level = 0.9 * level + 0.1 * week_demand
            week_demand = 0.0
        if day % 7 == 0:
            _issue(trace, product, planted, world, day, level, on)
        rate = level / 7
        if "cut" in planted and 0 <= since < 56:
            rate *= 0.45 - 0.1 * product.severity
        goal = rate * cover + safety if world.plans_by_forecast else trace.reorder_point
        if "low" in planted and since >= 0:
            goal *= 0.25 * (1 - product.severity * 0.5)
            trace.reorder_point = round(goal)
        position = stock + sum(o["quantity"] for o in position_orders if o["arrives"] > day)
        position -= sum(line["quantity"] - line.get("given", 0) for line in waiting)
        if position <= goal and not ("skipped" in planted and 0 <= since < cover + 8):
            _purchase(
                trace,
                position_orders,
                product,
                planted,
                day,
                since,
                max(goal - position, 0) + daily * 14,
                lateness,
                noise,
            )
    trace.purchases = position_orders
    return trace


def _issue(
    trace: Trace, product: Product, planted: frozenset[str], world: World, day: int, level: float, on: int
) -> None:
    factor = 0.45 - 0.1 * product.severity if "cut" in planted and 0 <= day + 7 - on < 63 else 1.0
    for ahead in range(8) if world.forecast_versions else (1,):
        trace.forecasts.append(
            {
                "period_start": _date(day + 7 * ahead),
                "period_days": 7,
                "quantity": level * factor,
                "made_at": _date(day, 5),
            }
        )


def _purchase(trace, orders, product, planted, day, since, quantity, lateness, noise) -> None:
    k = len(orders)
    lead = product.lead_days
    promised = day + lead
    if "lead_time" in planted and since >= 0:
        promised = day + int(lead * (1.8 + product.severity))
    arrives = promised + int(lateness[k % len(lateness)])
    received = np.ceil(quantity)
    if "late" in planted and 0 <= since + lead < lead + 15:
        arrives = promised + 12 + int(15 * product.severity)
    if "short" in planted and 0 <= since + lead < lead + 15:
        received = np.floor(quantity * 0.15)
    orders.append(
        {
            "ordered_at": _date(day, 19),
            "promised_at": _date(promised),
            "arrives": max(arrives, day + 1),
            "quantity": float(np.ceil(quantity)),
            "received_quantity": float(received),
        }
    )


def _product(k: int, cause: str, variant: str, chance: np.random.Generator) -> Product:
    return Product(
        f"P{k:04d}",
        float(chance.uniform(0.6, 4)),
        float(chance.uniform(1.5, 12)),
        int(chance.integers(7, 26)),
        cause,
        variant,
        int(PLANTED_ON + chance.integers(-25, 25)),
        float(chance.random()),
        int(chance.integers(1, 10**8)),
    )


def _empty_tables() -> dict[str, list[dict]]:
    names = ("orders", "order_lines", "products", "inventory", "purchase_orders", "stock_counts", "forecasts")
    return {name: [] for name in names}


def natures(world: World, seed: int) -> list[Product]:
    """Return what `simulate` makes each product be."""
    chance = np.random.default_rng(seed)
    causes = [world.causes[k % len(world.causes)] for k in range(world.n_products)]
    turns = [k // len(world.causes) for k in range(world.n_products)]
    return [
        _product(k, cause, STORIES[cause][turn % len(STORIES[cause])], chance)
        for k, (cause, turn) in enumerate(zip(causes, turns, strict=True))
    ]


def simulate(world: World, seed: int) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Return the canonical tables and the truth: ``order_id, line_no, product_id, cause, variant, short_quantity``."""
    tables = _empty_tables()
    truth: list[dict] = []
    for product in natures(world, seed):
        planted = frozenset({product.variant}) if product.cause != "unknown" else NOTHING
        plain = {line["n"]: line for line in run(product, world, NOTHING).lines} if planted else {}
        trace = run(product, world, planted)
        _record(tables, truth, product, world, trace, plain)
    return {name: pd.DataFrame(rows) for name, rows in tables.items()}, pd.DataFrame(truth)


def simulate_several(world: World, seed: int, at_once: int) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Return the canonical tables of products with several causes at once, and each product's true shares.

    Every subset of a product's causes is simulated on its own: the exact Shapley values of the units short in the
    window are the truth. Its columns are ``product_id, first_day, last_day, units`` and one ``share_*`` a cause.
    """
    chance = np.random.default_rng(seed)
    tables = _empty_tables()
    truth: list[dict] = []
    players = [cause for cause in world.causes if cause not in ("unknown", "allocation")]
    for k in range(world.n_products):
        causes = [players[place] for place in chance.choice(len(players), at_once, replace=False)]
        variants = [str(chance.choice(STORIES[cause])) for cause in causes]
        product = _product(k, causes[0], variants[0], chance)
        worth = np.zeros(2**at_once)
        for size in range(at_once + 1):
            for chosen in combinations(range(at_once), size):
                trace = run(product, world, frozenset(variants[place] for place in chosen))
                worth[sum(1 << place for place in chosen)] = _short_in_window(trace, product)
        _record(tables, [], product, world, trace, {})
        if worth[-1] > 0:
            values = np.maximum(worth @ shapley_weights(at_once), 0.0)
            shares = np.append(values, worth[0]) / max(values.sum() + worth[0], 1e-9)
            row = {f"share_{cause}": share for cause, share in zip([*causes, "unknown"], shares, strict=True)}
            days = {"first_day": product.planted_on - 2, "last_day": product.planted_on - 2 + WINDOW}
            truth.append({"product_id": product.product_id, **days, "units": worth[-1], **row})
    return {name: pd.DataFrame(rows) for name, rows in tables.items()}, pd.DataFrame(truth).fillna(0.0)


def _short_in_window(trace: Trace, product: Product) -> float:
    near = (line for line in trace.lines if 0 <= line["day"] - product.planted_on + 2 <= WINDOW)
    return float(sum(line.get("first_short", 0) for line in near))


def _record(tables, truth, product, world, trace, plain) -> None:
    key = product.product_id
    tables["products"].append(
        {
            "product_id": key,
            "name": key,
            "list_price": 10.0,
            "lead_time_days": product.lead_days,
            "supplier_id": f"S{product.seed % 9}",
            "reorder_point": trace.reorder_point,
            "safety_stock": None,
        }
    )
    tables["inventory"] += [{"product_id": key, **row} for row in trace.inventory]
    tables["stock_counts"] += [{"product_id": key, "warehouse_id": "W1", **row} for row in trace.counts]
    tables["forecasts"] += [{"product_id": key, **row} for row in trace.forecasts]
    for k, order in enumerate(trace.purchases):
        has_come = order["arrives"] < DAYS
        tables["purchase_orders"].append(
            {
                "po_id": f"{key}-{k}",
                "product_id": key,
                "supplier_id": f"S{product.seed % 9}",
                "quantity": order["quantity"],
                "ordered_at": order["ordered_at"],
                "promised_at": order["promised_at"],
                "received_at": _date(order["arrives"], 7) if has_come else None,
                "received_quantity": order["received_quantity"] if has_come else None,
            }
        )
    demand_offset = 0
    for line in trace.lines:
        order_id = f"{key}-{line['n']}"
        has_left = "left_on" in line
        hour = 18.8 if line["hour"] > 18.4 else line["hour"]
        shipped_at = _date(line["left_on"], min(hour + 0.05, 19) if not world.ship_delay else 15) if has_left else None
        status = "shipped" if has_left else "backordered" if line.get("first_short", 0) else "confirmed"
        tables["orders"].append(
            {
                "order_id": order_id,
                "customer_id": f"C{line['n'] % 37}",
                "ordered_at": _date(line["day"], line["hour"]),
                "status": status,
                "promised_at": _date(line["day"] + 5),
                "shipped_at": shipped_at,
                "updated_at": _date(DAYS),
            }
        )
        tables["order_lines"].append(
            {
                "order_id": order_id,
                "line_no": 1,
                "product_id": key,
                "quantity": line["quantity"],
                "unit_price": 10.0,
                "shipped_quantity": line.get("given") if has_left else None,
                "warehouse_id": "W1",
            }
        )
        short = line.get("first_short", 0)
        if short > 0:
            demand_offset += 1
            was_short = plain.get(line["n"], {}).get("first_short", 0) if plain else short
            is_near = 0 <= line["day"] - product.planted_on + 2 <= WINDOW
            if plain and was_short < short and not is_near:
                continue  # a late echo of the planted cause: neither clearly its nor ordinary
            cause = product.cause if plain and was_short < short else "unknown"
            truth.append(
                {
                    "order_id": order_id,
                    "line_no": 1,
                    "product_id": key,
                    "cause": cause,
                    "variant": product.variant if cause != "unknown" else "none",
                    "short_quantity": short,
                    "day": line["day"],
                }
            )
