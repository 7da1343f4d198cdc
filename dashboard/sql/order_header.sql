-- One row: an order's header and its customer.
select
    orders.*,
    customers.name as customer_name,
    customers.phone as customer_phone,
    customers.address as customer_address,
    customers.city as customer_city,
    customers.credit_limit,
    customers.segment
from orders
left join maybe_customers as customers using (customer_id)
where orders.order_id = $order_id
