-- One row per customer and weekday: how many orders come on it.
select
    hash(entity, isodow(ordered_at)) as habit,
    count(*) as order_count
from pair_orders
group by entity, isodow(ordered_at)
