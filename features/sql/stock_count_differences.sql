-- One row per stock count: how far the book stood from the shelf, and which days that error may have misled.
select
    product_id,
    coalesce(warehouse_id, '') as warehouse_id,
    counted_at,
    recorded,
    counted,
    recorded - counted as missing_quantity,
    lag(counted_at) over (partition by product_id, coalesce(warehouse_id, '') order by counted_at) as previous_counted_at
from maybe_stock_counts
