-- One row per open order line that competes for scarce stock.
select
    scarce.*,
    coalesce(products.name, scarce.product_id) as product_name,
    coalesce(customers.name, scarce.customer_id) as customer_name
from scarce_lines as scarce
left join maybe_products as products using (product_id)
left join maybe_customers as customers on customers.customer_id = scarce.customer_id
order by scarce.entered_at, scarce.order_id, scarce.line_no
limit 20000
