-- One row per customer, those who ordered last first.
select customers.customer_id, customers.name
from maybe_customers as customers
left join maybe_orders as orders using (customer_id)
group by customers.customer_id, customers.name
order by max(orders.ordered_at) desc nulls last
limit 3000
