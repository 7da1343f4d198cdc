-- One row per order that missed the date it was promised for.
-- kind: delivery_delay
-- title: Promised date missed
-- default: grace_days = 1    # a day that weekends and time zones may take
-- prior: 0.5 at 1.5, 0.95 at 4
-- reason.delivered_late: Delivered {late_days} days after the promised {promised_on}; orders of this channel and area miss it by at most {usual_days:.0f} days as a rule.
-- reason.not_delivered: Promised for {promised_on}, {late_days} days ago, and not delivered yet (status {status}).
select
    facts.order_id,
    case when facts.is_open then 'not_delivered' else 'delivered_late' end as variant,
    least(facts.late_days - greatest($grace_days, coalesce(habits.usual_missed_days, 0)), 6 + ln(greatest(facts.late_days, 1)))
    - case when facts.is_promise then 0 else 2 end as anomaly_score,
    facts.order_value * least(0.5, 0.01 * facts.late_days) as impact,
    'process_delay' as cause,
    {
        'promised_on': strftime(facts.promise_at, '%Y-%m-%d'),
        'finished_on': strftime(facts.finished_at, '%Y-%m-%d'),
        'late_days': facts.late_days,
        'usual_days': greatest($grace_days, coalesce(habits.usual_missed_days, 0)),
        'status': facts.status
    } as evidence
from delivery_facts as facts
left join delivery_habits as habits using (lane, area)
where facts.late_days > $grace_days and anomaly_score >= 0.5
