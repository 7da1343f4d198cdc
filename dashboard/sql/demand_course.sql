-- One row per week of a product: demand, and what each forecast said of it one lead time before.
with short as (
    select product_id, date_trunc('week', ordered_at) as week_start, sum(short_quantity) as short_units
    from stockouts
    where product_id = $product_id
    group by product_id, date_trunc('week', ordered_at)
)
select course.week_start, course.demand, course.ours, course.naive, course.theirs, short.short_units
from demand_course as course
left join short using (product_id, week_start)
where course.product_id = $product_id
order by course.week_start
