-- One row per week and value of a dimension inside a segment: orders.
select
    date_trunc('week', ordered_on)::date as week,
    case $by when 'channel' then channel when 'operator' then operator else '' end as value,
    count(*) as order_count
from cause_units
where grain = 'order'
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
