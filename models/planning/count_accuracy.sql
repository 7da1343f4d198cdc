-- One row per product and warehouse ever counted: how the book stood against the shelf.
select
    product_id,
    warehouse_id,
    count(*) as count_count,
    count(*) filter (where abs(missing_quantity) <= greatest(0.02 * recorded, 0.5)) / count(*) as right_share,
    sum(missing_quantity) as missing_units,
    sum(abs(missing_quantity)) as wrong_units,
    sum(missing_quantity) / nullif(sum(recorded), 0) as missing_share,
    max(counted_at) as last_counted_at,
    arg_max(missing_quantity, counted_at) as last_missing
from stock_count_differences
where counted_at <= $now
group by product_id, warehouse_id
