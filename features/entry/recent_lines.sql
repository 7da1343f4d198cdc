-- One row per line of the latest orders of each customer, sorted by customer.
select lines.*, orders.customer_id
from order_lines as lines
inner join recent_orders as orders using (order_id)
order by orders.customer_id, orders.ordered_at, lines.order_id, lines.line_no
