-- One row per order with a requested or promised date: the days given for it, the days this customer usually gives, and whether it is far ahead.
select
    order_id,
    date_diff('hour', ordered_at, coalesce(requested_at, promised_at)) / 24.0 as lead_days,
    median(date_diff('hour', ordered_at, coalesce(requested_at, promised_at)) / 24.0) over (partition by customer_id)
        as usual_lead_days,
    lead_days > 2 * usual_lead_days and lead_days > usual_lead_days + 7 as is_planned_ahead
from order_facts
where coalesce(requested_at, promised_at) is not null
