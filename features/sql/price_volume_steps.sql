-- One row per group, size step and rounded difference from the expected price: how many lines of that size had it. Sizes are counted in half-octaves.
with sized as (
    select
        line_facts.customer_id,
        round(expectations.deviation, 2) as step,
        [
            hash('value', line_facts.currency, round(2 * log2(line_facts.quantity * exp(expectations.log_expected)))),
            hash('quantity', round(2 * log2(line_facts.quantity))),
            hash('category', line_facts.category, round(2 * log2(line_facts.quantity))),
            hash('product', line_facts.product_id, round(2 * log2(line_facts.quantity)))
        ] as size_keys
    from line_facts
    inner join price_expectations as expectations using (order_id, line_no)
    where line_facts.quantity >= 1 and expectations.deviation is not null and not line_facts.is_known_wrong
),
counted as (
    select size_key, step, count(*) as line_count, count(distinct customer_id) as customer_count
    from (select unnest(size_keys) as size_key, step, customer_id from sized)
    group by size_key, step
)
select
    size_key,
    step,
    line_count,
    customer_count,
    line_count / sum(line_count) over (partition by size_key) as share
from counted
qualify step < -0.005
