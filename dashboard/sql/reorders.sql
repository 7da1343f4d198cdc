-- One row per proposed purchase, the most urgent first.
select reorders.*, coalesce(products.name, reorders.product_id) as product_name, products.unit
from reorders
left join maybe_products as products using (product_id)
order by reorders.order_by, reorders.position - reorders.reorder_point
limit 5000
