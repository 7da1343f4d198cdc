-- One row per order that came through while a reported outage lost others.
-- kind: system_fault
-- title: Orders lost in an outage
-- prior: 0.5 at 1, 0.95 at 2.5
-- reason.orders_lost: {system} reported {event} from {from} to {to}; {order_count} orders came in where {expected_count:.0f} are usual, and this is one of them.
-- counterfactual: Had about {expected_count:.0f} orders come in meanwhile, as is usual, it would not be flagged.
select
    facts.order_id,
    'orders_lost' as variant,
    max(least(outages.surprise, 5)) as anomaly_score,
    any_value(facts.order_value) as impact,
    'system_fault' as cause,
    'outage:' || strftime(max(outages.from_at), '%Y-%m-%dT%H:%M') as group_id,
    {
        'system': arg_max(outages.system, surprise),
        'event': arg_max(outages.event_kind, surprise),
        'from': strftime(arg_max(outages.from_at, surprise), '%Y-%m-%d %H:%M'),
        'to': strftime(arg_max(outages.to_at, surprise), '%Y-%m-%d %H:%M'),
        'order_count': arg_max(outages.order_count, surprise),
        'expected_count': arg_max(outages.expected_count, surprise)
    } as evidence
from fault_outages as outages
inner join order_facts as facts
    on facts.ordered_at between outages.from_at and outages.to_at
    and (outages.lane = '' or lower(facts.channel) = outages.lane)
where outages.surprise >= 0.5
group by facts.order_id
