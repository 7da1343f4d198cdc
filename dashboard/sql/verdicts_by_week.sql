-- One row per week of judging, of one kind or check or of all: likely findings that were judged, and how many of those were right.
select
    date_trunc('week', "at") as week,
    count(*) as judged_count,
    count(*) filter (where label = 'confirmed') as confirmed_count
from judgements
where score >= $likely and ($kind = '' or kind = $kind) and ($source = '' or source = $source)
group by week
order by week
