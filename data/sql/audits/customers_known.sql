-- One row per customer that orders name and the customer table lacks.
-- title: Customers of orders are known
-- blocking: false
select orders.customer_id, count(*) as order_count
from orders
anti join customers using (customer_id)
group by orders.customer_id
