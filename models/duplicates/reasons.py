"""Why two orders are taken for one: the sort of repeat, its cause, its sentence, and what each comparison says."""

import json

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.duplicates.levels import COMPARISONS

SAME_LINES = ": {equal_lines} of {lines} lines are the same."

WORDS = {
    name: text + SAME_LINES
    for name, text in {
        "double_submit": "Repeats order {duplicate_of} of {first_on}, {minutes:,.0f} minutes later",
        "other_channel": "Repeats order {duplicate_of} of {first_on}, {gap} later, by {channel} "
        "instead of {first_channel}",
        "same_reference": "Repeats order {duplicate_of} of {first_on}, {gap} later, with the same "
        "reference {reference}",
        "machine_resend": "Repeats order {duplicate_of} of {first_on}, again by {channel} {gap} later",
        "second_customer": "Repeats order {duplicate_of} of {first_on}, {gap} later, under customer "
        "{customer_id} instead of {first_customer}",
        "edited": "Repeats most of order {duplicate_of} of {first_on}, {gap} later",
        "late_repeat": "Repeats order {duplicate_of} of {first_on}, {days:,.0f} days later",
        "repeat": "Repeats order {duplicate_of} of {first_on}, {gap} later",
    }.items()
}
"""The first sentence for each sort of repeat."""

OFF_RHYTHM = " This customer usually orders these products every {usual_days:,.1f} days."
OFF_RHYTHM_NAME = "_off_rhythm"

REASONS = {
    **WORDS,
    **{f"{name}{OFF_RHYTHM_NAME}": text + OFF_RHYTHM for name, text in WORDS.items()},
}
"""The sentence for each variant of a finding: with the usual gap where one is known."""

COUNTERFACTUALS = dict.fromkeys(WORDS, "With other products or quantities it would not be flagged.") | {
    f"{name}{OFF_RHYTHM_NAME}": "With other products or quantities, or about {usual_days:,.1f} days after the order "
    "before, as is usual, it would not be flagged."
    for name in WORDS
}
"""What would have let each variant pass."""

LEAST_BITS = 0.05


def variants(pairs: pd.DataFrame) -> pd.Series:
    """Return the sort of repeat of each pair by rules that anyone can check: the first that fits."""
    same_reference = pairs["po"].isin([2, 3, 6]) | (pairs["number"] > 0)
    rules = [
        ("second_customer", pairs["customer"] > 0),
        ("edited", pairs["items"] > 3),
        ("other_channel", pairs["channel"] == 1),
        ("double_submit", pairs["gap"] <= 1),
        ("machine_resend", (pairs["channel"] == 2) | (pairs["batch"] == 2)),
        ("same_reference", same_reference),
        ("late_repeat", pairs["gap"].between(6, 11)),
    ]
    found = np.select([rule for _, rule in rules], [name for name, _ in rules], "repeat")
    return pd.Series(found, index=pairs.index)


def causes(pairs: pd.DataFrame) -> pd.Series:
    """Return how the repeat came about, as far as channels and hands tell."""
    by_hand = (pairs["channel"] == 4) & (pairs["operator"] == 2)
    was_retyped = (pairs["ship"] == 2) | (pairs["receiver"] == 2) | (pairs["po"] == 9)
    found = np.select(
        [pairs["channel"] == 1, pairs["channel"] == 2, by_hand & was_retyped],
        ["cross_channel", "edi_resend", "data_entry"],
        "resubmission",
    )
    return pd.Series(found, index=pairs.index)


def reason_texts(pairs: pd.DataFrame, bits: pd.DataFrame) -> list[str]:
    """Return for each pair a JSON list of what each comparison says, the weightiest first.

    Parameters
    ----------
    pairs : pandas.DataFrame
        The levels.
    bits : pandas.DataFrame
        As from `models.duplicates.probability.match_weights`.

    Returns
    -------
    list of str
        Entries ``name``, ``level`` in words, ``weight`` in bits (above 0 for a duplicate, below against), adding up
        to the pair's log2-odds with the entry ``prior``; what says next to nothing is summed up as ``rest``.
    """
    names = list(COMPARISONS)
    levels, values = pairs[names].to_numpy(), bits[names].to_numpy().round(2)
    is_shown = np.abs(values) >= LEAST_BITS
    rest = np.where(is_shown, 0.0, values).sum(axis=1).round(2)
    said = np.column_stack([_entries(name, levels[:, place], values[:, place]) for place, name in enumerate(names)])
    ordered = np.take_along_axis(said, np.argsort(-np.abs(values), axis=1, kind="stable"), axis=1)
    none = np.zeros(len(pairs), int)
    last = np.column_stack([_entries("rest", none, rest), _entries("prior", none, bits["prior"].to_numpy().round(2))])
    texts = zip(ordered.tolist(), is_shown.sum(axis=1).tolist(), last.tolist(), strict=True)
    return [f"[{', '.join(entries[:shown] + ends)}]" for entries, shown, ends in texts]


def _entries(name: str, levels: npt.NDArray[np.int_], weights: npt.NDArray[np.float64]) -> npt.NDArray[np.object_]:
    """Return the entry of each pair in one comparison; there are few, so each is written once."""
    few, place = np.unique(levels + 1j * weights, return_inverse=True)
    words = COMPARISONS.get(name, [""])
    texts = [
        json.dumps({"name": name, "level": words[int(each.real)], "weight": float(each.imag)}, ensure_ascii=False)
        for each in few
    ]
    return np.array(texts, object)[place]
