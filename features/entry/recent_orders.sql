-- One row per order among the latest 200 of its customer, so sorted that one customer's are read without the others'.
select *
from orders
qualify row_number() over (partition by customer_id order by ordered_at desc, order_id desc) <= 200
order by customer_id, ordered_at, order_id
