-- One row per product: how long its stock lasts, and how likely it runs out before it can be replenished.
select stock_risks.*, coalesce(products.name, stock_risks.product_id) as product_name, products.unit
from stock_risks
left join maybe_products as products using (product_id)
order by stock_risks.probability desc, stock_risks.impact desc
limit 2000
