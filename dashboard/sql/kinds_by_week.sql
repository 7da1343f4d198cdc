-- One row per week and kind: likely exceptions that nobody rejected.
select
    date_trunc('week', exceptions.ordered_at) as week,
    exceptions.kind,
    count(*) as exception_count
from exceptions
left join labels using (exception_id)
where exceptions.ordered_at is not null
    and coalesce(labels.label, 'open') <> 'false_positive'
    and (exceptions.score >= $likely or labels.label = 'confirmed')
group by week, exceptions.kind
order by week, exceptions.kind
