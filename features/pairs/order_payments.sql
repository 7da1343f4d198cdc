-- One row per order: whether it was paid, and whether it should have been by now; null where nothing is known of payments.
with paid as (
    select orders.id, sum(payments.amount) as amount
    from maybe_payments as payments
    inner join pair_orders as orders using (order_id)
    where coalesce(lower(payments.status), '')
        not in ('failed', 'declined', 'cancelled', 'pending', 'reversed', 'refunded')
    group by orders.id
),
known as (select count(*) > 0 as has_payments from maybe_payments)
select
    orders.id,
    coalesce(paid.amount, 0) >= 0.5 * orders.amount as is_paid,
    orders.due_at + interval 3 day < $now as is_due
from pair_orders as orders
cross join known
left join paid using (id)
where known.has_payments
