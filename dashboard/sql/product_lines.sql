-- One row per recent order line of a product, up to a time: what was ordered at which price by whom.
select
    orders.ordered_at,
    orders.order_id,
    order_lines.line_no,
    orders.customer_id,
    customers.name as customer_name,
    order_lines.quantity,
    order_lines.unit_price
from order_lines
inner join orders using (order_id)
left join maybe_customers as customers using (customer_id)
where order_lines.product_id = $product_id and coalesce(orders.status, 'new') <> 'cancelled'
order by
    orders.order_id = $order_id desc,
    orders.customer_id = $customer_id desc,
    abs(date_diff('day', orders.ordered_at, $ordered_at::timestamp))
limit 600
