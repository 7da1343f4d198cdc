-- One row per open order that has stayed in its status far longer than orders of its channel do.
-- kind: delivery_delay
-- title: Stuck in a status
-- default: slack_days = 3    # a weekend and a holiday
-- prior: 0.5 at 0.2, 0.95 at 1
-- reason.stuck: In status {status} for {dwell_days:.0f} days; orders of this channel leave it after {usual_days:.1f} days, 99 in 100 within {tail_days:.1f}.
-- counterfactual: Within {tail_days:.1f} days in this status the order would not be flagged.
with promised as (
    select quantile_cont(promised_days, 0.5) as usual_promised_days from delivery_facts
),
waiting as (
    select
        steps.*,
        dwells.usual_days,
        dwells.tail_days,
        facts.order_value,
        delivery.promise_at,
        -- An order promised far ahead may wait for its time.
        greatest(0, coalesce(delivery.promised_days - promised.usual_promised_days, 0)) as allowed_days
    from delivery_steps as steps
    inner join delivery_dwells as dwells using (lane, status)
    inner join order_facts as facts using (order_id)
    left join delivery_facts as delivery using (order_id)
    cross join promised
    where steps.is_current
        and steps.status not in ('delivered', 'invoiced', 'closed', 'returned', 'cancelled')
        and coalesce(facts.status, 'new') not in ('delivered', 'invoiced', 'closed', 'returned')
        and dwells.left_count >= 30
)
select
    order_id,
    'stuck' as variant,
    ln((dwell_days - allowed_days) / (tail_days + $slack_days)) as anomaly_score,
    order_value * least(0.5, 0.01 * (dwell_days - usual_days)) as impact,
    'process_delay' as cause,
    {
        'status': status,
        'dwell_days': dwell_days,
        'usual_days': usual_days,
        'tail_days': tail_days
    } as evidence
from waiting
where dwell_days - allowed_days > 0.8 * (tail_days + $slack_days)
