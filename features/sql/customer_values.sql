-- One row per customer, ship-to field and value as written: how often, beside the master's value and the customer's usual one.
with written as (
    select
        customer_id,
        ordered_at,
        coalesce(ship_to_country, customer_country) as country,
        unnest([
            'ship_to_name', 'ship_to_phone', 'ship_to_address', 'ship_to_city', 'ship_to_region', 'ship_to_postal_code'
        ]) as field,
        unnest([
            ship_to_name, ship_to_phone, ship_to_address, ship_to_city, ship_to_region, ship_to_postal_code
        ]) as "value"
    from order_facts
),
masters as (
    select
        customer_id,
        unnest([
            'ship_to_name', 'ship_to_phone', 'ship_to_address', 'ship_to_city', 'ship_to_region', 'ship_to_postal_code'
        ]) as field,
        unnest(["name", phone, address, city, region, postal_code]) as master_value
    from maybe_customers
),
counted as (
    select
        customer_id,
        field,
        "value",
        any_value(country) as country,
        count(*) as order_count,
        min(ordered_at) as first_used_at,
        max(ordered_at) as last_used_at
    from written
    where trim("value") <> ''
    group by customer_id, field, "value"
)
select
    counted.*,
    countries.iso,
    countries.postal_pattern,
    masters.master_value,
    first_value("value") over usual as usual_value,
    first_value(order_count) over usual as usual_count,
    sum(order_count) over (partition by counted.customer_id, counted.field) as customer_count
from counted
left join masters using (customer_id, field)
left join customer_countries as countries on countries.country = upper(trim(counted.country))
window usual as (partition by counted.customer_id, counted.field order by order_count desc, first_used_at, "value")
