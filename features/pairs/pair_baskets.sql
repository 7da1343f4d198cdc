-- One row per order: its basket as one hash with and one without quantities, and its rarest product.
-- Each line is hashed twice: the hash of two values is linear in them, so that equal quantities would cancel out.
with reach as (
    select product, row_number() over (order by count(*), product) as place
    from pair_items
    group by product
)
select
    items.id,
    count(*) as product_count,
    bit_xor(hash(hash(items.product, items.quantity))) as basket,
    bit_xor(items.product) as products,
    arg_min(items.product, reach.place) as rarest_product,
    sum(items.net_value) as net_value
from pair_items as items
inner join reach using (product)
group by items.id
