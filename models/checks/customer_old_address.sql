-- One row per order that goes to the address its customer has moved away from.
-- kind: customer_info
-- title: Ship-to is the address before the move
-- silent_if: known_ship_to
-- prior: 0.5 at 3, 0.95 at 6
-- reason.old_address: Ship-to "{actual}" was left after {left_on}: the {count_before} orders before this one went to "{expected}".
-- counterfactual: With "{expected}", where the orders before went, it would not be flagged.
with returns as (
    select *
    from customer_stays
    where order_count <= 2
        and place_key = place_before_that
        and count_before >= 3
        and is_new_before
        and earlier_count >= 3
        and (place_after is null or place_after = place_before)
        -- Who changes places all the time has not moved.
        and stay_count <= 6
),
expected as (
    select customer_id, street_key || chr(31) || coalesce(city_key, '') as place_key, any_value(address) as address, bool_or(is_master) as is_master
    from customer_places
    group by all
)
select
    orders.order_id,
    'old_address' as variant,
    2.5 + least(1.5, 0.25 * (returns.count_before - 3))
    + least(1, 0.5 * coalesce(returns.count_after, 0))
    + case when expected.is_master then 1.5 else 0 end
    - 0.5 * greatest(returns.stay_count - 4, 0)
    - 0.7 * (returns.order_count - 1) as anomaly_score,
    0.1 * orders.order_value as impact,
    'stale_master_data' as cause,
    {
        'actual': orders.ship_to_address,
        'expected': expected.address,
        'count_before': returns.count_before,
        'left_on': strftime(returns.from_at, '%Y-%m-%d')
    } as evidence
from returns
inner join expected on expected.customer_id = returns.customer_id and expected.place_key = returns.place_before
inner join order_facts as orders
    on orders.customer_id = returns.customer_id and orders.ordered_at between returns.from_at and returns.to_at
where anomaly_score >= 1.3
