-- One row per order and product: what all its lines together ask for.
with lines as (
    select
        ids.id,
        hash(lines.product_id) as product,
        lines.quantity,
        lines.quantity * lines.unit_price * (1 - coalesce(lines.discount, 0)) as net_value
    from match_lines as lines
    inner join pair_ids as ids on ids.written = hash(lines.order_id)
)
select
    id,
    product,
    hash(id, product) as item,
    round(sum(quantity), 3) as quantity,
    sum(net_value) as net_value
from lines
group by id, product
