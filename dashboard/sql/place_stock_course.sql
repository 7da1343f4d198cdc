-- One row per day to come of a product that may run out in a warehouse: its stock there without a new order.
select day, balance, receipts, chance, is_beyond_lead
from place_stock_course
where product_id = $product_id and warehouse_id = $warehouse_id
order by day
