-- One row per order that is still on its way: where it stands, since when, and how far that is beyond what is usual.
select
    steps.order_id,
    facts.customer_id,
    facts.customer_name,
    steps.lane as channel,
    steps.status,
    steps.entered_at as since_at,
    steps.dwell_days,
    dwells.usual_days,
    dwells.tail_days,
    steps.dwell_days > dwells.tail_days + 0.5 and dwells.left_count >= 30 as is_stuck,
    facts.promised_at,
    facts.order_value,
    facts.currency
from delivery_steps as steps
inner join order_facts as facts using (order_id)
left join delivery_dwells as dwells on dwells.lane = steps.lane and dwells.status = steps.status
where steps.is_current and steps.status not in ('delivered', 'invoiced', 'closed', 'returned', 'cancelled')
