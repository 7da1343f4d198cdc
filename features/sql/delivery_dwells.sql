-- One row per channel and status: how long orders usually stay in it before they move on.
with everyone as (
    select
        status,
        count(*) as left_count,
        median(dwell_days) as median_days,
        quantile_cont(dwell_days, 0.99) as tail_days
    from delivery_steps
    where not is_current
    group by status
),
lanes as (
    select
        lane,
        status,
        count(*) as left_count,
        median(dwell_days) as median_days,
        quantile_cont(dwell_days, 0.99) as tail_days
    from delivery_steps
    where not is_current
    group by lane, status
)
select
    lanes.lane,
    lanes.status,
    lanes.left_count,
    (lanes.left_count * lanes.median_days + 6 * everyone.median_days) / (lanes.left_count + 6) as usual_days,
    (lanes.left_count * lanes.tail_days + 30 * everyone.tail_days) / (lanes.left_count + 30) as tail_days
from lanes
inner join everyone using (status)
