-- One row per order of a group: what was found in it.
select
    exceptions.exception_id,
    exceptions.order_id,
    exceptions.kind,
    exceptions.ordered_at,
    customers.name as customer_name,
    exceptions.order_value,
    exceptions.score,
    labels.label
from exceptions
left join maybe_customers as customers using (customer_id)
left join labels using (exception_id)
where exceptions.alert_id = $alert_id
order by exceptions.ordered_at, exceptions.order_id
