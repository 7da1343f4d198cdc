-- One row per line of an order that is not cancelled: the line, its order's header, its product.
select
    order_lines.order_id,
    order_lines.line_no,
    order_lines.product_id,
    order_lines.quantity,
    order_lines.unit_price,
    coalesce(order_lines.discount, 0) as discount,
    order_lines.quantity * order_lines.unit_price * (1 - coalesce(order_lines.discount, 0)) as net_value,
    order_lines.shipped_quantity,
    order_lines.warehouse_id,
    orders.customer_id,
    orders.ordered_at,
    date_trunc('day', orders.ordered_at) as ordered_on,
    orders.channel,
    orders.entered_by,
    orders.status,
    orders.currency,
    customers.segment,
    products.name as product_name,
    products.category,
    products.unit,
    products.list_price,
    products.unit_cost,
    excluded.order_id is not null as is_known_wrong
from order_lines
inner join orders using (order_id)
left join maybe_customers as customers on customers.customer_id = orders.customer_id
left join maybe_products as products on products.product_id = order_lines.product_id
left join excluded_lines as excluded
    on excluded.order_id = order_lines.order_id and excluded.line_no = order_lines.line_no
where coalesce(orders.status, 'new') <> 'cancelled'
