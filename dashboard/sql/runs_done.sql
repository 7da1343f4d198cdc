-- One row per detection run, the latest first.
select *
from detect_runs
order by run_id desc
limit 100
