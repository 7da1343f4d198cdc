-- One row per order line whose price is off its expected one: the product's lines next to it in time that are off alike.
with near_by as (
    select
        bases.order_id,
        bases.line_no,
        bases.customer_key,
        bases.log_net,
        bases.log_gross,
        bases.has_list,
        expectations.deviation,
        bases.log_gross - bases.log_base as gross_ratio,
        list({
            'customer': bases.customer_key,
            'deviation': expectations.deviation,
            'log_net': bases.log_net,
            'gross_ratio': bases.log_gross - bases.log_base
        }) over around as others
    from price_bases as bases
    inner join price_expectations as expectations using (order_id, line_no)
    where expectations.deviation is not null and not bases.is_known_wrong
    window
        around as (
            partition by bases.product_key
            order by bases.ordered_on, bases.order_id
            rows between 12 preceding and 12 following exclude current row
        )
),
off as (
    select
        * exclude (others),
        list_filter(others, lambda other: other.customer <> customer_key) as others
    from near_by
    where abs(deviation) > 0.005
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
