-- One row per customer, currency and rounded ratio of net price to base price: in how many of its orders it was paid, and in what share of them.
with orders as (
    select distinct customer_key, order_id, round(free_log_ratio, 2) as step
    from price_bases
    where free_log_ratio is not null and not is_known_wrong
),
sizes as (
    select customer_key, count(distinct order_id) as order_count from orders group by customer_key
)
select customer_key, step, count(*) as order_count, count(*) / any_value(sizes.order_count) as share
from orders
inner join sizes using (customer_key)
group by customer_key, step
having count(*) >= 2
