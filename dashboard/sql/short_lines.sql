-- One row per order line that could not be filled, the latest first.
select
    stockouts.*,
    stories.certainty,
    stories.is_provisional,
    coalesce(products.name, stockouts.product_id) as product_name,
    products.supplier_id,
    order_lines.warehouse_id,
    coalesce(customers.name, orders.customer_id) as customer_name,
    exceptions.exception_id,
    exceptions.impact,
    exceptions.source,
    exceptions.variant,
    exceptions.evidence,
    exceptions.reason,
    orders.currency
from stockouts
left join shortage_stories as stories using (order_id, line_no)
left join maybe_orders as orders using (order_id)
left join maybe_order_lines as order_lines
    on order_lines.order_id = stockouts.order_id and order_lines.line_no = stockouts.line_no
left join maybe_products as products on products.product_id = stockouts.product_id
left join maybe_customers as customers on customers.customer_id = orders.customer_id
left join exceptions
    on exceptions.order_id = stockouts.order_id
    and exceptions.line_no = stockouts.line_no
    and exceptions.kind = 'stock_shortage'
order by stockouts.ordered_at desc, stockouts.order_id, stockouts.line_no
limit 5000
