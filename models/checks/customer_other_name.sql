-- One row per order that bears the name of another customer.
-- kind: customer_info
-- title: Ship-to name of another customer
-- silent_if: earlier_ship_to
-- prior: 0.5 at 3, 0.95 at 6
-- reason.other_name: Ship-to name "{actual}" is customer {other_id}; the order is for {expected} and goes to the address of {expected}.
-- reason.other_name_and_place: The order of {expected} goes to "{actual}", which is customer {other_id}.
-- counterfactual.other_name: With {expected} as the ship-to name the order would not be flagged.
-- counterfactual.other_name_and_place: Entered for customer {other_id}, or sent to {expected}, the order would not be flagged.
with named as (
    select customer_id, "name", lower(regexp_replace("name", '[\x00-/:-@\[-`{-\x{BF}\x{2000}-\x{3004}\x{3008}-\x{3020}\x{FF00}-\x{FF0F}\x{FF1A}-\x{FF20}]', '', 'g')) as name_key, address
    from maybe_customers
),
unique_names as (
    select name_key, any_value(customer_id) as customer_id, any_value(address) as address
    from named
    where length(name_key) >= 4
    group by name_key
    having count(*) = 1
),
foreign_names as (
    select
        used.customer_id,
        used."value",
        used.order_count,
        others.customer_id as other_id,
        others.address as other_address,
        own."name" as own_name
    from customer_values as used
    inner join unique_names as others
        on others.name_key = lower(regexp_replace(used."value", '[\x00-/:-@\[-`{-\x{BF}\x{2000}-\x{3004}\x{3008}-\x{3020}\x{FF00}-\x{FF0F}\x{FF1A}-\x{FF20}]', '', 'g')) and others.customer_id <> used.customer_id
    inner join named as own on own.customer_id = used.customer_id and own.name_key <> others.name_key
    where used.field = 'ship_to_name'
),
placed as (
    select
        foreign_names.*,
        orders.order_id,
        orders.order_value,
        places.is_master or places.order_count >= 3 as is_own_place,
        lower(orders.ship_to_address) = lower(foreign_names.other_address) as is_others_place
    from foreign_names
    inner join order_facts as orders
        on orders.customer_id = foreign_names.customer_id and orders.ship_to_name = foreign_names."value"
    left join customer_ship_tos as ship_tos on ship_tos.order_id = orders.order_id
    left join customer_places as places on places.place_id = ship_tos.place_id
)
select
    order_id,
    case when is_others_place then 'other_name_and_place' else 'other_name' end as variant,
    case when is_others_place then 2 when is_own_place then 5.5 else 4.5 end - 1.5 * (order_count - 1) as anomaly_score,
    0.1 * order_value as impact,
    'data_entry' as cause,
    {'actual': "value", 'other_id': other_id, 'expected': own_name} as evidence
from placed
where anomaly_score >= 1.3
