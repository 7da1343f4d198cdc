-- One row per customer: the weekdays on which many of its orders come, as the bits 1 (Monday) to 7 of one number.
-- default: least_share = 0.15
with counts as (
    select entity, weekday, count(*) as order_count, sum(count(*)) over (partition by entity) as customer_order_count
    from pair_orders
    group by entity, weekday
)
select
    entity,
    bit_or(if(order_count >= $least_share * customer_order_count, 1 << weekday, 0)) as usual_weekdays
from counts
group by entity
