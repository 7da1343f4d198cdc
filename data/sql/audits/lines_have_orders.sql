-- One row per order line whose order is not there.
-- title: Every order line has its order
-- blocking: true
select order_id, line_no
from order_lines
where order_id not in (select order_id from orders)
