"""Orders entered again: the same order twice, as against the same customer with the same habit."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import duckdb
import numpy as np
import pandas as pd
from scipy.special import expit

from data.relations import beside
from models.detectors import DETECTORS
from models.duplicates.clusters import clusters
from models.duplicates.copies import plant_copies, planted_patterns
from models.duplicates.customers import resolve_customers, store_entities, store_resolved
from models.duplicates.pairs import (
    build_contents,
    build_new_pairs,
    build_pairs,
    compare_user_orders,
    drop_pairs,
    patterns,
    register_forms,
)
from models.duplicates.probability import Model, adapted, labelled_patterns, match_weights, shipped_model, store
from models.duplicates.reasons import COUNTERFACTUALS, REASONS, causes, reason_texts, variants
from models.findings import Context, Finder, Prior

KIND = "duplicate_order"
LEAST_PROBABILITY = 0.1
LIVE_ORDERS = "select * from orders where coalesce(status, 'new') <> 'cancelled' and"
ACCEPTED_LOG_ODDS = -2.0
"""What an accepted repeat says about the next repeat of the same basket by the same customer."""

LIKELY_PAIRS = """
    select levels.*, scores.log_odds, l.order_id as duplicate_of, r.order_id,
        hash(r.entity, l.basket, r.basket) as habit
    from pair_levels as levels
    inner join pattern_scores as scores using (pattern)
    inner join pair_orders as l on l.id = levels.id_l
    inner join pair_orders as r on r.id = levels.id_r
    where scores.log_odds > $least or r.order_id in (select order_id from judged_orders)
"""

DETAILS = """
    select
        pairs.*,
        strftime(l.ordered_at, '%Y-%m-%d') as first_on,
        (sides_r.second - sides_l.second) / 60.0 as minutes,
        (sides_r.second - sides_l.second) / 3600.0 as hours,
        (sides_r.second - sides_l.second) / 86400.0 as days,
        coalesce(r.channel, '') as channel_name, coalesce(l.channel, '') as first_channel_name,
        r.customer_id, l.customer_id as first_customer,
        coalesce(r.customer_po, r.order_number, '') as reference,
        coalesce(shared.equal_count, 0) as equal_lines,
        greatest(sides_l.product_count, sides_r.product_count) as lines,
        coalesce(baskets.usual_gap, products.usual_gap) / 86400.0 as usual_days,
        coalesce(baskets.gap_count, products.gap_count, 0)
            - (sides_r.second - sides_l.second >= 4 * 3600)::int as other_gap_count,
        coalesce(sides_r.amount, 0) as impact
    from likely_frame as pairs
    inner join pair_orders as sides_l on sides_l.id = pairs.id_l
    inner join pair_orders as sides_r on sides_r.id = pairs.id_r
    inner join match_orders as l on l.order_id = pairs.duplicate_of
    inner join match_orders as r on r.order_id = pairs.order_id
    left join pair_overlaps as shared on shared.pair = pairs.pair
    left join habit_baskets as baskets on baskets.habit = hash(sides_r.entity, sides_r.basket)
    left join habit_products as products on products.habit = hash(sides_r.entity, sides_r.products)
    order by pairs.order_id, pairs.log_odds desc, pairs.duplicate_of
"""

RATES = """
    create or replace temp table duplicate_rates as
    with told as (select distinct order_id from duplicates where probability >= 0.5),
    orders_by as (
        select channel, entered_by, customer_id, told.order_id is not null as is_told
        from match_orders
        left join told using (order_id)
    )
    select
        case when grouping(channel) = 0 then 'channel' when grouping(entered_by) = 0 then 'operator' else 'customer' end
            as dimension,
        coalesce(channel, entered_by, customer_id) as name,
        count(*) as order_count,
        count(*) filter (where is_told) as duplicate_count
    from orders_by
    group by grouping sets ((channel), (entered_by), (customer_id))
    having name is not null
"""
"""How many orders by each channel, operator and customer, and how many of them repeat an earlier one."""


def fit(context: Context) -> tuple[Model, pd.DataFrame, pd.DataFrame]:
    """Compare all orders and fit the model; return it with all patterns and the pairs that matter.

    Notes
    -----
    Who is who and the planted copies, which are mostly Python, are worked out aside, on a connection of their own.
    """
    connection = context.connection
    compare_user_orders(connection)
    with ThreadPoolExecutor(1) as thread, beside(connection) as cursor:
        customers = thread.submit(resolve_customers, cursor)
        copied = thread.submit(_planted, cursor, context.now)
        build_contents(connection, context.progress)
        store_resolved(connection, customers.result())
        build_pairs(connection, context.now, context.progress, has_contents=True)
        found = patterns(connection)
        copies, recall = copied.result()
    connection.register("recall_frame", recall)
    connection.execute("create or replace temp table planted_recall as select * from recall_frame")
    connection.unregister("recall_frame")
    labels = context.labels[context.labels["kind"] == KIND]
    judged = dict(zip(labels["order_id"], labels["label"] == "confirmed", strict=True))
    model = adapted(shipped_model(), found, copies)
    pairs = likely_pairs(context, model, found, judged)
    if judged:
        model = adapted(shipped_model(), found, copies, labelled_patterns(pairs, judged))
        pairs = with_accepted_habits(likely_pairs(context, model, found, judged), judged)
    return model, found, pairs


def _planted(cursor: duckdb.DuckDBPyConnection, now: datetime) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Plant copies among a sample of the orders; return their patterns, and how many blocking met again."""
    planted = plant_copies(cursor)
    register_forms(cursor)
    return planted_patterns(cursor, planted, now), cursor.execute("select * from planted_recall").df()


def likely_pairs(context: Context, model: Model, found: pd.DataFrame, judged: dict[str, bool]) -> pd.DataFrame:
    """Return the pairs that may be duplicates, and those of judged orders, with their log-odds."""
    connection = context.connection
    scores = pd.DataFrame({"pattern": found.index.to_numpy(), "log_odds": model.log_odds(found)})
    connection.register("scores_frame", scores)
    connection.execute("create or replace temp table pattern_scores as select * from scores_frame")
    connection.unregister("scores_frame")
    connection.register("judged_frame", pd.DataFrame({"order_id": pd.Series(list(judged), dtype="object")}))
    connection.execute(
        "create or replace temp table judged_orders as select order_id::varchar as order_id from judged_frame"
    )
    connection.unregister("judged_frame")
    least = float(np.log(LEAST_PROBABILITY / (1 - LEAST_PROBABILITY)))
    return connection.execute(LIKELY_PAIRS, {"least": least}).df()


def with_accepted_habits(pairs: pd.DataFrame, judged: dict[str, bool]) -> pd.DataFrame:
    """Lower the odds of repeats of a customer and basket that a reviewer accepted before."""
    rejected = pairs["order_id"].isin([order_id for order_id, is_match in judged.items() if not is_match])
    accepted = pairs.loc[rejected & (pairs["items"] <= 3)].groupby("habit")["order_id"].nunique().clip(upper=2)
    return pairs.assign(log_odds=pairs["log_odds"] + ACCEPTED_LOG_ODDS * pairs["habit"].map(accepted).fillna(0))


def may_be_told(pairs: pd.DataFrame) -> "pd.Series[bool]":
    """Return which pairs are likely enough and share something."""
    return (pairs["items"] != 14) & (pairs["probability"] >= LEAST_PROBABILITY)


def told_pairs(pairs: pd.DataFrame) -> pd.DataFrame:
    """Keep the likeliest pair of each later order and all likely ones, without pairs that share nothing."""
    chosen = pairs[may_be_told(pairs)]
    chosen = chosen.sort_values(["order_id", "log_odds", "duplicate_of"], ascending=[True, False, True])
    is_best = ~chosen["order_id"].duplicated()
    return chosen[is_best | (chosen["probability"] >= 0.5)]


def scored(model: Model, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return pairs with ``log_odds`` and ``probability``."""
    log_odds = model.log_odds(pairs)
    return pairs.assign(log_odds=log_odds, probability=expit(log_odds))


def find(context: Context) -> str:
    """Write the duplicates found; leave the table ``duplicates`` with every pair and its reasons."""
    connection = context.connection
    model, found, pairs = fit(context)
    _tell(connection, model, found, pairs)
    connection.execute(RATES)
    connection.execute("create or replace temp table match_model as select $text as text", {"text": store(model)})
    drop_pairs(connection)
    return "found_duplicates"


def find_new(context: Context, model: Model, customers: list[str], entities: pd.DataFrame, order_ids: list[str]) -> str:
    """Do as `find` for orders that are yet to be entered, with a model fitted before.

    Parameters
    ----------
    context : Context
        With the history that concerns the new orders, and them.
    model : Model
        What the latest run fitted.
    customers : list of str
        The customers whose orders are there whole; others' are not compared.
    entities : pandas.DataFrame
        ``customer_id`` and ``member_of`` of customers registered twice, as the latest run found.
    order_ids : list of str
        The new orders.

    Returns
    -------
    str
        The name of the table of findings; the table ``duplicates`` has every pair.
    """
    connection = context.connection
    connection.execute("create or replace temp table compared_customers (customer_id varchar)")
    connection.execute("insert into compared_customers select unnest($customers)", {"customers": customers})
    connection.execute("create or replace temp table new_orders (order_id varchar)")
    connection.execute("insert into new_orders select unnest($order_ids)", {"order_ids": order_ids})
    compare_user_orders(connection)
    for name, source in (("match_orders", LIVE_ORDERS), ("match_customers", "select * from maybe_customers where")):
        connection.execute(
            f"create or replace temp view {name} as {source} customer_id in "
            "(select customer_id from compared_customers)"
        )
    store_entities(connection, entities)
    register_forms(connection)
    if not build_new_pairs(connection, context.now):
        return _nothing(connection)
    found = patterns(connection)
    pairs = likely_pairs(context, model, found, {})
    if told_pairs(pairs.assign(probability=expit(pairs["log_odds"]))).empty:
        return _nothing(connection)
    _tell(connection, model, found, pairs)
    return "found_duplicates"


def find_compared(context: Context, model: Model, pairs: pd.DataFrame) -> str:
    """Do as `find_new` for a lone order that is compared already, as `models.entry_pairs.comparisons` does."""
    pairs = scored(model, pairs)
    told = told_pairs(pairs)
    if told.empty:
        return _nothing(context.connection)
    _write(context.connection, model, pairs.assign(pair_count=1), clusters(pairs), told)
    return "found_duplicates"


def _nothing(connection: duckdb.DuckDBPyConnection) -> str:
    connection.execute(
        "create or replace temp table found_duplicates "
        "(order_id varchar, variant varchar, anomaly_score double, impact double, evidence varchar)"
    )
    return "found_duplicates"


def _tell(connection: duckdb.DuckDBPyConnection, model: Model, found: pd.DataFrame, pairs: pd.DataFrame) -> None:
    """Write ``duplicates`` with every likely pair and its reasons, and ``found_duplicates`` with one row an order."""
    pairs = pairs.assign(probability=expit(pairs["log_odds"]))
    cluster_of = clusters(pairs)
    connection.register("likely_frame", told_pairs(pairs))
    details = connection.execute(DETAILS).df()
    connection.unregister("likely_frame")
    _write(connection, model, found, cluster_of, details)


def _write(
    connection: duckdb.DuckDBPyConnection,
    model: Model,
    found: pd.DataFrame,
    cluster_of: pd.Series,
    details: pd.DataFrame,
) -> None:
    """Write both tables from what `DETAILS` says of the pairs that are told."""
    details = details.reset_index(drop=True)
    details["variant"] = variants(details)
    details["cause"] = causes(details)
    details["reasons"] = reason_texts(details, match_weights(model, found, details))
    details["cluster_id"] = details["order_id"].map(cluster_of).fillna(details["duplicate_of"])
    is_known = (details["other_gap_count"] > 0) & details["usual_days"].notna()
    details["finding_variant"] = details["variant"] + np.where(is_known, "_off_rhythm", "")
    connection.register("details_frame", details)
    connection.execute(
        """create or replace temp table duplicates as
        select order_id, duplicate_of, round(probability, 4) as probability, reasons, cluster_id, variant, cause
        from details_frame order by order_id, probability desc"""
    )
    connection.execute(
        """create or replace temp table found_duplicates as
        select order_id, finding_variant as variant, log_odds as anomaly_score, impact, cause,
            {'duplicate_of': duplicate_of, 'first_on': first_on, 'minutes': minutes, 'days': days,
             'gap': case when hours < 48 then format('{:.1f} hours', hours) else format('{:.0f} days', days) end,
             'channel': channel_name, 'first_channel': first_channel_name, 'customer_id': customer_id,
             'first_customer': first_customer, 'reference': reference, 'equal_lines': equal_lines, 'lines': lines,
             'usual_days': usual_days, 'cluster_id': cluster_id} as evidence
        from details_frame
        qualify row_number() over (partition by order_id order by log_odds desc, duplicate_of) = 1"""
    )
    connection.unregister("details_frame")


DETECTORS.register("duplicate_order")(
    Finder(
        name="duplicate_order",
        kind=KIND,
        grain="order",
        title="The same order entered again",
        reasons=REASONS,
        priors={name: Prior.read("0.5 at 0, 0.95 at 2.944") for name in REASONS},
        needs=frozenset({"orders", "order_lines"}),
        find=find,
        counterfactuals=COUNTERFACTUALS,
        silent_if="nothing_alike",
    )
)
