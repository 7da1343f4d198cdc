-- One row per order: how many earlier orders the customer placed within two hours of this one's time of day.
with slots as (
    select
        order_id,
        customer_id,
        ordered_at,
        step.shift = 0 as is_own,
        (hour(ordered_at) + step.shift + 24) % 24 as slot
    from order_facts
    cross join (values (-2), (-1), (0), (1), (2)) as step (shift)
),
hours as (
    select slot, count(*) as slot_count, count(*) filter (where is_own) as own_count
    from slots
    group by slot
),
usual as (
    select slot, slot_count / sum(slot_count * own_count) over () * 5 as usual_hour_share
    from hours
),
counted as (
    select order_id, is_own, slot, rank() over (partition by hash(customer_id, slot) order by ordered_at) - 1 as near_count
    from slots
)
select counted.order_id, counted.slot as order_hour, counted.near_count as near_hour_count, usual.usual_hour_share
from counted
inner join usual using (slot)
where counted.is_own
