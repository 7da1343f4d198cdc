"""What the computers did: maintenance, deployments, price list changes; most of it without any effect on orders."""

import numpy as np
import pandas as pd

from data.sample.timeline import DAY, DAYS, START, first_of_year_day, moment
from data.sample.world import World

COLUMNS = ["at", "ended", "system", "kind", "detail"]


def quiet_events(world: World) -> pd.DataFrame:
    """Return the events that did no harm: ``at, ended`` in seconds, ``system, kind, detail``."""
    rng = world.rng("system log")
    rows: list[tuple[float, float, str, str, str]] = []
    for day in range(3, DAYS, 28):
        saturday = day + (5 - day - START.weekday()) % 7
        at = saturday * DAY + 22 * 3600
        rows.append((at, at + 3 * 3600, "erp", "maintenance", "Monthly maintenance, announced"))
    for day in rng.choice(np.arange(10, DAYS - 5), 14, replace=False):
        at = int(day) * DAY + int(rng.uniform(11, 15) * 3600)
        system = ("web-shop", "edi-gateway", "erp")[rng.integers(3)]
        rows.append(
            (
                at,
                at + int(rng.integers(300, 2400)),
                system,
                "deployment",
                f"Release {rng.integers(3, 9)}.{rng.integers(0, 40)}",
            )
        )
    for day in rng.choice(np.arange(10, DAYS - 5), 3, replace=False):
        at = int(day) * DAY + int(rng.uniform(1, 4) * 3600)
        rows.append((at, at + 1800, "web-shop", "outage", "Database restart at night, no orders affected"))
    lists = (day * DAY for day in first_of_year_day())
    rows.extend((at, np.nan, "erp", "price_list_change", "New price list in force") for at in lists)
    return pd.DataFrame(rows, columns=COLUMNS)


def write_system_events(world: World, harmful: list[tuple[float, float, str, str, str]]) -> None:
    """Write the canonical system events: the harmless and the announced harmful ones."""
    frame = quiet_events(world)
    if harmful:
        frame = pd.concat([frame, pd.DataFrame(harmful, columns=COLUMNS)], ignore_index=True)
    frame = frame.sort_values("at", kind="stable", ignore_index=True)
    frame = frame[frame["at"] < DAYS * DAY - 6 * 3600]
    world.tables["system_events"] = pd.DataFrame(
        {
            "at": moment(frame["at"].to_numpy(float)),
            "system": frame["system"],
            "kind": frame["kind"],
            "ended_at": moment(frame["ended"].to_numpy(float)),
            "detail": frame["detail"],
        }
    )
