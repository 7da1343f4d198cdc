-- One row per order and product: how often this customer, and how often anyone, orders just this quantity of it.
with lines as (
    select items.id, items.item, items.product, items.quantity, orders.entity
    from pair_items as items
    inner join pair_orders as orders using (id)
)
select
    id,
    item,
    product,
    quantity,
    count(*) over (partition by entity, product, quantity) as own_count,
    count(*) over (partition by product, quantity) as all_count
from lines
