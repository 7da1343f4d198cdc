"""How customers behave: when and how they order, how much, and how they pay."""

import numpy as np
import pandas as pd

from data.sample.timeline import DAYS, Ints
from data.sample.world import EDI, EMAIL, MARKETPLACE, OPERATORS, PHONE, WEB

SEGMENTS = ("restaurant", "retail", "office", "contractor", "distributor", "chain", "online")
SEGMENT_SHARES = (0.27, 0.24, 0.17, 0.12, 0.12, 0.04, 0.04)
RESTAURANT, RETAIL, OFFICE, CONTRACTOR, DISTRIBUTOR, CHAIN, ONLINE = range(7)
TERMS = np.array([0, 14, 30, 45, 60])
MARKETPLACES = 2  # the first customers are marketplaces, through which strangers order


def make_habits(rng: np.random.Generator, segment: Ints) -> pd.DataFrame:
    """Return one row of habits per customer."""
    count = len(segment)
    parts = (_rhythm, _manner, _appetite, _money)
    habits = pd.concat([part(rng, count, segment) for part in parts], axis=1)
    markets = np.arange(count) < MARKETPLACES
    habits["is_marketplace"] = markets
    for column in ("channel", "second_channel"):
        habits[column] = np.where(markets, MARKETPLACE, habits[column])
    habits["moves_channel_on"] = np.where(markets | habits["is_night"], -1, habits["moves_channel_on"])
    return habits


def _rhythm(rng: np.random.Generator, count: int, segment: Ints) -> pd.DataFrame:
    """Return how often customers order, and from when to when."""
    is_new = rng.random(count) < 0.14
    begin = np.where(is_new, rng.integers(20, DAYS - 40, count), 0)
    end = np.where(rng.random(count) < 0.06, rng.integers(200, DAYS, count), DAYS)
    return pd.DataFrame(
        {
            "rate": np.exp(rng.normal(0, 0.8, count)) * np.where(is_new, 0.8, 1.0),
            "weekday": np.where(rng.random(count) < 0.3, rng.integers(0, 5, count), -1),
            "from_day": begin,
            "to_day": np.minimum(np.maximum(end, begin + 60), DAYS),
            "is_new": is_new,
            "repeats": np.where(rng.random(count) < 0.15, 0.5, 0.0),
            "standing_days": np.where(rng.random(count) < 0.12, rng.choice([7, 7, 14, 28], count), 0),
            "is_chain": segment == CHAIN,
            "has_sites": (segment == CONTRACTOR) & (rng.random(count) < 0.6),
        }
    )


def _manner(rng: np.random.Generator, count: int, segment: Ints) -> pd.DataFrame:
    """Return by which channel, at what hour and under which numbers they order."""
    channel = rng.choice([WEB, PHONE, EDI, EMAIL], count, p=[0.42, 0.18, 0.16, 0.24])
    channel = np.where(np.isin(segment, [DISTRIBUTOR, CHAIN]) & (rng.random(count) < 0.6), EDI, channel)
    by_web = channel == WEB
    hour = np.where(by_web, rng.normal(13, 3.0, count), rng.normal(11.5, 2.0, count)).clip(8, 18)
    is_night = by_web & (rng.random(count) < 0.07)
    return pd.DataFrame(
        {
            "channel": channel,
            "second_channel": rng.choice([WEB, PHONE, EMAIL], count),
            "second_share": np.where(channel == EDI, 0.03, rng.beta(1.2, 14, count)),
            "moves_channel_on": np.where(rng.random(count) < 0.05, rng.integers(60, DAYS - 60, count), -1),
            "new_channel": np.where(by_web, EDI, WEB),
            "hour": np.where(is_night, rng.choice([22.3, 23.2, 24.4, 25.6], count), hour),
            "hour_spread": np.where(by_web, 1.8, 1.2) * rng.uniform(0.5, 1.0, count),
            "is_night": is_night,
            "operator": rng.integers(0, len(OPERATORS), count),
            "po_style": rng.choice(["none", "sequence", "blanket", "date"], count, p=[0.33, 0.47, 0.08, 0.12]),
            "po_base": rng.integers(10_000, 9_000_000, count),
            "gives_phone": rng.random(count) > 0.08,
        }
    )


def _appetite(rng: np.random.Generator, count: int, segment: Ints) -> pd.DataFrame:
    """Return how much they take, how steadily, and whether they wait for what is not there."""
    return pd.DataFrame(
        {
            "size": np.exp(rng.normal(0, 0.45, count)) * np.where(segment == DISTRIBUTOR, 2.0, 1.0),
            "spread": rng.choice([0.0, 0.1, 0.2, 0.3], count, p=[0.3, 0.25, 0.25, 0.2]),
            "line_rate": rng.gamma(3.0, 0.7, count),
            "backorders": rng.random(count) < 0.4,
        }
    )


def _money(rng: np.random.Generator, count: int, segment: Ints) -> pd.DataFrame:
    """Return what they agreed on, and when and how they really pay: most in time, some always late by as many days."""
    terms = np.where(segment == ONLINE, 0, rng.choice(TERMS, count, p=[0.06, 0.22, 0.46, 0.18, 0.08]))
    style = rng.choice(["full", "instalments", "skonto", "fees"], count, p=[0.84, 0.06, 0.06, 0.04])
    sort = rng.choice(4, count, p=[0.66, 0.17, 0.11, 0.06])
    low, high = np.array([-5.0, 1.0, 6.0, 15.0])[sort], np.array([1.0, 5.0, 14.0, 35.0])[sort]
    return pd.DataFrame(
        {
            "agreed_discount": np.where(rng.random(count) < 0.08, rng.choice([0.03, 0.05, 0.07], count), 0.0),
            "has_contract": rng.random(count) < 0.25,
            "currency": "USD",
            "terms": terms,
            "late_days": rng.uniform(low, high),
            "late_spread": rng.uniform(0.6, 2.5, count),
            "pay_style": np.where(terms == 0, "full", style),
        }
    )
