-- One row per finding that comes again too soon: its like (check, customer and product) was just judged, and it is no worse.
select distinct again.exception_id
from exceptions as again
inner join first_found on first_found.exception_id = again.exception_id
inner join detect_runs as runs on runs.run_id = first_found.run_id
inner join exceptions as told
    on told.source = again.source and told.customer_id = again.customer_id and told.product_id = again.product_id
inner join verdicts on verdicts.exception_id = told.exception_id
where again.exception_id not in (select exception_id from verdicts)
    -- what stood beside the judged one already was seen with it
    and runs.started_at > verdicts.judged_at
    and verdicts.judged_at > $now - to_days($days)
    and again.impact < $worse * greatest(told.impact, 1)
