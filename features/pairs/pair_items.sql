-- One row per order and product: what all its lines together ask for.
select
    ids.id,
    hash(lines.product_id) as product,
    hash(ids.id, hash(lines.product_id)) as item,
    round(sum(lines.quantity), 3) as quantity,
    sum(lines.quantity * lines.unit_price * (1 - coalesce(lines.discount, 0))) as net_value
from match_lines as lines
inner join pair_ids as ids using (order_id)
group by ids.id, lines.product_id
