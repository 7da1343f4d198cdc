-- One row per order and product: how often this customer, and how often anyone, orders just this quantity of it.
with lines as (
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
)
select lines.id, lines.item, lines.product, lines.quantity, own.own_count, everyone.all_count
from lines
inner join own on own.entity = lines.entity and own.amount = lines.amount
inner join everyone on everyone.amount = lines.amount
