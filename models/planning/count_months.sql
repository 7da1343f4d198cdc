-- One row per month with stock counts: how many found the book right, within 2 %, and the units that were wrong.
select
    date_trunc('month', counted_at) as month,
    count(*) as count_count,
    count(*) filter (where abs(missing_quantity) <= greatest(0.02 * recorded, 0.5)) / count(*) as right_share,
    sum(missing_quantity) as missing_units
from stock_count_differences
where counted_at <= $now
group by date_trunc('month', counted_at)
