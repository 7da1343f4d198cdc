-- One row per order that missed the date it was promised for.
-- kind: delivery_delay
-- title: Promised date missed
-- default: grace_days = 0.25    # a few hours are not worth a call
-- prior: 0.5 at 1.25, 0.95 at 1.5
-- reason.delivered_late: Delivered {late_days:.1f} days after the promised {promised_on}; orders of this channel and area miss it by at most {usual_days:.1f} days as a rule.
-- reason.not_delivered: Promised for {promised_on}, {late_days:.0f} days ago, and not delivered yet (status {status}).
-- counterfactual.delivered_late: Up to {usual_days:.1f} days after the promise, as is usual, it would not be flagged.
-- counterfactual.not_delivered: Delivered by {promised_on} the order would not be flagged.
select
    facts.order_id,
    case when facts.is_open then 'not_delivered' else 'delivered_late' end as variant,
    least(facts.late_days - coalesce(habits.usual_missed_days, 0), 4)
    -- A step that took far longer than it does shows that it was no mere matter of hours.
    + case when waits.excess > 1 then 0.3 when waits.excess > 0.7 then 0.15 else 0 end
    -- A wish is no promise.
    - case when facts.is_promise then 0 else 1 end as anomaly_score,
    facts.order_value * least(0.5, 0.01 * facts.late_days) as impact,
    'process_delay' as cause,
    {
        'promised_on': strftime(facts.promise_at, '%Y-%m-%d'),
        'finished_on': strftime(facts.finished_at, '%Y-%m-%d'),
        'late_days': facts.late_days,
        'usual_days': coalesce(habits.usual_missed_days, 0),
        'longest_step': waits.status,
        'longest_step_days': waits.dwell_days,
        'status': facts.status
    } as evidence
from delivery_facts as facts
left join delivery_habits as habits using (lane, area)
left join delivery_waits as waits using (order_id)
where facts.late_days > $grace_days and anomaly_score >= 0.97
