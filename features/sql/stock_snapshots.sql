-- One row per product, warehouse and day with a snapshot: book stock at the start of that day; none from after now.
select
    product_id,
    coalesce(warehouse_id, '') as warehouse_id,
    date_trunc('day', as_of) as as_of,
    arg_max(on_hand, as_of) as on_hand,
    arg_max(reserved, as_of) as reserved
from maybe_inventory
where as_of <= $now
group by product_id, coalesce(warehouse_id, ''), date_trunc('day', as_of)
