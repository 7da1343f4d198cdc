-- One row per late purchase order line and order line that waits for it.
select
    expedites.*,
    coalesce(products.name, expedites.product_id) as product_name,
    coalesce(customers.name, expedites.customer_id) as customer_name
from expedites
left join maybe_products as products using (product_id)
left join maybe_customers as customers using (customer_id)
order by expedites.overdue_days desc, expedites.value desc
limit 5000
