-- One row per kind: how many likely exceptions there are, how many were reviewed, how many of those were right.
select
    exceptions.kind,
    count(*) filter (where exceptions.score >= $likely) as likely_count,
    count(*) filter (where exceptions.score >= $likely and labels.label is not null) as reviewed_count,
    count(*) filter (where labels.label = 'confirmed') as confirmed_count,
    count(*) filter (where labels.label = 'false_positive') as rejected_count
from exceptions
left join labels using (exception_id)
group by exceptions.kind
order by exceptions.kind
