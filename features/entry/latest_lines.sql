-- One row per line of the latest orders of all.
select lines.*, orders.customer_id
from order_lines as lines
inner join latest_orders as orders using (order_id)
order by lines.order_id, lines.line_no
