-- One row per product and run of days with a stock figure of nothing: its first and last day, and whether it goes on.
with days as (
    select product_id, as_of, sum(on_hand) as on_hand
    from stock_snapshots
    group by product_id, as_of
),
numbered as (
    select
        product_id,
        as_of,
        on_hand <= 0 as is_out,
        row_number() over (partition by product_id order by as_of)
        - row_number() over (partition by product_id, on_hand <= 0 order by as_of) as run_no,
        max(as_of) over (partition by product_id) as last_as_of
    from days
)
select
    product_id,
    min(as_of) as first_day,
    max(as_of) as last_day,
    date_diff('day', min(as_of), max(as_of)) + 1 as run_days,
    max(as_of) = any_value(last_as_of) as is_going_on
from numbered
where is_out
group by product_id, run_no
