-- One row per order line below its expected price: how many other customers' lines of the product, as large or nearly so, had the same discount.
with off as (
    select * from price_sizes where own_deviation < -0.005
),
ranked as (
    select
        product_id,
        quantity,
        count(*) over (partition by product_id order by quantity desc) as as_large_count
    from price_sizes
    where not is_known_wrong
    qualify row_number() over (partition by product_id, quantity) = 1
),
same as (
    select off.order_id, off.line_no, count(*) as same_count, count(distinct others.customer_id) as customer_count
    from off
    inner join off as others
        on others.product_id = off.product_id
        and others.customer_id <> off.customer_id
        and others.quantity >= off.quantity / 1.3
        and abs(others.own_deviation - off.own_deviation) <= 0.008
    where not others.is_known_wrong
    group by off.order_id, off.line_no
)
select off.order_id, off.line_no, same.same_count, same.customer_count, same.same_count / ranked.as_large_count as share
from off
inner join same using (order_id, line_no)
asof left join ranked on ranked.product_id = off.product_id and ranked.quantity >= off.quantity / 1.3
