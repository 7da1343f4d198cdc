-- One row per order: a narrow number that counts in the order of time.
select
    order_id,
    cast(row_number() over (order by ordered_at, length(order_id), order_id) as integer) as id
from match_orders
