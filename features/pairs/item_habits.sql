-- One row per order and product: how surprising this quantity of it is, in bits, for this customer.
-- default: borrowed = 2    # how many orders of anyone's a customer's own frequency is mixed with
with totals as (select count(*) as order_count from pair_orders),
lines as (
    select items.id, items.item, items.product, items.quantity, hash(items.product, items.quantity) as amount, orders.entity
    from pair_items as items
    inner join pair_orders as orders using (id)
),
own as (
    select entity, amount, count(*) as own_count
    from lines
    group by entity, amount
),
everyone as (
    select amount, sum(own_count)::bigint as all_count
    from own
    group by amount
),
surprises as (
    select
        own.entity,
        own.amount,
        -log2((greatest(own.own_count - 2, 0) + $borrowed * everyone.all_count / totals.order_count)
            / (greatest(customers.order_count - 2, 0) + $borrowed)) as bits
    from own
    inner join everyone using (amount)
    inner join habit_customers as customers using (entity)
    cross join totals
)
select lines.id, lines.item, lines.product, lines.quantity, surprises.bits
from lines
inner join surprises on surprises.entity = lines.entity and surprises.amount = lines.amount
