-- One row per customer and customer PO used more than once: how often, and over how long.
select
    hash(entity, po) as habit,
    count(*) as order_count,
    (max(second) - min(second)) / 86400.0 as span_days
from pair_orders
where po is not null
group by entity, po
having count(*) > 1
