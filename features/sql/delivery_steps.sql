-- One row per order and status it went through: when it entered, how long it stayed, and whether it is still there.
with steps as (
    select
        events.order_id,
        events.status,
        events."at" as entered_at,
        lead(events."at") over (partition by events.order_id order by events."at", events.status) as left_at
    from maybe_order_events as events
)
select
    steps.order_id,
    coalesce(facts.channel, '') as lane,
    coalesce(facts.ship_to_region, facts.customer_region, facts.ship_to_country, '') as area,
    steps.status,
    steps.entered_at,
    steps.left_at,
    steps.left_at is null as is_current,
    epoch(coalesce(steps.left_at, $now) - steps.entered_at) / 86400 as dwell_days
from steps
inner join order_facts as facts using (order_id)
