-- One row per customer and basket: how often it comes and how long it usually is until it comes again.
-- default: least_gap_hours = 4    # closer repeats may be duplicates themselves and must not set the rhythm
with gaps as (
    select
        entity,
        basket,
        second - lag(second) over (partition by entity, basket order by id) as gap
    from pair_orders
    where basket is not null
)
select
    hash(entity, basket) as habit,
    count(*) as order_count,
    count(*) filter (where gap >= $least_gap_hours * 3600) as gap_count,
    quantile_disc(gap, 0.51) filter (where gap >= $least_gap_hours * 3600) as usual_gap
from gaps
group by entity, basket
having count(*) > 1
