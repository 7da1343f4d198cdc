-- One row per week and value of a dimension inside a segment: likely findings that nobody rejected, and their money in one currency.
select
    date_trunc('week', found.ordered_on)::date as week,
    case $by
        when 'kind' then found.kind
        when 'cause' then found.cause
        when 'department' then found.department
        when 'channel' then channel
        when 'operator' then operator
        else ''
    end as value,
    count(*) as found_count,
    coalesce(sum(found.impact * found.score) filter (where found.currency = $currency), 0) as money
from cause_findings as found
left join labels using (exception_id)
where coalesce(labels.label, '') <> 'false_positive'
    and (found.score >= $likely or labels.label = 'confirmed')
    and ($kind = '' or found.kind = $kind)
    and ($cause = '' or found.cause = $cause)
    and ($in_channel::varchar is null or channel = $in_channel)
    and ($in_operator::varchar is null or operator = $in_operator)
    and ($in_segment::varchar is null or segment = $in_segment)
    and ($in_region::varchar is null or region = $in_region)
    and ($in_category::varchar is null or category = $in_category)
    and ($in_supplier::varchar is null or supplier = $in_supplier)
    and ($in_warehouse::varchar is null or warehouse = $in_warehouse)
    and ($in_weekday::varchar is null or weekday = $in_weekday)
    and ($in_hours::varchar is null or hours = $in_hours)
    and ($in_customer::varchar is null or customer = $in_customer)
    and ($in_product::varchar is null or product = $in_product)
group by week, value
order by week
