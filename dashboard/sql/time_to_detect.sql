-- One row per kind: how many hours after the order a finding was first told, over those found by a later run than the first.
with first_run as (
    select min(run_id) as run_id
    from first_found
)
select
    found.kind,
    count(*) as found_count,
    median(date_diff('minute', found.ordered_at, found.found_as_of) / 60) as median_hours,
    quantile_cont(date_diff('minute', found.ordered_at, found.found_as_of) / 60, 0.9) as late_hours
from first_found as found
cross join first_run
where found.run_id > first_run.run_id
group by found.kind
order by found_count desc
