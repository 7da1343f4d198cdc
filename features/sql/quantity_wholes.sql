-- One row per product: how often its quantities are whole, positive numbers.
select
    product_id,
    count(*) as line_count,
    count(*) filter (quantity > 0) as positive_count,
    count(*) filter (quantity <> floor(quantity)) as fraction_count
from line_facts
group by product_id
