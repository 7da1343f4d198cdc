-- One row per reported event and channel during which far fewer orders came in than at the same hours of other weeks.
-- A channel whose name stands in the system's name is judged for that system, every channel together for the others.
with lanes as (
    select distinct lower(channel) as lane
    from orders
    where channel <> ''
),
reported as (
    select
        events."at" as from_at,
        events.ended_at as to_at,
        events.system,
        events.kind as event_kind,
        events.detail,
        coalesce(max(lanes.lane), '') as lane
    from maybe_system_events as events
    left join lanes on contains(lower(events.system), lanes.lane)
    where events.ended_at between events."at" + interval 30 minute and events."at" + interval 4 day
    group by all
),
weeks as (
    -- The fault's own hours and those of eight weeks before and after.
    select *, from_at + to_weeks(week) as week_from_at, to_at + to_weeks(week) as week_to_at
    from (select *, unnest(range(-8, 9))::integer as week from reported)
),
days as (
    select *, unnest(generate_series(week_from_at::date, week_to_at::date, interval 1 day))::date as day
    from weeks
),
counted as (
    select days.* exclude (day, week_from_at, week_to_at), count(orders.order_id) as order_count
    from days
    left join orders
        on orders.ordered_at::date = days.day
        and orders.ordered_at between days.week_from_at and days.week_to_at
        and (days.lane = '' or lower(orders.channel) = days.lane)
    group by all
),
compared as (
    select
        from_at, to_at, system, event_kind, detail, lane,
        max(order_count) filter (where week = 0) as order_count,
        median(order_count) filter (where week <> 0 and order_count > 0) as expected_count
    from counted
    group by all
)
select
    *,
    -- Chernoff's bound on so few orders by chance.
    (expected_count - order_count + case when order_count > 0 then order_count * ln(order_count / expected_count) else 0 end)
    / ln(10) as surprise
from compared
where order_count < 0.6 * expected_count
