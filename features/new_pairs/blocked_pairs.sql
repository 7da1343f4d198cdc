-- One row per new order and earlier order that a blocking rule brings together; the rules of `features/pairs`, uncapped.
with later as materialized (
    select pair_orders.* from pair_orders semi join new_orders using (order_id)
),
sides as (
    select l.id as id_l, r.id as id_r, (r.second - l.second) / 86400.0 as days, l, r
    from later as r
    inner join pair_orders as l on l.id < r.id and r.second - l.second <= 120 * 86400
)
select id_l, id_r
from sides
where l.entity = r.entity and (
        days <= 3
        or (l.rarest_product = r.rarest_product and days <= 14)
        or (l.products = r.products and days <= 21)
        or (l.basket = r.basket and days <= 60)
        or l.po_stem = r.po_stem
    )
    or l.phone = r.phone and (days <= 3 or (l.products = r.products and days <= 45))
    or l.ship = r.ship and l.products = r.products and days <= 45
    or l.receiver = r.receiver and l.basket = r.basket and days <= 45
    or l.po_stem = r.po_stem and l.products = r.products
    or l.number_stem = r.number_stem
    or l.basket = r.basket and l.product_count >= 3 and days <= 10
