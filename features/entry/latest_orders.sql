-- One row per order among the latest 400 of all: what is usual in the company, whoever orders.
select *
from orders
order by ordered_at desc, order_id desc
limit 400
