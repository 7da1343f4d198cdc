-- One row per order that payments name and that is not there.
-- title: Every payment has its order
-- blocking: false
select payments.order_id, count(*) as payment_count
from payments
anti join orders using (order_id)
group by payments.order_id
