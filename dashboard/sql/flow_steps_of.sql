-- One row per move between two statuses in a channel, of the last 13 weeks or before: how many orders, how long it took.
select
    from_status,
    to_status,
    is_recent,
    sum(order_count) as order_count,
    sum(median_days * order_count) / sum(order_count) as median_days,
    max(late_days) as late_days,
    sum(total_days) as total_days
from flow_steps
where $channel = '' or channel = $channel
group by from_status, to_status, is_recent
order by total_days desc
