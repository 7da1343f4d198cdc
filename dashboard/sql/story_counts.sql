-- One row per stock count of a product from an interval's start until four months after its end.
select counted_at, warehouse_id, recorded, counted, counted - recorded as difference
from maybe_stock_counts
where
    product_id = $product_id
    and counted_at between $start::timestamp and $until::timestamp + interval 120 day
order by counted_at
