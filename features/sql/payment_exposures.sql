-- One row per order of a customer with a credit limit: what that customer owed right after it was entered.
with movements as (
    -- A settled order leaves nothing behind, though a fee or goods not shipped were taken off; a repeat is not owed.
    select
        customer_id,
        ordered_at as moved_at,
        order_id,
        case
            when settled_at is not null then paid_amount
            when payment_count = 0 and due_at < $now - interval 30 day
                and order_id in (select order_id from order_repeats where is_same_place and is_unusual)
                then 0
            else total_amount
        end as amount,
        0 as place
    from payment_orders
    union all
    select orders.customer_id, facts.paid_at, null, -facts.net_amount, 1
    from payment_facts as facts
    inner join payment_orders as orders using (order_id)
    where facts.net_amount <> 0
),
running as (
    select
        *,
        sum(amount) over (
            partition by customer_id
            order by moved_at, place, order_id
            rows between unbounded preceding and current row
        ) as exposure
    from movements
)
select
    running.order_id,
    running.customer_id,
    running.moved_at as ordered_at,
    orders.total_amount,
    orders.currency,
    orders.status,
    orders.credit_limit,
    running.exposure,
    count(*) over earlier as earlier_count,
    count(*) filter (where running.exposure > orders.credit_limit) over earlier as earlier_over_count,
    max(running.exposure / orders.credit_limit) over earlier as earlier_highest,
    count(*) over (partition by running.customer_id) as order_count,
    count(*) filter (where running.exposure > orders.credit_limit) over (partition by running.customer_id) as over_count
from running
inner join payment_orders as orders using (order_id)
where running.order_id is not null and orders.credit_limit > 0
window earlier as (
    partition by running.customer_id
    order by running.moved_at, running.order_id
    rows between unbounded preceding and 1 preceding
)
