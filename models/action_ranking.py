"""Which corrective action to try first: the standard ones, corrected by how they ended in similar closed cases."""

import pandas as pd

WORTH = {"worked": 1.0, "partly": 0.5, "failed": 0.0}
STANDARD_SHARE, OTHER_SHARE = 0.6, 0.4
"""How often a standard action and any other one is taken to work before anything was tried."""
PRIOR_CASES = 3.0
SAME_CAUSE, OTHER_CAUSE = 1.0, 0.4
"""How much a closed case of the same cause, and of another one, counts."""

COLUMNS = ["action", "is_standard", "case_count", "worked_share", "expected_share"]


def rank_actions(experience: pd.DataFrame, cause: str | None, standard: list[str]) -> pd.DataFrame:
    """Rank the actions for a case.

    Parameters
    ----------
    experience : pandas.DataFrame
        One row per finished action in closed cases of the same kind: ``action, cause, outcome, reopened_count``.
        An action does not count as having worked where the case came back.
    cause : str or None
        The case's cause.
    standard : list of str
        The actions that are standard for this kind and cause, the first one first.

    Returns
    -------
    pandas.DataFrame
        ``action, is_standard, case_count`` (closed cases where it was tried), ``worked_share`` (0..1, nan if it never
        was) and ``expected_share`` (0..1, shrunk towards what is usual), the best first.
    """
    tried = experience.assign(
        weight=[SAME_CAUSE if tried_for == cause else OTHER_CAUSE for tried_for in experience["cause"]],
        worth=experience["outcome"].map(WORTH).astype(float).where(experience["reopened_count"].eq(0), 0.0),
    )
    tried["product"] = tried["weight"] * tried["worth"]
    sums = tried.groupby("action").agg(
        case_count=("worth", "size"), worked_share=("worth", "mean"), weight=("weight", "sum"), good=("product", "sum")
    )
    names = list(dict.fromkeys([*standard, *sums.index]))
    ranked = sums.reindex(names).fillna({"case_count": 0, "weight": 0.0, "good": 0.0})
    ranked["is_standard"] = [name in standard for name in names]
    prior = ranked["is_standard"].map({True: STANDARD_SHARE, False: OTHER_SHARE}).astype(float)
    ranked["expected_share"] = (ranked["good"] + PRIOR_CASES * prior) / (ranked["weight"] + PRIOR_CASES)
    ranked = ranked.sort_values("expected_share", ascending=False, kind="stable").astype({"case_count": int})
    return ranked.rename_axis("action").reset_index()[COLUMNS]
