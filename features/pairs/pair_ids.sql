-- One row per order: a narrow number that counts in the order of time, and the hash that other tables find it by.
select
    order_id,
    hash(order_id) as written,
    cast(row_number() over (order by ordered_at, length(order_id), order_id) as integer) as id
from match_orders
