-- One row per finding with all that is told of it; nothing that people say changes it.
select
    exceptions.* exclude (score, rank, priority),
    orders.order_number,
    coalesce(orders.ship_to_region, orders.ship_to_country) as region,
    coalesce(orders.currency, (select mode(currency) from maybe_orders)) as currency,
    customers.name as customer_name,
    products.name as product_name,
    exceptions.exception_id in (
        select exception_id from first_found where run_id = (select max(run_id) from detect_runs)
    ) as is_new,
    lower(concat_ws(
        ' ',
        exceptions.order_id,
        exceptions.product_id,
        exceptions.customer_id,
        exceptions.entered_by,
        orders.order_number,
        customers.name,
        products.name,
        exceptions.alert_id
    )) as words
from exceptions
left join maybe_orders as orders on orders.order_id = exceptions.order_id
left join maybe_customers as customers on customers.customer_id = exceptions.customer_id
left join maybe_products as products on products.product_id = exceptions.product_id
order by exceptions.exception_id
