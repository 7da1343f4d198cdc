-- One row per day to come of a product that may run out: its stock without a new order.
select day, balance, receipts, chance, is_beyond_lead
from stock_course
where product_id = $product_id
order by day
