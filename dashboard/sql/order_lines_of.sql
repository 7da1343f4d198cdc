-- One row per line of an order.
select
    order_lines.line_no,
    order_lines.product_id,
    products.name as product_name,
    order_lines.quantity,
    products.unit,
    order_lines.unit_price,
    products.list_price,
    order_lines.discount,
    order_lines.quantity * order_lines.unit_price * (1 - coalesce(order_lines.discount, 0)) as net_value,
    order_lines.shipped_quantity
from order_lines
left join maybe_products as products using (product_id)
where order_lines.order_id = $order_id
order by order_lines.line_no
