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
off as (
    select
        near_places.order_id,
        near_places.line_no,
        any_value(near_places.deviation) as deviation,
        any_value(near_places.log_net) as log_net,
        any_value(near_places.gross_ratio) as gross_ratio,
        any_value(near_places.has_list) as has_list,
        coalesce(list({
            'customer': others.customer_key,
            'deviation': others.deviation,
            'log_net': others.log_net,
            'gross_ratio': others.gross_ratio
        } order by others.place) filter (where others.customer_key <> near_places.customer_key), []) as others
    from near_places
    left join placed as others
        on others.product_key = near_places.product_key and others.place = near_places.other_place
    group by near_places.order_id, near_places.line_no
)
select
    order_id,
    line_no,
    list_filter(
        others,
        lambda other: abs(other.deviation - deviation) <= 0.006
        or (not has_list and abs(other.log_net - log_net) <= 0.006)
    ) as alike,
    len(list_distinct(list_transform(alike, lambda other: other.customer))) as alike_customer_count,
    len(alike) / greatest(len(others), 1) as alike_share,
    -- the same unit price before the discount of the line
    list_filter(others, lambda other: abs(other.gross_ratio - gross_ratio) <= 0.006) as gross_alike,
    len(list_distinct(list_transform(gross_alike, lambda other: other.customer))) as gross_alike_customer_count,
    len(gross_alike) / greatest(len(others), 1) as gross_alike_share
from off
