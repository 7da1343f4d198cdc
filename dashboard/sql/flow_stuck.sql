-- One row per order that stands in a status far longer than usual, the longest beyond it first.
select *
from flow_open
where is_stuck and ($channel = '' or channel = $channel)
order by dwell_days / (tail_days + 0.5) desc
limit 1000
