-- One row per value of a dimension inside a segment, before and after a day: units, findings, and their money in one currency.
with units as (
    select
        case $by
            when 'channel' then channel
            when 'operator' then operator
            when 'segment' then segment
            when 'region' then region
            when 'category' then category
            when 'supplier' then supplier
            when 'warehouse' then warehouse
            when 'weekday' then weekday
            when 'hours' then hours
            when 'customer' then customer
            when 'product' then product
            when 'weekday_hour' then weekday || ' ' || hour
            else ''
        end as value,
        ordered_on >= $middle::date as is_after,
        count(*) as unit_count
    from cause_units
    where grain = $grain and ordered_on >= $since::date and ordered_on < $until::date
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
    group by value, is_after
),
found as (
    select
        case $by
            when 'channel' then channel
            when 'operator' then operator
            when 'segment' then segment
            when 'region' then region
            when 'category' then category
            when 'supplier' then supplier
            when 'warehouse' then warehouse
            when 'weekday' then weekday
            when 'hours' then hours
            when 'customer' then customer
            when 'product' then product
            when 'weekday_hour' then weekday || ' ' || hour
            else ''
        end as value,
        ordered_on >= $middle::date as is_after,
        count(*) as found_count,
        sum(impact * score) filter (where currency = $currency) as money
    from cause_findings
    left join labels using (exception_id)
    where ordered_on >= $since::date and ordered_on < $until::date
        and ($kind = '' or kind = $kind)
        and ($cause = '' or cause = $cause)
        and coalesce(labels.label, '') <> 'false_positive'
        and (score >= $likely or labels.label = 'confirmed')
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
    group by value, is_after
)
select
    units.value,
    units.is_after,
    units.unit_count,
    coalesce(found.found_count, 0) as found_count,
    coalesce(found.money, 0) as money
from units
left join found on found.value is not distinct from units.value and found.is_after = units.is_after
order by found_count desc, unit_count desc
