-- One row per order that events name and that is not there.
-- title: Every order event has its order
-- blocking: false
select order_events.order_id, count(*) as event_count
from order_events
anti join orders using (order_id)
group by order_events.order_id
