"""Who entered an order and under which purchase order number of the customer."""

import numpy as np
import pandas as pd

from data.sample.timeline import DAY, START
from data.sample.world import EDI, MARKETPLACE, OPERATORS, WEB, World


def add_references(world: World) -> None:
    """Fill in ``entered_by`` and ``customer_po`` of every order."""
    rng = world.rng("references")
    orders, habits = world.orders, world.clientele.habits
    picked = habits.iloc[orders["customer"].to_numpy(np.int64)].reset_index(drop=True)
    operator = picked["operator"].to_numpy(np.int64)
    stand_in = rng.random(len(orders)) < 0.12
    operator = np.where(stand_in, rng.integers(0, len(OPERATORS), len(orders)), operator)
    names = np.array(OPERATORS, dtype=object)[operator]
    channel = orders["channel"].to_numpy(np.int64)
    machine = {WEB: "web-shop", EDI: "edi-gateway", MARKETPLACE: "marketplace-connector"}
    for code, name in machine.items():
        names = np.where(channel == code, name, names)
    orders["entered_by"] = names
    orders["customer_po"] = _purchase_orders(rng, orders, picked)


def _purchase_orders(rng: np.random.Generator, orders: pd.DataFrame, picked: pd.DataFrame) -> "np.ndarray":
    """Return the customer's own numbers: a sequence of theirs, one blanket number, the date, or none."""
    style = picked["po_style"].where(~picked["is_marketplace"], "none").to_numpy()
    style = np.where((orders["origin"] == "branch").to_numpy(), "sequence", style)
    step = np.where(orders["origin"] == "branch", 1, rng.integers(1, 18, len(orders)))
    running = pd.Series(step).groupby(orders["customer"].to_numpy()).cumsum().to_numpy()
    base = picked["po_base"].to_numpy(np.int64)
    day = orders["at"].to_numpy(np.int64) // DAY
    dates = pd.to_datetime(START) + pd.to_timedelta(np.arange(day.max() + 1), unit="D")
    stamps = np.array(dates.strftime("%y%m%d"), dtype=object)[day]
    out = np.full(len(orders), None, dtype=object)
    for place in np.flatnonzero(style != "none"):
        if style[place] == "sequence":
            out[place] = f"PO-{base[place] + running[place]:08d}"
        elif style[place] == "blanket":
            out[place] = f"BPO-{base[place] % 100_000:05d}-{1 + day[place] // 200}"
        else:
            out[place] = f"{stamps[place]}/{base[place] % 100:02d}"
    return out
