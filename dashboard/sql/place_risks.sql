-- One row per product and warehouse, of the products that several keep: how long its stock lasts there.
select risks.*, coalesce(products.name, risks.product_id) as product_name, products.unit
from place_risks as risks
left join maybe_products as products using (product_id)
order by risks.probability desc, risks.impact desc
limit 4000
