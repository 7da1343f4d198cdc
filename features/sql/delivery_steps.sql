-- One row per order and status it went through: when it entered, how long it stayed, and whether it is still there.
with steps as (
    select
        events.order_id,
        events.status,
        events."at" as entered_at,
        lead(events."at") over in_order as left_at,
        lead(events.status) over in_order as next_status
    from maybe_order_events as events
    window in_order as (partition by events.order_id order by events."at", events.status)
)
select
    steps.order_id,
    coalesce(facts.channel, '') as lane,
    coalesce(facts.ship_to_region, facts.customer_region, facts.ship_to_country, '') as area,
    steps.status,
    steps.entered_at,
    steps.left_at,
    steps.next_status,
    steps.left_at is null as is_current,
    epoch(coalesce(steps.left_at, $now) - steps.entered_at) / 86400 as dwell_days
from steps
inner join order_facts as facts using (order_id)
