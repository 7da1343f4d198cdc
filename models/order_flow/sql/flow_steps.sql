-- One row per move between two statuses, channel and whether it is of the last 13 weeks: how many orders, how long it took.
select
    status as from_status,
    next_status as to_status,
    lane as channel,
    entered_at > $now - interval 91 day as is_recent,
    count(*) as order_count,
    median(dwell_days) as median_days,
    quantile_cont(dwell_days, 0.9) as late_days,
    sum(dwell_days) as total_days
from delivery_steps
where next_status is not null
group by all
