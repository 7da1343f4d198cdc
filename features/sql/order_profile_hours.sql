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
counted as (
    select
        order_id,
        is_own,
        slot,
        count(*) over (
            partition by customer_id, slot
            order by ordered_at range between unbounded preceding and interval 1 microsecond preceding
        ) as near_count,
        count(*) over (partition by slot) as slot_count
    from slots
)
select
    order_id,
    slot as order_hour,
    near_count as near_hour_count,
    slot_count / sum(slot_count) over (partition by is_own) * 5 as usual_hour_share
from counted
where is_own
