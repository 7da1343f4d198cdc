-- One row per segment that holds more findings than its share in a period, the largest excess of money first.
select *
from cause_segments
where period_days = $days and ($kind = '' or kind = $kind)
order by excess_money desc, excess desc
