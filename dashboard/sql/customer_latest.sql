-- One row: where the latest order of a customer came from and went to; none without any.
select
    channel, currency, ship_to_name, ship_to_phone, ship_to_address, ship_to_city, ship_to_region, ship_to_postal_code, ship_to_country
from maybe_orders
where customer_id = $customer_id and coalesce(status, '') <> 'cancelled'
order by ordered_at desc nulls last, order_id desc
limit 1
