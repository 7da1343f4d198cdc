-- One row per channel and area: how far finished orders usually miss their promise, shrunk to the channel.
with finished as (
    select lane, area, greatest(late_days, 0) as missed_days
    from delivery_facts
    where finished_at is not null
),
lanes as (
    select lane, quantile_cont(missed_days, 0.9) as tail_days
    from finished
    group by lane
),
areas as (
    select lane, area, count(*) as finished_count, quantile_cont(missed_days, 0.9) as tail_days, avg((missed_days > 0)::integer) as missed_share
    from finished
    group by lane, area
)
select
    areas.lane,
    areas.area,
    areas.finished_count,
    areas.missed_share,
    (areas.finished_count * areas.tail_days + 30 * lanes.tail_days) / (areas.finished_count + 30) as usual_missed_days
from areas
inner join lanes using (lane)
