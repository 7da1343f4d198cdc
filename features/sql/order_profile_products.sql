-- One row per order: the share of its value in products that the customer had never ordered before.
with lines as (
    select
        order_id,
        greatest(net_value, 0) as net_value,
        ordered_at = min(ordered_at) over (partition by hash(customer_id, product_id)) as is_new
    from line_facts
)
select
    order_id,
    coalesce(sum(net_value) filter (is_new), 0) / greatest(sum(net_value), 0.01) as new_product_share,
    count(*) filter (is_new) as new_product_count
from lines
group by order_id
