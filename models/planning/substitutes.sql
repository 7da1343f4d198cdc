-- One row per product that runs out and another of its category that its customers buy too, seldom in the same order.
with wanted as (
    select stock_now.product_id, products.category, stock_now.price
    from stock_now
    inner join maybe_products as products using (product_id)
    where stock_now.is_wanted and products.category is not null
),
free as (
    select stock_now.product_id, products.category, products.name, stock_now.price, stock_now.on_hand - stock_now.owed as free_units
    from stock_now
    inner join maybe_products as products using (product_id)
    where stock_now.on_hand > stock_now.owed and not stock_now.is_wanted
),
candidates as (
    select
        wanted.product_id,
        free.product_id as substitute_id,
        free.name as substitute_name,
        free.free_units,
        free.price / nullif(wanted.price, 0) as price_ratio
    from wanted
    inner join free using (category)
    where free.price between 0.67 * wanted.price and 1.5 * wanted.price
),
bought as (
    select distinct product_id, customer_id, order_id
    from demand_lines
    where product_id in (select product_id from candidates union select substitute_id from candidates)
),
customers as (
    select distinct product_id, customer_id
    from bought
),
shared as (
    select candidates.product_id, candidates.substitute_id, count(*) as customer_count
    from candidates
    inner join customers as own on own.product_id = candidates.product_id
    inner join customers as other
        on other.product_id = candidates.substitute_id and other.customer_id = own.customer_id
    group by candidates.product_id, candidates.substitute_id
),
together as (
    select candidates.product_id, candidates.substitute_id, count(*) as order_count
    from candidates
    inner join bought as own on own.product_id = candidates.product_id
    inner join bought as other on other.product_id = candidates.substitute_id and other.order_id = own.order_id
    group by candidates.product_id, candidates.substitute_id
),
counts as (
    select product_id, count(distinct order_id) as order_count, count(distinct customer_id) as customer_count
    from bought
    group by product_id
),
scored as (
    select
        candidates.*,
        shared.customer_count,
        shared.customer_count / counts.customer_count as customer_share,
        coalesce(together.order_count, 0) / counts.order_count as together_share
    from candidates
    inner join shared using (product_id, substitute_id)
    inner join counts using (product_id)
    left join together using (product_id, substitute_id)
)
select
    *,
    customer_share * (1 - together_share) * least(price_ratio, 1 / price_ratio) as score
from scored
where together_share < 0.5
qualify row_number() over (partition by product_id order by score desc, substitute_id) <= 3
