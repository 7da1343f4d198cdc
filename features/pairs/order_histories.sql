-- One row per order: what came of it, as far as that is known by now, and when its basket came next.
-- Whether it was paid, and should have been, is null where nothing is known of payments. The customer's next order of the
-- same basket counts from four hours on; before, it may be a repeat.
-- default: least_gap_hours = 4
with paid as (
    select orders.id, sum(payments.amount) as amount
    from maybe_payments as payments
    inner join pair_orders as orders using (order_id)
    where coalesce(lower(payments.status), '')
        not in ('failed', 'declined', 'cancelled', 'pending', 'reversed', 'refunded')
    group by orders.id
),
known as (select count(*) > 0 as has_payments from maybe_payments),
next_uses as (
    select
        id,
        min(second) over (
            partition by entity, basket order by second
            range between cast($least_gap_hours * 3600 as bigint) following and unbounded following
        ) as second_after
    from pair_orders
    semi join habit_baskets on habit_baskets.habit = hash(pair_orders.entity, pair_orders.basket)
)
select
    orders.id,
    if(known.has_payments, coalesce(paid.amount, 0) >= 0.5 * orders.amount, null) as is_paid,
    orders.due_at + interval 3 day < $now as is_due,
    next_uses.second_after,
    reversals.reversed_second
from pair_orders as orders
cross join known
left join paid using (id)
left join next_uses using (id)
left join order_reversals as reversals using (id)
