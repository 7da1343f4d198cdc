-- One row per kind and check: how many of its findings were judged, and how many of those were right.
select
    kind,
    source,
    count(*) as judged_count,
    count(*) filter (where label = 'confirmed') as confirmed_count,
    count(*) filter (where score >= $likely) as likely_judged_count,
    count(*) filter (where score >= $likely and label = 'confirmed') as likely_confirmed_count
from judgements
group by kind, source
order by kind, judged_count desc, source
