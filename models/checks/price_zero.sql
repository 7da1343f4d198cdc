-- One row per order line.
-- kind: price_error
-- title: Price of zero or below
-- silent_if: positive_prices
-- prior: 0.5 at 1.3, 0.95 at 2.4
-- reason.zero_price: Unit price {actual:,.2f} where {expected:,.2f} is usual; {free_count} other lines of this product or customer were free.
-- reason.negative_price: Unit price {actual:,.2f} is below zero: a credit or a correction entered as an order line.
-- counterfactual.zero_price: At {expected:,.2f} this line would not be flagged.
-- counterfactual.negative_price: Booked as a credit note, or at a price above zero, this line would not be flagged.
with lines as (
    select
        line_facts.order_id,
        line_facts.line_no,
        line_facts.customer_id,
        line_facts.product_id,
        line_facts.quantity,
        line_facts.unit_price,
        line_facts.discount,
        -- samples come one by one, of what the customer never ordered
        least(line_facts.quantity, 3) as sample_size,
        coalesce(quantities.pair_count, 0) = 0 as is_new_product
    from line_facts
    left join quantity_expectations as quantities using (order_id, line_no)
),
free as (
    select * from lines where unit_price * (1 - discount) <= 0
),
alike as (
    select
        sample_size,
        is_new_product,
        count(*) as line_count,
        count(*) filter (where unit_price * (1 - discount) <= 0) as free_count,
        case when sample_size < 3 then sum(free_count) over (partition by sample_size) else 0 end as sample_count
    from lines
    group by sample_size, is_new_product
),
by_product as (
    select product_id, count(*) as line_count, count(*) filter (where unit_price * (1 - discount) <= 0) as free_count
    from line_facts
    where product_id in (select product_id from free)
    group by product_id
),
by_customer as (
    select customer_id, count(*) as line_count, count(*) filter (where unit_price * (1 - discount) <= 0) as free_count
    from line_facts
    where customer_id in (select customer_id from free)
    group by customer_id
),
paid as (
    select distinct order_id, product_id
    from line_facts
    where unit_price * (1 - discount) > 0 and order_id in (select order_id from free)
)
select
    free.order_id,
    free.line_no,
    free.product_id,
    case when free.unit_price < 0 then 'negative_price' else 'zero_price' end as variant,
    -- how rare a free line is for this product and this customer; many of them are a practice, whatever their share
    -log10(
        greatest(
            (by_product.free_count - 0.8) / (by_product.line_count + 19),
            (by_customer.free_count - 0.8) / (by_customer.line_count + 19),
            case when alike.free_count >= 5 then alike.free_count / (alike.line_count + 19) else 0 end
        )
    )
    - 0.5 * log10(greatest(by_product.free_count, by_customer.free_count, alike.sample_count))
    -- a free piece beside paid ones is a bonus
    - case when paid.order_id is not null then 1 else 0 end
    + case when free.unit_price < 0 then 2 else 0 end as anomaly_score,
    coalesce(exp(expectations.log_expected) - least(free.unit_price, 0), abs(free.unit_price)) * abs(free.quantity) as impact,
    'data_entry' as cause,
    {
        'actual': free.unit_price,
        'expected': exp(expectations.log_expected),
        'expected_by': expectations.expected_by,
        'free_count': greatest(by_product.free_count, by_customer.free_count) - 1
    } as evidence
from free
inner join by_product using (product_id)
inner join by_customer using (customer_id)
inner join alike using (sample_size, is_new_product)
left join paid on paid.order_id = free.order_id and paid.product_id = free.product_id
left join price_expectations as expectations
    on expectations.order_id = free.order_id and expectations.line_no = free.line_no
