-- One row per way through the statuses: how many orders went it, and how many days it took from the first to the last.
with ways as (
    -- The last step of an order knows the whole way to it.
    select
        order_id,
        status,
        string_agg(status, ' > ') over so_far as way,
        epoch(entered_at - min(entered_at) over so_far) / 86400 as days
    from delivery_steps
    window so_far as (
        partition by order_id order by entered_at, status rows between unbounded preceding and current row
    )
    qualify is_current
)
select
    way,
    count(*) as order_count,
    median(days) as median_days,
    quantile_cont(days, 0.9) as late_days,
    min(order_id) as example
from ways
where status in ('delivered', 'invoiced', 'closed', 'returned')
group by way
order by order_count desc, way
limit 200
