-- One row per week of a product in a warehouse: demand, and what each forecast said of it one lead time before.
with short as (
    select date_trunc('week', stockouts.ordered_at) as week_start, sum(stockouts.short_quantity) as short_units
    from stockouts
    inner join maybe_order_lines as lines using (order_id, line_no)
    where stockouts.product_id = $product_id and lines.warehouse_id = $warehouse_id
    group by week_start
)
select course.week_start, course.demand, course.ours, course.naive, course.theirs, short.short_units
from place_course as course
left join short using (week_start)
where course.product_id = $product_id and course.warehouse_id = $warehouse_id
order by course.week_start
