-- One row per check of the latest run.
select *
from check_runs
where run_id = (select max(run_id) from check_runs)
order by status, kind, name
