-- One row per customer and set of products: how often it comes and how long it usually is until it comes again.
-- default: least_gap_hours = 4    # closer repeats may be duplicates themselves and must not set the rhythm
with gaps as (
    select
        entity,
        products,
        second - lag(second) over (partition by entity, products order by id) as gap
    from pair_orders
    where products is not null
)
select
    hash(entity, products) as habit,
    count(*) as order_count,
    count(*) filter (where gap >= $least_gap_hours * 3600) as gap_count,
    quantile_disc(gap, 0.51) filter (where gap >= $least_gap_hours * 3600) as usual_gap
from gaps
group by entity, products
having count(*) > 1
