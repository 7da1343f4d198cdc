-- One row per order: when the same customer ordered the same basket before and after it, four hours or more apart.
-- default: least_gap_hours = 4
select
    id,
    max(second) over (
        partition by entity, basket order by second
        range between unbounded preceding and cast($least_gap_hours * 3600 as bigint) preceding
    ) as second_before,
    min(second) over (
        partition by entity, basket order by second
        range between cast($least_gap_hours * 3600 as bigint) following and unbounded following
    ) as second_after
from pair_orders
where basket is not null
