-- One row per payment of the latest orders of each customer, sorted by customer.
select payments.*, orders.customer_id
from maybe_payments as payments
inner join recent_orders as orders using (order_id)
order by orders.customer_id, payments.order_id, payments.payment_id
