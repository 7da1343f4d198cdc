-- One row per product and warehouse ever counted, those with the most units wrong first.
select accuracy.*, coalesce(products.name, accuracy.product_id) as product_name
from count_accuracy as accuracy
left join maybe_products as products using (product_id)
order by accuracy.wrong_units desc, accuracy.product_id
limit 2000
