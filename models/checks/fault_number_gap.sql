-- One row per order that stands at the edge of a hole in the order numbers.
-- kind: system_fault
-- title: Order numbers missing
-- prior: 0.5 at 1.3, 0.9 at 2.5
-- reason.number_gap: {missing_count} order numbers are missing between {previous} and {next}, from {from} to {to}; {dense_percent:.1f} % of numbers follow without a hole.
-- counterfactual: Without a hole before {next} in the numbers it would not be flagged.
with edges as (
    select unnest([next_order_id, previous_order_id]) as order_id, unnest([0.3, 0]) as side, *
    from fault_gaps
)
select
    edges.order_id,
    'number_gap' as variant,
    least(log10(missing_count), 1.5) + side - 0.4 as anomaly_score,
    facts.order_value as impact,
    'system_fault' as cause,
    'number_gap:' || strftime(previous_at, '%Y-%m-%dT%H:%M') as group_id,
    {
        'missing_count': missing_count,
        'previous': previous_order_id,
        'next': next_order_id,
        'from': strftime(previous_at, '%Y-%m-%d %H:%M'),
        'to': strftime(next_at, '%Y-%m-%d %H:%M'),
        'dense_percent': 100 * dense_share
    } as evidence
from edges
inner join order_facts as facts using (order_id)
