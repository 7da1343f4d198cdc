"""The sentences of shortage findings: how a line is short, why, and what would have prevented it."""

HEADS = {
    "shipped_short": "Shipped {shipped:,.0f} of {quantity:,.0f}",
    "backordered": "On backorder, {short:,.0f} of {quantity:,.0f} missing",
    "cannot_promise": "Ordered {quantity:,.0f} when {free:,.0f} were free and {expected:,.0f} expected in time",
    "waited": "Waited for stock: {short:,.0f} of {quantity:,.0f} were not there",
}

STORIES = {
    "under_forecast": "demand of {demand:,.0f} in {protection_days:.0f} days ran over a forecast of {forecast:,.0f}",
    "demand_spike": "outsized demand took {outsized:,.0f} beyond the usual",
    "late_supplier": "{late:,.0f} promised by suppliers had not come",
    "stock_record_error": "the book showed {record_error:,.0f} that were not on the shelf",
    "reorder_policy": "{position:,.0f} in stock and on order {protection_days:.0f} days before, where {required:,.0f} were needed",
    "allocation": "{within_reach:,.0f} were in stock but went elsewhere",
    "unknown": "no single cause stands out",
}

REMEDIES = {
    "under_forecast": "With a forecast that met demand",
    "demand_spike": "Without the outsized demand",
    "late_supplier": "With the supplier on time",
    "stock_record_error": "With a correct stock record",
    "reorder_policy": "With enough ordered in time",
    "allocation": "With that stock",
}

SAVED = "{but_for:,.0f} of the {short:,.0f} would not have been short"

JOINTLY = "_jointly"
"""Ending of a variant whose main cause alone, had it been absent, would have saved nothing."""


def reasons() -> dict[str, str]:
    """Return the sentence of every variant: a way of being short, an underscore, and a cause."""
    told = {}
    for way, head in HEADS.items():
        for cause, why in STORIES.items():
            told[f"{way}_{cause}{JOINTLY}"] = f"{head}: {why}."
            told[f"{way}_{cause}"] = (
                f"{head}: {why}. {REMEDIES[cause]}, {SAVED}." if cause in REMEDIES else f"{head}: {why}."
            )
    return told
