"""Orders unlike their customer's earlier ones in several ways at once, each of them normal alone."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.detectors import DETECTORS
from models.findings import Context, Finder, Prior
from models.forest import FeedbackForest, TailScore, ablation

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

WAYS = {
    "time": ("hour_surprise",),
    "channel": ("channel_surprise", "operator_surprise"),
    "place": ("place_surprise", "area_surprise"),
    "products": ("unfamiliarity",),
    "value": ("value_surprise",),
}
"""The ways in which an order can be unlike others; what goes together by nature counts once."""

MEASURED = f"""
select order_id, is_planned_ahead, {", ".join(column for columns in WAYS.values() for column in columns)}
from order_profiles
order by order_id
"""
"""What judging needs of all orders; what the few found tell besides is read for them alone."""

LEAST_TAILS = 5.2
"""An order is told when chance alone brings its ways together in about one of 100,000 or fewer."""

MOST_LEARNED = 2.2
"""Where labels had to add more powers of ten than this, an order is not looked at: one in 25 is left, quickly done."""

PLANNED_AHEAD = 1.5
"""Powers of ten taken off an order wanted much later than usual, as projects are, and what thieves order is not."""

LEARNED_WEIGHT = 1.0
"""How many powers of ten one learned unit of log-odds counts."""

EMPTY: dict[str, Any] = {"tails": 0.0, "points": 0.0, "shares": "{}", "ways_to_pass": ""}
"""What judging adds to an order's profile."""

TOLD_OTHERWISE = """
select order_id, kind in ('duplicate_order', 'system_fault') as is_explained
from raw_findings
where kind in ('system_fault', 'quantity_outlier', 'price_error') or (kind = 'duplicate_order' and anomaly_score > 0)
"""
"""Log-odds above zero make a repeated order more likely than not."""


def tail_scores(profiles: pd.DataFrame) -> FloatArray:
    """Return for each order and way how rare it is, shape (n_orders, n_ways): 2 = one order in a hundred.

    What is more usual than for most orders is rare, too, and no surprise: it counts 0.
    """
    columns = [name for names in WAYS.values() for name in names]
    values = profiles[columns].fillna(0)
    tails = pd.DataFrame(np.maximum(TailScore().fit(values).transform(values), 0), columns=columns)
    tails = tails.where(values.to_numpy() > values.median().to_numpy(), 0.0)
    return np.column_stack([tails[list(names)].max(axis=1) for names in WAYS.values()])


def _told_otherwise(context: Context, profiles: pd.DataFrame, ways: FloatArray) -> FloatArray:
    """Take out what a check says already: a repeated order altogether, the value where quantity or price explain it."""
    told = context.connection.execute(TOLD_OTHERWISE).df()
    explained = set(told.loc[told["is_explained"], "order_id"])
    dear = profiles["order_id"].isin(set(told["order_id"]) - explained).to_numpy()
    rest = np.where(profiles["order_id"].isin(explained).to_numpy()[:, None], 0.0, ways)
    rest[dear, list(WAYS).index("value")] = 0.0
    return rest


def _learned(
    forest: FeedbackForest, profiles: pd.DataFrame, ways: FloatArray, labels: pd.DataFrame, is_near: BoolArray
) -> FloatArray:
    """Return the log-odds that labels add to each order that is near to being told, shape (n_near,)."""
    verdicts = labels[labels["kind"].eq("unusual_order")] if len(labels) else labels
    position = pd.Series(np.arange(len(profiles)), index=profiles["order_id"])
    known = verdicts[verdicts["order_id"].isin(position.index)] if len(verdicts) else verdicts
    if not len(known):
        return np.zeros(is_near.sum())
    before = forest.anomaly_score(ways[is_near])
    forest.learn(ways[position[known["order_id"]]], known["label"].eq("confirmed"))
    gained: FloatArray = forest.anomaly_score(ways[is_near]) - before
    return gained


def find(context: Context) -> str:
    """Score every order that has a history, and write those that stand out to ``unusual_order``."""
    profiles = context.connection.execute(MEASURED).df()
    found = _judge(context, profiles) if len(profiles) > 1 else profiles.assign(**EMPTY)[:0]
    context.connection.register("unusual_scored", found)
    context.connection.execute("drop table if exists unusual_order")
    context.connection.execute(f"create temp table unusual_order as {FOUND}")
    context.connection.unregister("unusual_scored")
    return "unusual_order"


def _judge(context: Context, profiles: pd.DataFrame) -> pd.DataFrame:
    ways = _told_otherwise(context, profiles, tail_scores(profiles))
    tails = ways.sum(axis=1)
    is_near = tails >= LEAST_TAILS - MOST_LEARNED
    near: pd.DataFrame = profiles[is_near].assign(**EMPTY | {"tails": tails[is_near]})
    if near.empty:
        return near
    forest = FeedbackForest(random_state=0).fit(ways)
    learned = _learned(forest, profiles, ways, context.labels, is_near)
    points = near["tails"] + LEARNED_WEIGHT * learned - PLANNED_AHEAD * near["is_planned_ahead"].to_numpy(float)
    chosen = points.ge(LEAST_TAILS).to_numpy()
    found: pd.DataFrame = near[chosen].assign(points=points[chosen])
    if len(found):
        falls = ablation(forest, ways[is_near][chosen], np.zeros(ways.shape[1]))
        found["shares"] = pd.Series([_shares(row) for row in falls], found.index, dtype=object)
        found["ways_to_pass"] = ways_to_pass(ways[is_near][chosen], found["points"].to_numpy(float))
    return found


def ways_to_pass(ways: FloatArray, points: FloatArray) -> list[str]:
    """Return the fewest ways, the strongest first, that as usual would have let each order pass: ``time, place``."""
    order = np.argsort(-ways, axis=1)
    left = points[:, None] - np.cumsum(np.take_along_axis(ways, order, axis=1), axis=1)
    counts = np.minimum((left >= LEAST_TAILS).sum(axis=1) + 1, ways.shape[1])
    names = np.array(list(WAYS))
    return [", ".join(names[row[:count]]) for row, count in zip(order, counts, strict=True)]


def _shares(falls: FloatArray) -> dict[str, Any]:
    """Return how much of the anomaly score each way carries."""
    positive = np.maximum(falls, 0)
    return dict(zip(WAYS, (positive / max(positive.sum(), 1e-9)).round(3).tolist(), strict=True))


FOUND = """
select
    order_id,
    'combination' as variant,
    points as anomaly_score,
    order_value as impact,
    'unknown' as cause,
    {
        'earlier_count': earlier_count,
        'ordered_time': strftime(ordered_at, '%H:%M'),
        'near_hour_count': near_hour_count,
        'channel': channel,
        'same_channel_count': same_channel_count,
        'place': coalesce(nullif(place, ''), nullif(area, ''), '?'),
        'same_place_count': same_place_count,
        'new_product_share': 100 * new_product_share,
        'usual_new_product_share': 100 * usual_new_share,
        'actual': order_value,
        'expected': exp(usual_log_value),
        'value_ratio': order_value / exp(usual_log_value),
        'tails': tails,
        'ways_to_pass': ways_to_pass,
        'contributions': shares
    } as evidence
from unusual_scored
inner join order_profiles using (order_id)
"""

DETECTORS.register("unusual_order")(
    Finder(
        name="unusual_order",
        kind="unusual_order",
        grain="order",
        title="Several unusual things at once",
        reasons={
            "combination": (
                "Of this customer's {earlier_count} earlier orders {near_hour_count} came around {ordered_time}, "
                "{same_channel_count} by {channel}, {same_place_count} to {place}; {new_product_share:.0f} % of the "
                "value is in products never ordered before, and the value is {value_ratio:.1f} times the usual: all at "
                "once about 1 in 10^{tails:.0f} orders."
            )
        },
        priors={"combination": Prior.read("0.5 at 6.7, 0.95 at 7.9")},
        needs=frozenset({"order_profiles"}),
        find=find,
        counterfactuals={"combination": "With these as usual the order would not be flagged: {ways_to_pass}."},
    )
)
