-- One row per order with a ship-to: the place it goes to.
select
    order_id,
    customer_id,
    ordered_at,
    order_value,
    hash(customer_id, ship_to_address, ship_to_city, ship_to_region, ship_to_postal_code, ship_to_country) as place_id
from order_facts
where coalesce(ship_to_address, ship_to_city, ship_to_postal_code) is not null
