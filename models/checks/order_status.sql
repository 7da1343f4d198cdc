-- One row per order whose status contradicts its dates or events.
-- kind: order_info
-- title: Status at odds with dates or events
-- silent_if: plain_status
-- prior: 0.5 at 1.2, 0.95 at 2.2
-- reason.finished_unshipped: Status {status}, but the order was never shipped.
-- reason.open_shipped: Status {status} although it was shipped on {on}.
-- reason.events_differ: Status {status}, but the last event on {on} says {event_status}.
-- counterfactual.finished_unshipped: With a shipping date, or a status before shipping, the order would not be flagged.
-- counterfactual.open_shipped: With the status that follows shipping the order would not be flagged.
-- counterfactual.events_differ: With the status of its last event, {event_status}, the order would not be flagged.
with last_events as (
    select order_id, max_by(status, "at") as event_status, max("at") as event_at
    from maybe_order_events
    group by order_id
),
compared as (
    select
        facts.order_id,
        facts.order_value,
        coalesce(facts.channel, '') as lane,
        facts.status,
        events.event_status,
        coalesce(events.event_at, facts.delivered_at, facts.shipped_at) as at_time,
        facts.shipped_at,
        facts.status in ('shipped', 'delivered', 'invoiced', 'closed') as is_finished,
        is_finished and facts.shipped_at is null as is_finished_unshipped,
        facts.status in ('new', 'confirmed', 'allocated', 'picked') and coalesce(facts.delivered_at, facts.shipped_at) is not null as is_open_shipped,
        coalesce(events.event_status <> facts.status, false) as is_different
    from order_facts as facts
    left join last_events as events using (order_id)
),
lanes as (
    select
        lane,
        count(*) filter (where is_finished_unshipped) / greatest(1, count(*) filter (where is_finished)) as finished_share,
        count(*) filter (where is_open_shipped) / greatest(1, count(shipped_at)) as open_share
    from compared
    group by lane
),
differences as (
    select status, event_status, count(*) / (select count(*) from compared) as different_share
    from compared
    where is_different
    group by status, event_status
),
shares as (
    select compared.*, lanes.finished_share, lanes.open_share, differences.different_share
    from compared
    inner join lanes using (lane)
    left join differences using (status, event_status)
    where is_finished_unshipped or is_open_shipped or is_different
),
judged as (
    select
        *,
        case
            when is_open_shipped then 'open_shipped'
            when is_finished_unshipped then 'finished_unshipped'
            when is_different then 'events_differ'
        end as variant,
        case
            when is_open_shipped then -log10(open_share + 0.002)
            when is_finished_unshipped then -log10(finished_share + 0.002)
            when is_different then least(2, -log10(different_share + 0.001)) - 0.5
        end as points
    from shares
)
select
    order_id,
    variant,
    points as anomaly_score,
    0.05 * order_value as impact,
    'data_entry' as cause,
    {'status': status, 'event_status': event_status, 'on': strftime(at_time, '%Y-%m-%d')} as evidence
from judged
where variant is not null and points >= 0.9
