-- One row per order line whose price is off its expected one: the product's lines next to it in time that are off alike.
with placed as (
    select
        bases.order_id,
        bases.line_no,
        bases.product_key,
        bases.customer_key,
        bases.log_net,
        bases.has_list,
        expectations.deviation,
        bases.log_gross - bases.log_base as gross_ratio,
        row_number() over (partition by bases.product_key order by bases.ordered_on, bases.order_id, bases.line_no) as place
    from price_bases as bases
    inner join price_expectations as expectations using (order_id, line_no)
    where expectations.deviation is not null and not bases.is_known_wrong
),
near_places as (
    select *, unnest(range(place - 12, place + 13)) as other_place
    from placed
    where abs(deviation) > 0.005
),
pairs as (
    select
        near_places.product_key,
        near_places.place,
        others.customer_key,
        abs(others.deviation - near_places.deviation) <= 0.006
        or (not near_places.has_list and abs(others.log_net - near_places.log_net) <= 0.006) as is_alike,
        -- the same unit price before the discount of the line
        abs(others.gross_ratio - near_places.gross_ratio) <= 0.006 as is_gross_alike
    from near_places
    inner join placed as others
        on others.product_key = near_places.product_key and others.place = near_places.other_place
    where others.customer_key <> near_places.customer_key
),
counted as (
    select
        product_key,
        place,
        count(*) as other_count,
        count(*) filter (where is_alike) as alike_count,
        min(customer_key) filter (where is_alike) < max(customer_key) filter (where is_alike) as has_two_alike,
        count(*) filter (where is_gross_alike) as gross_alike_count,
        min(customer_key) filter (where is_gross_alike) < max(customer_key) filter (where is_gross_alike)
            as has_two_gross_alike
    from pairs
    group by product_key, place
)
select
    placed.order_id,
    placed.line_no,
    -- of at least two customers
    coalesce(counted.has_two_alike, false) as has_two_alike,
    coalesce(counted.alike_count / counted.other_count, 0) as alike_share,
    coalesce(counted.has_two_gross_alike, false) as has_two_gross_alike,
    coalesce(counted.gross_alike_count / counted.other_count, 0) as gross_alike_share
from placed
left join counted using (product_key, place)
where abs(placed.deviation) > 0.005
