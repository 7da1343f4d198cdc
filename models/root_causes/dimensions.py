"""The dimensions that causes are looked for in."""

from itertools import combinations

COMBINED = ("channel", "operator", "segment", "region", "category", "supplier", "warehouse", "weekday", "hours")
"""Combined with one another, up to `DEPTH` at a time."""

SINGLE = ("customer", "product")
"""So many values that they are looked at one by one only."""

DIMENSIONS = (*COMBINED, *SINGLE)

PREFERRED = (*SINGLE, *COMBINED)
"""Of descriptions that hold the very same orders the one whose dimensions come first here is told: who ordered what
before where they live and who supplies it, the channel before the account that enters its orders."""

DEPTH = 3

MAX_VALUES = 60
"""Of a combined dimension only the values with most orders are looked at, chosen without a look at the findings."""


def combined(depth: int = DEPTH) -> list[tuple[str, ...]]:
    """Return every set of dimensions that segments are formed of, the smallest first."""
    sets: list[tuple[str, ...]] = [(name,) for name in DIMENSIONS]
    for size in range(2, depth + 1):
        sets += combinations(COMBINED, size)
    return sets


def family(names: tuple[str, ...]) -> str:
    """Return which family of looks a set of dimensions belongs to; each gets the same part of the error."""
    return names[0] if names[0] in SINGLE else str(len(names))


FAMILIES = DEPTH + len(SINGLE)
