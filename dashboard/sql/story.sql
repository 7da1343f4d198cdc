-- One row: the identity of one short line, with its product, customer and finding.
select
    stories.*,
    stockouts.ordered_at,
    stockouts.cause,
    stockouts.short_quantity,
    coalesce(products.name, stories.product_id) as product_name,
    products.unit,
    coalesce(customers.name, orders.customer_id) as customer_name,
    orders.currency,
    exceptions.exception_id,
    exceptions.source,
    exceptions.variant as told_variant,
    exceptions.evidence,
    exceptions.reason
from shortage_stories as stories
inner join stockouts using (order_id, line_no)
left join maybe_orders as orders using (order_id)
left join maybe_products as products on products.product_id = stories.product_id
left join maybe_customers as customers on customers.customer_id = orders.customer_id
left join exceptions
    on exceptions.order_id = stories.order_id
    and exceptions.line_no = stories.line_no
    and exceptions.kind = 'stock_shortage'
where stories.order_id = $order_id and stories.line_no = $line_no
