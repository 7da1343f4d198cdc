-- One row per customer and customer PO used more than once: how often, and over how long.
-- default: least_gap_hours = 4    # the same basket again within these is a repeat, not another use
with uses as (
    select
        entity,
        po,
        second,
        second - lag(second) over (partition by entity, po, basket order by id) as gap
    from pair_orders
    where po is not null
)
select
    hash(entity, po) as habit,
    count(*) filter (where gap is null or gap >= $least_gap_hours * 3600) as use_count,
    (max(second) - min(second)) / 86400.0 as span_days
from uses
group by entity, po
having count(*) > 1
