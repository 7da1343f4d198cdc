-- One row per customer and unbroken run of orders to the same place, in the order of time.
with placed as (
    select
        orders.order_id,
        orders.customer_id,
        orders.ordered_at,
        places.street_key || chr(31) || coalesce(places.city_key, '') as place_key
    from customer_ship_tos as orders
    inner join customer_places as places using (place_id)
    where length(places.street_key) >= 4
),
stepped as (
    select
        *,
        place_key is distinct from lag(place_key) over history as is_change
    from placed
    window history as (partition by customer_id order by ordered_at, order_id)
),
numbered as (
    select
        *,
        sum(is_change::integer) over (partition by customer_id order by ordered_at, order_id) as stay
    from stepped
),
stays as (
    select
        customer_id,
        stay,
        any_value(place_key) as place_key,
        count(*) as order_count,
        min(order_id) as first_order_id,
        max(order_id) as last_order_id,
        min(ordered_at) as from_at,
        max(ordered_at) as to_at
    from numbered
    group by customer_id, stay
),
counted as (
    select
        *,
        min(from_at) over (partition by customer_id, place_key) as first_used_at,
        count(*) over (partition by customer_id) as stay_count
    from stays
)
select
    *,
    lag(place_key) over history as place_before,
    lag(order_count) over history as count_before,
    -- A place that was used before its predecessor is no new home.
    lag(from_at = first_used_at) over history as is_new_before,
    lag(place_key, 2) over history as place_before_that,
    sum(order_count) over (
        partition by customer_id, place_key
        order by stay
        rows between unbounded preceding and 1 preceding
    ) as earlier_count,
    lead(place_key) over history as place_after,
    lead(order_count) over history as count_after
from counted
window history as (partition by customer_id order by stay)
