-- One row per product and week with demand: units requested, by the week they were ordered in; lines known to be wrong left out.
select
    product_id,
    date_trunc('week', ordered_at) as week_start,
    sum(quantity) as quantity,
    count(*) as line_count
from demand_lines
where not is_known_wrong
group by product_id, date_trunc('week', ordered_at)
