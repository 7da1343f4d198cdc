-- One row per order: whether it was paid, and whether it should have been by now; null where nothing is known of payments.
with paid as (
    select order_id, sum(amount) as amount
    from maybe_payments
    where coalesce(lower(status), '') not in ('failed', 'declined', 'cancelled', 'pending', 'reversed', 'refunded')
    group by order_id
),
known as (select count(*) > 0 as has_payments from maybe_payments)
select
    orders.id,
    coalesce(paid.amount, 0) >= 0.5 * orders.amount as is_paid,
    coalesce(source.payment_due_at, source.ordered_at + interval 60 day) + interval 3 day < $now as is_due
from pair_orders as orders
inner join match_orders as source using (order_id)
cross join known
left join paid on paid.order_id = orders.order_id
where known.has_payments
