-- One row per order: the step in which it stayed longest beyond what its channel needs for it.
select
    steps.order_id,
    arg_max(steps.status, steps.dwell_days / (dwells.tail_days + 0.5)) as status,
    arg_max(steps.dwell_days, steps.dwell_days / (dwells.tail_days + 0.5)) as dwell_days,
    arg_max(dwells.usual_days, steps.dwell_days / (dwells.tail_days + 0.5)) as usual_days,
    max(steps.dwell_days / (dwells.tail_days + 0.5)) as excess
from delivery_steps as steps
inner join delivery_dwells as dwells using (lane, status)
where not steps.is_current
    and dwells.left_count >= 30
    and steps.status not in ('delivered', 'invoiced', 'closed', 'returned', 'cancelled')
group by steps.order_id
