"""Rows of frames in a form that types can follow."""

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from data.sample.timeline import Ints


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as dictionaries by column name."""
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def counted(words: list[str]) -> list[tuple[str, int]]:
    """Return how often each word occurs, the most frequent first."""
    counts: pd.Series[int] = pd.Series(words).value_counts()
    names: list[Hashable] = counts.index.tolist()
    return [(str(name), int(count)) for name, count in zip(names, counts.tolist(), strict=True)]


def whole(values: "pd.Series[Any]") -> Ints:
    """Return a column as whole numbers."""
    numbers: Ints = values.to_numpy(np.int64)
    return numbers
