-- One row per product that order lines name and the product table lacks.
-- title: Products of order lines are known
-- blocking: false
select order_lines.product_id, count(*) as line_count
from order_lines
anti join products using (product_id)
group by order_lines.product_id
