-- One row per order and move from one status to the next: how long it stayed before it moved.
select
    order_id,
    lane,
    status as from_status,
    lead(status) over (partition by order_id order by entered_at, status) as to_status,
    entered_at,
    dwell_days
from delivery_steps
qualify to_status is not null
