-- One row per order without a line.
-- title: Every order has lines
-- blocking: false
select order_id
from orders
anti join order_lines using (order_id)
