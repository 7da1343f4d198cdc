-- One row: which state of the orders the latest ones were taken from.
select count(*) as order_count, max(updated_at) as updated_at, max(ordered_at) as ordered_at
from orders
