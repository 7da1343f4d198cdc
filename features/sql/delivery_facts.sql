-- One row per order with a promised date: when it was or will at the earliest be delivered, and how late that is.
with coverage as (
    -- Where arrivals are rarely recorded, the shipment counts as the end.
    select coalesce(channel, '') as lane, avg((delivered_at is not null)::integer) as delivered_share
    from order_facts
    where shipped_at < $now - interval 45 day
    group by coalesce(channel, '')
),
dated as (
    select
        facts.*,
        coalesce(facts.channel, '') as lane,
        coalesce(facts.ship_to_region, facts.customer_region, facts.ship_to_country, '') as area,
        coalesce(facts.promised_at, facts.requested_at) as promise_at,
        coalesce(coverage.delivered_share, 0) >= 0.6 as has_arrivals
    from order_facts as facts
    left join coverage on coverage.lane = coalesce(facts.channel, '')
    where coalesce(facts.promised_at, facts.requested_at) is not null
),
finished as (
    select
        *,
        case when has_arrivals then delivered_at else coalesce(delivered_at, shipped_at) end as finished_at,
        -- An invoice often goes out with the goods, before they arrive.
        coalesce(status, 'new') in ('delivered', 'closed', 'returned') or (status = 'invoiced' and not has_arrivals) as is_closed
    from dated
)
select
    order_id,
    customer_id,
    ordered_at,
    status,
    lane,
    area,
    warehouse_id,
    order_value,
    promised_at is not null as is_promise,
    promise_at,
    shipped_at,
    finished_at,
    finished_at is null and not is_closed as is_open,
    date_diff('day', ordered_at, promise_at) as promised_days,
    -- A promise without a time of day holds until that day ends.
    epoch(
        coalesce(finished_at, case when not is_closed then $now end)
        - case when date_trunc('day', promise_at) = promise_at then promise_at + interval 1 day else promise_at end
    ) / 86400 as late_days
from finished
