-- One row per product, the most ordered first.
select products.product_id, products.name, products.unit, products.list_price
from maybe_products as products
left join maybe_order_lines as order_lines using (product_id)
group by all
order by count(order_lines.order_id) desc
limit 3000
