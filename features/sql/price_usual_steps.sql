-- One row per order line below its expected price: how usual that discount is for lines of its size.
with off as (
    select
        line_facts.order_id,
        line_facts.line_no,
        round(expectations.deviation, 2) as step,
        [
            hash('value', line_facts.currency, round(2 * log2(line_facts.quantity * exp(expectations.log_expected)))),
            hash('quantity', round(2 * log2(line_facts.quantity))),
            hash('category', line_facts.category, round(2 * log2(line_facts.quantity))),
            hash('product', line_facts.product_id, round(2 * log2(line_facts.quantity)))
        ] as size_keys
    from line_facts
    inner join price_expectations as expectations using (order_id, line_no)
    where expectations.deviation < -0.005 and line_facts.quantity >= 1
)
select
    order_id,
    line_no,
    max(steps.share) as share,
    max(steps.line_count) as line_count
from (select order_id, line_no, step, unnest(size_keys) as size_key from off) as off
inner join price_volume_steps as steps
    on steps.size_key = off.size_key and steps.step = off.step
-- less the line itself, and not what a single customer has
where steps.line_count >= 4 and steps.customer_count >= 3
group by order_id, line_no
