-- One row per kind, cause and department, before and after a day: likely findings that nobody rejected, and their money in one currency.
select
    found.kind,
    found.cause,
    found.department,
    found.ordered_on >= $middle::date as is_after,
    any_value(found.is_line) as is_line,
    count(*) as found_count,
    coalesce(sum(found.impact * found.score) filter (where found.currency = $currency), 0) as money
from cause_findings as found
left join labels using (exception_id)
where found.ordered_on >= $since::date
    and found.ordered_on < $until::date
    and coalesce(labels.label, '') <> 'false_positive'
    and (found.score >= $likely or labels.label = 'confirmed')
group by all
order by found_count desc
