"""What is in each order: lines drawn from the customer's repertoire, or the basket it always takes."""

import numpy as np
import pandas as pd

from data.sample.tastes import nice
from data.sample.timeline import DAY, Floats, Ints
from data.sample.world import Clientele, World

REST_DAYS = 4  # nobody needs the same basket again before


def make_lines(world: World) -> pd.DataFrame:
    """Return one row per line: ``uid, line_no, product, slot, quantity``."""
    rng = world.rng("baskets")
    orders, clientele = world.orders, world.clientele
    plain = orders[orders["origin"] == "plain"]
    drawn = draw_lines(rng, clientele, plain)
    drawn = _repeat_baskets(rng, clientele, plain, drawn)
    fixed = _fixed_baskets(rng, clientele, orders[orders["origin"].isin(["standing", "branch"])])
    lines = pd.concat([drawn, fixed], ignore_index=True)
    return numbered(lines)


def numbered(lines: pd.DataFrame) -> pd.DataFrame:
    """Return lines in the order of their orders, numbered from 1 within each."""
    lines = lines.sort_values("uid", kind="stable", ignore_index=True)
    lines["line_no"] = lines.groupby("uid").cumcount() + 1
    return lines


def draw_lines(rng: np.random.Generator, clientele: Clientele, orders: pd.DataFrame) -> pd.DataFrame:
    """Return lines for orders with no fixed basket."""
    habits = clientele.habits
    customer = orders["customer"].to_numpy(np.int64)
    shopper = habits["is_marketplace"].to_numpy(bool)[customer]
    rate = np.where(shopper, 0.4, habits["line_rate"].to_numpy(float)[customer])
    count = np.minimum(1 + rng.poisson(rate), 9)
    place = np.repeat(np.arange(len(orders)), count)
    buyer = customer[place]
    slot = (rng.random(len(place))[:, None] > clientele.weight[buyer]).sum(axis=1)
    slot = np.minimum(slot, clientele.repertoire.shape[1] - 1)
    strange = (rng.random(len(place)) < 0.03) | shopper[place]
    slot = np.where(strange, -1, slot)
    product = np.where(
        strange, rng.integers(0, clientele.repertoire.max() + 1, len(place)), clientele.repertoire[buyer, slot]
    )
    familiar = clientele.repertoire[buyer] == product[:, None]
    strange &= ~familiar.any(axis=1) | shopper[place]
    slot = np.where(strange, -1, familiar.argmax(axis=1))
    usual = clientele.usual[buyer, slot]
    frame = pd.DataFrame({"uid": orders["uid"].to_numpy()[place], "product": product, "slot": slot, "quantity": 0.0})
    spread = habits["spread"].to_numpy(float)[buyer]
    frame["quantity"] = varied(rng, usual, spread)
    small = np.ceil(rng.exponential(1.0, len(place)) + 0.2)
    frame["quantity"] = np.where(shopper[place], np.minimum(small, 4), frame["quantity"])
    first_try = strange & ~shopper[place]
    frame.loc[first_try, "quantity"] = nice(
        np.maximum(usual[first_try] * rng.uniform(0.3, 0.8, int(first_try.sum())), 1)
    )
    return frame.drop_duplicates(["uid", "product"], ignore_index=True)


def varied(rng: np.random.Generator, usual: Floats, spread: Floats) -> Floats:
    """Return quantities around the usual; a spread of 0 means always exactly the usual."""
    factor = np.exp(spread * rng.normal(0, 1, len(usual)).clip(-2.2, 2.2))
    return np.where(spread == 0, usual, nice(usual * factor))


def _repeat_baskets(
    rng: np.random.Generator, clientele: Clientele, plain: pd.DataFrame, lines: pd.DataFrame
) -> pd.DataFrame:
    """Let customers who tend to it order their last basket again."""
    chance = clientele.habits["repeats"].to_numpy(float)[plain["customer"].to_numpy(np.int64)]
    at = plain["at"].sort_values(kind="stable")
    gap = at.groupby(plain["customer"]).diff().reindex(plain.index)
    again = (rng.random(len(plain)) < chance) & (gap >= REST_DAYS * DAY).to_numpy()
    source = plain["uid"].astype(float).mask(again).groupby(plain["customer"]).ffill()
    repeated = again & source.notna().to_numpy()
    pairs = pd.DataFrame({"uid": plain["uid"], "source": source}).loc[repeated]
    kept: pd.DataFrame = lines[~lines["uid"].isin(pairs["uid"])]
    copied = pairs.merge(lines.rename(columns={"uid": "source"}), on="source")
    both: pd.DataFrame = pd.concat([kept, copied.reindex(columns=kept.columns)], ignore_index=True)
    return both


def _fixed_baskets(rng: np.random.Generator, clientele: Clientele, orders: pd.DataFrame) -> pd.DataFrame:
    """Return lines of standing orders (one basket per customer) and of rounds (one basket per round)."""
    key = orders["group"].where(orders["origin"] == "branch", -1 - orders["customer"])
    baskets = pd.DataFrame({"key": key, "customer": orders["customer"]}).drop_duplicates("key", ignore_index=True)
    count = rng.integers(2, 6, len(baskets))
    slots: Ints = np.argsort(rng.random((len(baskets), 6)), axis=1)
    place, rank = np.nonzero(np.arange(6)[None, :] < count[:, None])
    slot = slots[place, rank]
    buyer = baskets["customer"].to_numpy(np.int64)[place]
    content = pd.DataFrame(
        {
            "key": baskets["key"].to_numpy()[place],
            "product": clientele.repertoire[buyer, slot],
            "slot": slot,
            "quantity": clientele.usual[buyer, slot],
        }
    )
    return pd.DataFrame({"uid": orders["uid"], "key": key}).merge(content, on="key").drop(columns="key")
