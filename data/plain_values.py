"""Values as databases and JSON take them, whatever frame they come from."""

import math
from typing import Any

import pandas as pd


def plain_value(value: Any) -> Any:
    """Return a value without pandas' and numpy's own types; what is missing is None."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and math.isnan(value) else value
