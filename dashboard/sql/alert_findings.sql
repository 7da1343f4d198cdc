-- One row per finding of one alert, the strongest first.
select
    exceptions.*,
    orders.order_number,
    coalesce(orders.ship_to_region, orders.ship_to_country) as region,
    coalesce(orders.currency, (select mode(currency) from maybe_orders)) as currency,
    customers.name as customer_name,
    products.name as product_name
from exceptions
left join maybe_orders as orders using (order_id)
left join maybe_customers as customers on customers.customer_id = exceptions.customer_id
left join maybe_products as products on products.product_id = exceptions.product_id
where exceptions.alert_id = $alert_id
order by exceptions.rank
