-- One row per order line of a product in an interval, the largest first.
select
    lines.order_id,
    lines.line_no,
    orders.ordered_at,
    coalesce(customers.name, orders.customer_id) as customer_name,
    lines.quantity,
    lines.shipped_quantity,
    orders.status
from order_lines as lines
inner join orders using (order_id)
left join maybe_customers as customers on customers.customer_id = orders.customer_id
where
    lines.product_id = $product_id
    and orders.ordered_at between $start::timestamp and $until::timestamp
    and coalesce(orders.status, 'new') <> 'cancelled'
order by lines.quantity desc, orders.ordered_at
limit 200
