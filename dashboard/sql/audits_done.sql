-- One row per data audit: how the latest one went.
select *
from audit_results
qualify row_number() over (partition by audit order by checked_at desc) = 1
order by failure_count = 0, is_blocking desc, audit
