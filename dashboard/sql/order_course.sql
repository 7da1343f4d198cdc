-- One row per thing that happened to an order, or was promised: its status events, its dates and its payments.
with dates as (
    unpivot (
        select order_id, ordered_at, requested_at, promised_at, shipped_at, delivered_at, payment_due_at
        from maybe_orders
        where order_id = $order_id
    )
    on ordered_at, requested_at, promised_at, shipped_at, delivered_at, payment_due_at
    into name what value moment
)
select moment, 'date' as sort, what, null as by_whom, null as amount
from dates
union all
select "at", 'status', status, "by", null
from maybe_order_events
where order_id = $order_id
union all
select paid_at, 'payment', coalesce(status, 'paid'), method, amount
from maybe_payments
where order_id = $order_id
order by moment, sort
