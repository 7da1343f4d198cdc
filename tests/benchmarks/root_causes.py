"""How often a planted cause comes out on rank 1, beside the usual ways; how often one is claimed where none is.

``python tests/benchmarks/root_causes.py [SAMPLES] [FIRST_SEED]``: histories of 6,000 orders, 2 % with a finding, and
about 30 findings more in a segment of one, two or three dimensions. A segment is found where rank 1 holds exactly the
orders of the planted one: an account that enters all orders of a channel, and nothing else, can't be told from the
channel. *The very words* counts only the names planted; *in words shown* also those that rank 1 names
beside it as another description of the same orders. The usual ways: each dimension by itself (the value with the
largest excess), and all combinations of up to three by excess alone.
"""

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[2]))

from models.root_causes.cells import Census, count_cells, take_census
from models.root_causes.scan import conditions_of, scan
from tests.models.cause_simulator import as_key, company, inside, pick_segment, plant


def by_excess(census: Census, cells: pd.DataFrame, depth: int) -> dict[str, str]:
    """Return the segment of up to ``depth`` dimensions with most findings beyond its share of all."""
    cells = cells[cells["level"].le(depth)]
    excess = cells["found_count"] - cells["unit_count"] * len(census.money) / census.unit_count
    return conditions_of(census, cells.loc[excess.idxmax()])


def sample(depth: int, seed: int) -> dict[str, object]:
    """Return which ways put the planted segment on rank 1; ``claimed`` alone where nothing is planted."""
    chance = np.random.default_rng(seed)
    units = company(6000, seed)
    segment = pick_segment(units, depth, chance) if depth else None
    findings = plant(units, segment, chance)
    clock = time.perf_counter()
    claims = scan(units, findings)
    seconds = time.perf_counter() - clock
    found: dict[str, object] = {"depth": depth, "seed": seed, "claimed": bool(claims), "seconds": seconds}
    if segment is None:
        return found
    census = take_census(units, findings)
    cells = count_cells(census)
    ranked = sorted(claims, key=lambda one: -one.excess)
    told = ranked[0].conditions if ranked else {}
    shown = ranked[0].same if ranked else ()
    planted = inside(units, segment)

    def is_found(conditions: dict[str, str]) -> bool:
        return bool(conditions) and bool((inside(units, conditions) == planted).all())

    return {
        **found,
        "segments": is_found(told),
        "the very words": as_key(told) == as_key(segment),
        "in words shown": any(as_key(words) == as_key(segment) for words in (told, *shown)),
        "one dimension at a time": is_found(by_excess(census, cells, 1)),
        "all combinations by impact": is_found(by_excess(census, cells, 3)),
    }


def main(samples: int = 40, first: int = 801) -> pd.DataFrame:
    """Print the shares over unseen seeds."""
    rows = [sample(depth, first + 1000 * depth + place) for depth in (1, 2, 3, 0) for place in range(samples)]
    table = pd.DataFrame(rows).drop(columns="seed").groupby("depth").mean().round(3)
    sys.stdout.write(f"{table.to_string()}\n")
    return table


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
