"""What changed between two periods: how much of a change of the rate is another mix, how much another rate.

The overall rate is ``R = sum(share_i * rate_i)``. Between two periods it changes by

    sum(mean share_i * change of rate_i)  +  sum((mean rate_i - mean R) * change of share_i)

exactly: the first is what the values did (*rate*), the second what their weights did (*mix*), each against the mean of
both periods, so that none of them depends on which period is taken first.
"""

import numpy as np
import pandas as pd

PER = 1000
"""Rates are per this many orders."""


def contributions(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return how much each value of a dimension adds to the change of the overall rate.

    Parameters
    ----------
    before, after : pandas.DataFrame
        Columns ``value, unit_count, found_count``: each value once.

    Returns
    -------
    pandas.DataFrame
        Index ``value``; columns ``units_before, units_after, found_before, found_after, rate_before, rate_after,
        rate_effect, mix_effect, effect`` and ``spread``, the standard error of ``rate_effect`` by Poisson counts; rates
        and effects per `PER` units, the effects adding up to the change of the overall rate; the largest effect first.
    """
    both = before.set_index("value").join(after.set_index("value"), how="outer", lsuffix="_before", rsuffix="_after")
    both = both.fillna(0).astype("float64")
    units_before, units_after = both["unit_count_before"], both["unit_count_after"]
    found_before, found_after = both["found_count_before"], both["found_count_after"]
    share_before, share_after = _shares(units_before), _shares(units_after)
    rate_before = _rates(found_before, units_before, found_after, units_after)
    rate_after = _rates(found_after, units_after, found_before, units_before)
    overall = (share_before * rate_before).sum() / 2 + (share_after * rate_after).sum() / 2
    share = (share_before + share_after) / 2
    rate_effect = share * (rate_after - rate_before)
    mix_effect = ((rate_before + rate_after) / 2 - overall) * (share_after - share_before)
    variance = found_before / units_before.clip(lower=1) ** 2 + found_after / units_after.clip(lower=1) ** 2
    table = pd.DataFrame(
        {
            "units_before": units_before,
            "units_after": units_after,
            "found_before": found_before,
            "found_after": found_after,
            "rate_before": rate_before,
            "rate_after": rate_after,
            "rate_effect": rate_effect,
            "mix_effect": mix_effect,
            "effect": rate_effect + mix_effect,
            "spread": share * np.sqrt(variance) * PER,
        }
    )
    return table.sort_values("effect", key=abs, ascending=False)


def _shares(units: pd.Series) -> pd.Series:
    total = units.sum()
    return units / total if total else units * 0.0


def _rates(found: pd.Series, units: pd.Series, other_found: pd.Series, other_units: pd.Series) -> pd.Series:
    """Return rates per `PER`; a value without orders in one period is taken at its rate in the other: it is all mix."""
    other = (other_found / other_units.where(other_units.gt(0))).fillna(0)
    return (found / units.where(units.gt(0))).fillna(other) * PER


def overall(table: pd.DataFrame) -> tuple[float, float]:
    """Return the overall rate before and after, per `PER` units."""
    before, after = table["units_before"].sum(), table["units_after"].sum()
    return (
        float(table["found_before"].sum() / before * PER) if before else 0.0,
        float(table["found_after"].sum() / after * PER) if after else 0.0,
    )
