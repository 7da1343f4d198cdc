-- One row per product that runs out and what its customers could take instead, the best first.
select
    substitutes.* replace (round(price_ratio, 2) as price_ratio, round(customer_share, 2) as customer_share),
    coalesce(products.name, substitutes.product_id) as product_name
from substitutes
left join maybe_products as products using (product_id)
order by product_name, substitutes.score desc
