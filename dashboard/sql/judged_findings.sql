-- One row per kind and check: how many of its findings were judged, and how many of those were right.
select
    exceptions.kind,
    exceptions.source,
    count(*) filter (where labels.label = 'confirmed') as confirmed_count,
    count(*) filter (where labels.label = 'false_positive') as rejected_count
from exceptions
inner join labels using (exception_id)
where labels.label is not null
group by exceptions.kind, exceptions.source
order by confirmed_count + rejected_count desc
