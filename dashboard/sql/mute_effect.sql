-- One row per week and outcome of what a mute would hide or leave: likely findings, and those a reviewer confirmed.
select
    date_trunc('week', exceptions.ordered_at) as week,
    muted.mute_id is not null as is_hidden,
    count(*) as exception_count,
    count(*) filter (where labels.label = 'confirmed') as confirmed_count,
    sum(exceptions.impact * exceptions.score) as money
from exceptions
left join muted using (exception_id)
left join labels using (exception_id)
where exceptions.score >= $likely or labels.label = 'confirmed'
group by week, is_hidden
order by week, is_hidden
