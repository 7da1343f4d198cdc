-- One row per way through the statuses: how many orders went it, and how many days it took from the first to the last.
with ways as (
    select
        order_id,
        string_agg(status, ' > ' order by entered_at, status) as way,
        epoch(max(entered_at) - min(entered_at)) / 86400 as days
    from delivery_steps
    group by order_id
),
open_orders as (
    select order_id, bool_or(is_current and status not in ('delivered', 'invoiced', 'closed', 'returned')) as is_open
    from delivery_steps
    group by order_id
)
select
    ways.way,
    count(*) as order_count,
    median(ways.days) as median_days,
    quantile_cont(ways.days, 0.9) as late_days,
    any_value(ways.order_id) as example
from ways
inner join open_orders using (order_id)
where not open_orders.is_open
group by ways.way
order by order_count desc
limit 200
