-- One row per product category, currency, quantity step and day: how far the lowest quarter of the prices lay from the expected one before.
with days as (
    select
        hash(line_facts.category, line_facts.currency, floor(2 * log2(line_facts.quantity))) as volume_key,
        line_facts.ordered_on,
        count(*) as line_count,
        quantile_cont(expectations.deviation, 0.25) filter (where not line_facts.is_known_wrong) as low_deviation
    from line_facts
    inner join price_expectations as expectations using (order_id, line_no)
    where line_facts.quantity >= 1
    group by all
)
select
    volume_key,
    ordered_on,
    coalesce(sum(line_count) over earlier, 0) as line_count,
    quantile_cont(low_deviation, 0.3) over earlier as low_deviation
from days
window earlier as (partition by volume_key order by ordered_on rows between 30 preceding and 1 preceding)
