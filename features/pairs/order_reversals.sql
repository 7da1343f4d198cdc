-- One row per order that a later one of the same customer takes back whole, with negative quantities: when.
with negative as (
    select distinct order_id
    from order_lines
    where quantity < 0
),
taken as (
    select lines.order_id, hash(lines.product_id) as product, round(sum(-lines.quantity), 3) as quantity
    from order_lines as lines
    semi join negative using (order_id)
    group by lines.order_id, lines.product_id
),
reversals as (
    select order_id, bit_xor(hash(hash(product, quantity))) as basket
    from taken
    group by order_id
)
select orders.id, min(epoch(source.ordered_at)::bigint) as reversed_second
from reversals
inner join orders as source using (order_id)
inner join pair_orders as orders
    on orders.customer = hash(source.customer_id) and orders.basket = reversals.basket
where epoch(source.ordered_at)::bigint >= orders.second
group by orders.id
