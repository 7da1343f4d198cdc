-- One row per order of a burst that a technical fault explains.
-- kind: system_fault
-- title: Burst of the same technical symptom
-- prior: 0.5 at 3, 0.95 at 7
-- reason.announced: {affected_count} of {order_count} orders of channel {channel} from {from} to {to} show "{symptom}"; {system} reported {event} at that time.
-- reason.unannounced: {affected_count} of {order_count} orders of channel {channel} from {from} to {to} show "{symptom}", against {usual_percent:.1f} % usually.
-- counterfactual: Without the other orders with this symptom at that time, or without the symptom, it would not be flagged.
select
    order_id,
    case when any_value(system) is null then 'unannounced' else 'announced' end as variant,
    max(least(surprise, 12) + case when system is null then 0 else 2 end) as anomaly_score,
    any_value(order_value) as impact,
    'system_fault' as cause,
    arg_max(window_id, (surprise, symptom)) as group_id,
    {
        'symptom': replace(arg_max(symptom, (surprise, symptom)), '_', ' '),
        'channel': any_value(channel),
        'from': strftime(arg_max(from_at, (surprise, symptom)), '%Y-%m-%d %H:%M'),
        'to': strftime(arg_max(to_at, (surprise, symptom)), '%Y-%m-%d %H:%M'),
        'affected_count': arg_max(affected_count, (surprise, symptom)),
        'order_count': arg_max(order_count, (surprise, symptom)),
        'usual_percent': 100 * arg_max(usual_share, (surprise, symptom)),
        'system': max(system),
        'event': max(event_kind)
    } as evidence
from fault_orders
group by order_id
