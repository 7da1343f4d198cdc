-- One row per status in which orders stand now: how many, how many of them far longer than usual, and their value.
select
    status,
    count(*) as order_count,
    count(*) filter (where is_stuck) as stuck_count,
    median(dwell_days) as median_days,
    sum(order_value) filter (where is_stuck and currency is not distinct from $currency) as stuck_value
from flow_open
where $channel = '' or channel = $channel
group by status
order by order_count desc
