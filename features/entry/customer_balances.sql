-- One row per customer: what the latest orders come to that is not paid for certain, at most.
with paid as (
    select
        order_id,
        -- whatever is not plainly paid may have failed or been given back
        sum(case when lower(coalesce(status, '')) in ('', 'paid', 'settled', 'completed', 'received') then amount else -abs(amount) end)
            as amount
    from recent_payments
    group by order_id
)
select
    orders.customer_id,
    sum(greatest(coalesce(orders.total_amount, 0) - coalesce(paid.amount, 0), 0)) as owed
from recent_orders as orders
left join paid using (order_id)
where coalesce(orders.status, 'new') <> 'cancelled'
group by orders.customer_id
order by orders.customer_id
