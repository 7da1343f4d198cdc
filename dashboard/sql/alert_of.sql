-- One row per alert that an exception, an order or an alert's own name stands for.
select alert_id
from exceptions
where exception_id = $id or alert_id = $id or order_id = $id
order by rank
limit 1
