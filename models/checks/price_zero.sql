-- One row per order line.
-- kind: price_error
-- title: Price of zero or below
-- prior: 0.5 at 1.3, 0.95 at 2.4
-- reason.zero_price: Unit price {actual:,.2f} where {expected:,.2f} is usual; {free_count} other lines of this product or customer were free.
-- reason.negative_price: Unit price {actual:,.2f} is below zero: a credit or a correction entered as an order line.
with lines as (
    select
        order_id,
        line_no,
        product_id,
        quantity,
        unit_price,
        unit_price * (1 - discount) as net_price,
        count(*) filter (where net_price <= 0) over by_product as product_free_count,
        count(*) over by_product as product_count,
        count(*) filter (where net_price <= 0) over by_customer as customer_free_count,
        count(*) over by_customer as customer_count,
        max(net_price) over (partition by order_id, product_id) as best_price_in_order
    from line_facts
    window
        by_product as (partition by product_id),
        by_customer as (partition by customer_id)
)
select
    lines.order_id,
    lines.line_no,
    lines.product_id,
    case when lines.net_price < 0 then 'negative_price' else 'zero_price' end as variant,
    -- how rare a free line is for this product and this customer; a free piece beside paid ones is a bonus
    -log10(
        greatest(
            (product_free_count - 1 + 0.2) / (product_count - 1 + 20),
            (customer_free_count - 1 + 0.2) / (customer_count - 1 + 20)
        )
    )
    - case when best_price_in_order > 0 then 1 else 0 end
    + case when lines.net_price < 0 then 1 else 0 end as anomaly_score,
    coalesce(exp(expectations.log_expected) - lines.net_price, abs(lines.net_price)) * abs(lines.quantity) as impact,
    'data_entry' as cause,
    {
        'actual': lines.unit_price,
        'expected': exp(expectations.log_expected),
        'expected_by': expectations.expected_by,
        'free_count': greatest(product_free_count, customer_free_count) - 1
    } as evidence
from lines
left join price_expectations as expectations using (order_id, line_no)
where lines.net_price <= 0
