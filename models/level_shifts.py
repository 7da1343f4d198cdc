"""One cause, one alert: findings that together are a price list, a contract or a unit that changed.

A single wrong price is a slip. The same change on most lines of one product, or of one customer, is a new level that
somebody set: the findings stay, line by line, but they share a group, so that the queue shows them as one alert.
"""

import json

import duckdb
import pandas as pd

LEAST_LINES = 3
"""From so many lines on a repeated change is one event."""

LEAST_SHARE = 0.5
"""Share of the product's or customer's lines, from the first to the last, that must have changed."""

LEAST_PRODUCTS = 3
"""From so many products on that changed alike within a month, the price list changed and not each of them."""

SHIFT_REASON = (
    "The same change stands on {shift_line_count:,.0f} lines of {shift_order_count:,.0f} orders from {shift_from} to "
    "{shift_to}: one cause, one alert."
)
"""What the sentence of such a finding says besides."""

PRICE_GAP = 0.02
QUANTITY_GAP = 0.25
"""How far neighbours in one shift may lie apart, as logs of actual over expected; quantities vary by themselves."""

SHIFTS = """
    -- One row per finding that belongs to a shift of a level.
    with candidates as (
        select
            findings.exception_id,
            findings.order_id,
            findings.kind,
            findings.customer_id,
            coalesce(findings.product_id, findings.line_product_id) as product_id,
            findings.ordered_at,
            ln(try_cast(json_extract_string(findings.evidence, '$.actual') as double)
                / try_cast(json_extract_string(findings.evidence, '$.expected') as double)) as log_ratio,
            case findings.kind when 'price_error' then $price_gap else $quantity_gap end as gap
        from findings
        where findings.kind in ('price_error', 'quantity_outlier')
            and findings.group_id is null
            and findings.line_no is not null
            and try_cast(json_extract_string(findings.evidence, '$.actual') as double) > 0
            and try_cast(json_extract_string(findings.evidence, '$.expected') as double) > 0
    ),
    scoped as (
        select *, 'product' as scope, product_id as scope_id from candidates where product_id is not null
        union all
        select *, 'customer' as scope, customer_id as scope_id from candidates where customer_id is not null
    ),
    steps as (
        select *, log_ratio - lag(log_ratio, 1, log_ratio) over by_ratio > gap as is_next
        from scoped
        window by_ratio as (partition by kind, scope, scope_id order by log_ratio, exception_id)
    ),
    levels as (
        select *, sum(is_next::integer) over (
            partition by kind, scope, scope_id order by log_ratio, exception_id
        ) as level
        from steps
    ),
    found as (
        select
            kind,
            scope,
            scope_id,
            level,
            count(*) as line_count,
            min(ordered_at) as from_at,
            max(ordered_at) as to_at,
            median(log_ratio) as log_ratio
        from levels
        group by kind, scope, scope_id, level
        having count(*) >= $least_lines and count(distinct order_id) > 1 and median(log_ratio) <> 0
    ),
    sold as (
        select 'product' as scope, lines.product_id as scope_id, orders.ordered_at
        from order_lines as lines
        inner join orders using (order_id)
        where lines.product_id in (select scope_id from found where scope = 'product')
        union all
        select 'customer' as scope, orders.customer_id as scope_id, orders.ordered_at
        from order_lines as lines
        inner join orders using (order_id)
        where orders.customer_id in (select scope_id from found where scope = 'customer')
    ),
    running as (
        select
            scope,
            scope_id,
            ordered_at,
            sum(count(*)) over (partition by scope, scope_id order by ordered_at) as line_count
        from sold
        group by scope, scope_id, ordered_at
    ),
    traded as (
        -- all that was sold meanwhile in the same scope
        select
            found.kind,
            found.scope,
            found.scope_id,
            found.level,
            till_end.line_count - coalesce(before.line_count, 0) as traded_count
        from found
        asof inner join running as till_end
            on till_end.scope = found.scope
            and till_end.scope_id = found.scope_id
            and till_end.ordered_at <= found.to_at
        asof left join running as before
            on before.scope = found.scope
            and before.scope_id = found.scope_id
            and before.ordered_at < found.from_at
    ),
    shifts as (
        select *
        from found
        inner join traded using (kind, scope, scope_id, level)
        where line_count >= $least_share * traded_count
    ),
    -- products that changed by the same ratio in the same weeks are one price list
    lists as (
        select
            kind,
            scope_id,
            level,
            kind || ':' || sum(is_other::integer) over (partition by kind order by log_ratio, scope_id) as list
        from (
            select
                *,
                coalesce(
                    log_ratio - lag(log_ratio) over by_ratio > $price_gap
                    or abs(date_diff('day', lag(from_at) over by_ratio, from_at)) > 31,
                    false
                ) as is_other
            from shifts
            where scope = 'product' and kind = 'price_error'
            window by_ratio as (partition by kind order by log_ratio, scope_id)
        )
    ),
    price_lists as (
        select *
        from lists
        qualify count(*) over (partition by list) >= $least_products
    ),
    joined as (
        select
            levels.exception_id,
            levels.order_id,
            levels.ordered_at,
            coalesce(
                'price_list:' || price_lists.list,
                levels.kind || ':' || levels.scope || ':' || levels.scope_id || ':' || levels.level
            ) as shift
        from levels
        inner join shifts using (kind, scope, scope_id, level)
        left join price_lists
            on levels.scope = 'product'
            and price_lists.kind = levels.kind
            and price_lists.scope_id = levels.scope_id
            and price_lists.level = levels.level
        -- a line in two shifts belongs to the price list, else to the larger
        qualify row_number() over (
            partition by levels.exception_id
            order by price_lists.list is null, shifts.line_count desc, shifts.scope
        ) = 1
    )
    select
        exception_id,
        shift || ':' || strftime(min(ordered_at) over whole, '%Y-%m-%d') as shift_id,
        count(*) over whole as shift_line_count,
        count(distinct order_id) over whole as shift_order_count,
        strftime(min(ordered_at) over whole, '%Y-%m-%d') as shift_from,
        strftime(max(ordered_at) over whole, '%Y-%m-%d') as shift_to
    from joined
    window whole as (partition by shift)
"""


def with_shifts(connection: duckdb.DuckDBPyConnection, findings: pd.DataFrame) -> pd.DataFrame:
    """Name the group of each finding that belongs to a shift, and add to its evidence how large the shift is.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Holds ``orders`` and ``order_lines``.
    findings : pandas.DataFrame
        Columns ``exception_id, kind, order_id, line_no, product_id, line_product_id, customer_id, ordered_at, group_id,
        evidence``; one row per finding.

    Returns
    -------
    pandas.DataFrame
        The same rows; ``group_id`` and ``evidence`` changed where a shift was found.
    """
    if findings["order_id"].nunique() < 2:
        return findings
    connection.register("findings", findings)
    limits = {"least_lines": LEAST_LINES, "least_share": LEAST_SHARE, "least_products": LEAST_PRODUCTS}
    shifts = connection.execute(SHIFTS, {**limits, "price_gap": PRICE_GAP, "quantity_gap": QUANTITY_GAP}).df()
    connection.unregister("findings")
    told = shifts.set_index("exception_id")
    names = [name for name in told.columns if name != "shift_id"]
    extra = {
        key: dict(zip(names, row, strict=True))
        for key, row in zip(told.index, told[names].values.tolist(), strict=True)
    }
    evidence = [
        json.dumps(json.loads(text) | extra[key], ensure_ascii=False) if key in extra else text
        for key, text in zip(findings["exception_id"], findings["evidence"], strict=True)
    ]
    shift = findings["exception_id"].map(told["shift_id"])
    group = findings["group_id"].where(findings["group_id"].notna(), shift)
    return findings.assign(group_id=group, evidence=evidence)
