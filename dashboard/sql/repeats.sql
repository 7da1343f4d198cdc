-- One row per kind: how many likely findings there are since a day, and how many came again at the same customer for the same cause.
with found as (
    select
        found.kind,
        found.ordered_on,
        date_diff(
            'day',
            lag(found.ordered_on) over (
                partition by found.kind, found.cause, found.customer order by found.ordered_on, found.exception_id
            ),
            found.ordered_on
        ) as days_since
    from cause_findings as found
    left join labels using (exception_id)
    where coalesce(labels.label, '') <> 'false_positive'
        and (found.score >= $likely or labels.label = 'confirmed')
)
select kind, count(*) as found_count, count(*) filter (where days_since <= 90) as again_count
from found
where ordered_on >= $since::date
group by kind
order by found_count desc
