-- One row per period of a product's list price, or of one customer's contract price for a product, with its neighbours.
with stated as (
    select product_id, customer_id, valid_from, valid_to, unit_price
    from maybe_prices
    where unit_price > 0
    union all
    select product_id, null as customer_id, timestamp '1900-01-01' as valid_from, null as valid_to, list_price as unit_price
    from maybe_products
    where list_price > 0 and product_id not in (select product_id from maybe_prices where customer_id is null)
)
select
    product_id,
    customer_id,
    valid_from,
    -- a date stands for its whole day
    case when valid_to = date_trunc('day', valid_to) then valid_to + interval 1 day else valid_to end as valid_until,
    unit_price,
    lag(unit_price) over earlier as previous_price,
    lag(unit_price, 2) over earlier as price_before_previous,
    lead(unit_price) over earlier as next_price,
    lead(valid_from) over earlier as next_from
from stated
window earlier as (partition by product_id, customer_id order by valid_from)
